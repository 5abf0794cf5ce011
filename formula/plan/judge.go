package plan

import (
	"math"
	"math/bits"
)

// JudgeMax is the most bars that are judged at once: the bits of a word.
const JudgeMax = 64

// Judge is the working space of one goroutine for a Conditions. It judges the
// bars of the last step of an Exec.
type Judge struct {
	conditions *Conditions
	exec       *Exec
	handles    []Handle
	truths     *Truths
	peeked     *Truths
	bars       uint64 // a bit for each bar

	columns [][]float64
	one     []float64  // the columns' values, where there is one bar
	largest []float64  // by column, of those of scales: the greatest size on the bars
	changed []verdicts // by condition: its bars, where it is not the same on all as before
	touched []uint64
	list    []int32  // of the touched
	pending []uint64 // operators to be computed
	decided []uint64 // formulas whose condition has changed
}

// verdicts holds, bar by bar, where a condition is true and where false; na is neither.
type verdicts struct{ yes, no uint64 }

// NewJudge returns a working space that reads the columns of e, whose plan must
// compute c.Columns.
func (c *Conditions) NewJudge(e *Exec) *Judge {
	words := (c.count + 63) / 64
	j := &Judge{
		conditions: c, exec: e, peeked: c.NewTruths(), columns: make([][]float64, len(c.columns)),
		one: make([]float64, len(c.columns)), largest: make([]float64, len(c.columns)),
		changed: make([]verdicts, c.count),
		touched: make([]uint64, words), pending: make([]uint64, (len(c.logic)+63)/64), list: make([]int32, 0, c.count),
		decided: make([]uint64, (len(c.roots)+63)/64),
	}
	for _, r := range c.columns {
		j.handles = append(j.handles, e.plan.Handle(r))
	}
	return j
}

// Judge finds the conditions of bars from to from+n of the last step, which are
// JudgeMax at most and those after the ones judged before, and notes them in t.
func (j *Judge) Judge(t *Truths, from, n int) {
	c := j.conditions
	j.truths, j.bars = t, ^uint64(0)>>(64-n)
	for _, id := range j.list {
		j.touched[id>>6] = 0
	}
	j.list = j.list[:0]
	clear(j.decided)
	if t.fresh {
		for i := range c.roots {
			j.decided[i>>6] |= 1 << (i & 63)
		}
		t.fresh = false
	}
	if n == 1 {
		j.judgeOne(from)
		return
	}
	for i := range j.handles {
		j.columns[i] = j.exec.values(&j.handles[i].column)[from : from+n]
	}
	for _, at := range c.scales {
		largest := 0.0
		for _, x := range j.columns[at] {
			if x = math.Abs(x); x > largest { // na has no size
				largest = x
			}
		}
		j.largest[at] = largest
	}
	for i := range c.leaves {
		j.leaf(&c.leaves[i])
	}
	for i := range c.thresholds {
		j.threshold(i)
	}
	for i := range c.ladders {
		j.climb(i)
	}
	j.doubt()
	j.operators()
}

// Peek is Judge for the one bar of the last Exec.Peek, and leaves t as it was.
func (j *Judge) Peek(t *Truths) {
	j.peeked.copy(t)
	j.Judge(j.peeked, 0, 1)
}

// Decided returns a bit for each formula: whether its condition is another one
// on some of the bars than on the bar before. The first bars of a series decide
// all.
func (j *Judge) Decided() []uint64 { return j.decided }

// Verdict returns a bit for each of the bars judged: where the condition of
// formula i is true and where it is false. It is na where it is neither.
func (j *Judge) Verdict(i int) (yes, no uint64) {
	v := j.values(j.conditions.roots[i])
	return v.yes & j.bars, v.no & j.bars
}

func (j *Judge) values(condition int32) verdicts {
	if j.touched[condition>>6]>>(condition&63)&1 != 0 {
		return j.changed[condition]
	}
	return throughout(j.truths.values[condition])
}

func throughout(v verdict) verdicts { return verdicts{yes: -uint64(v & 1), no: -uint64(v >> 1)} }

func (j *Judge) leaf(l *leaf) {
	var v verdicts
	for i, x := range j.columns[l.column] {
		switch x {
		case 1:
			v.yes |= 1 << i
		case 0:
			v.no |= 1 << i
		}
	}
	j.set(l.condition, v)
}

// threshold judges a ladder of one rung.
func (j *Judge) threshold(i int) {
	r := &j.conditions.thresholds[i]
	state := &j.truths.thresholds[i]
	a, b := j.columns[r.a], j.columns[r.b]
	above, below := r.sides(a, b, j.scaleMost(r.scale, r.at))
	switch j.bars {
	case above:
		if *state == 3 {
			return
		}
	case below:
		if *state == 1 {
			return
		}
	}
	above, below, equal := r.settle(a, b, j.columns[r.at], j.bars, above, below)
	last := bits.Len64(j.bars) - 1
	*state = int8(3*(above>>last&1) + 2*(equal>>last&1) + below>>last&1)
	for _, t := range j.conditions.tests[r.first:r.end] {
		j.set(t.condition, t.on(below, equal, above))
	}
}

// scaleMost is a scale where it is greatest on the bars: what differs clearly by that
// needs no look at the scale of its bar. Of one bar it is the scale itself.
func (j *Judge) scaleMost(s scale, at int32) float64 {
	if s.times == 0 {
		return s.least
	}
	return min(s.times*j.largest[at], math.MaxFloat64) + s.least
}

// on returns what the test says where a is below, at and above the rung.
func (t test) on(below, equal, above uint64) verdicts {
	var v verdicts
	for side, where := range [3]uint64{below, equal, above} {
		if t.at(side-1) == isTrue {
			v.yes |= where
		} else {
			v.no |= where
		}
	}
	return v
}

// doubt marks the operators with lone thresholds, unless they rest on something
// else.
func (j *Judge) doubt() {
	for _, i := range j.conditions.doubting {
		if j.truths.restsOn[i] == 0 {
			j.pending[i>>6] |= 1 << (i & 63)
		}
	}
}

// fewBars is up to how many bars are cheaper looked at one by one.
const fewBars = 12

// alone says what a lone threshold says on some of the bars; on the others it may
// say nothing.
func (j *Judge) alone(r *threshold, where uint64) verdicts {
	a, b := j.columns[r.a], j.columns[r.b]
	var above, below uint64
	t, scale := j.conditions.tests[r.first], j.scaleMost(r.scale, r.at)
	switch {
	case bits.OnesCount64(where) <= fewBars:
	case r.how != howConstant:
		above, below = r.sides(a, b, scale)
	case t.at(1) == isFalse: // the side that is likely to leave few bars
		above = r.above(a, scale)
		if bits.OnesCount64(where&^above) > fewBars {
			below = r.below(a, scale)
		}
	default:
		below = r.below(a, scale)
		if bits.OnesCount64(where&^below) > fewBars {
			above = r.above(a, scale)
		}
	}
	above, below, equal := r.settle(a, b, j.columns[r.at], where, above, below)
	return t.on(below, equal, above)
}

// settle looks at those of the bars that are neither clearly above nor clearly
// below, and returns the bars on each side; na is on none.
func (r *threshold) settle(a, b, at []float64, bars, above, below uint64) (nowAbove, nowBelow, equal uint64) {
	for rest := bars &^ (above | below); rest != 0; rest &= rest - 1 {
		k := bits.TrailingZeros64(rest)
		switch sideOrNa(a[k], r.of(b[k]), r.scale.of(at[k])) {
		case 3:
			above |= 1 << k
		case 2:
			equal |= 1 << k
		case 1:
			below |= 1 << k
		}
	}
	return above, below, equal
}

// sides returns a bit for each bar on which a is clearly above the threshold,
// and below, whatever the scale is up to the given one. Which it is, is anybody's
// guess: there is no branch on it.
func (r *threshold) sides(a, b []float64, scale float64) (above, below uint64) {
	if r.how == howConstant {
		return r.above(a, scale), r.below(a, scale)
	}
	// The first bar comes into the highest bit.
	var high, low uint64
	b = b[:len(a)]
	if r.how == howPlain {
		for k, x := range a {
			y := b[k]
			d, near := x-y, 2e-12*(math.Abs(x)+math.Abs(y)+scale)
			high, low = 2*high+bit(d > near), 2*low+bit(-d > near)
		}
	} else {
		l := r.line
		for k, x := range a {
			y := l.of(b[k])
			d, near := x-y, 2e-12*(math.Abs(x)+math.Abs(y)+scale)
			high, low = 2*high+bit(d > near), 2*low+bit(-d > near)
		}
	}
	return bits.Reverse64(high) >> (64 - len(a)), bits.Reverse64(low) >> (64 - len(a))
}

// above and below are the sides of a constant.
func (r *threshold) above(a []float64, scale float64) (above uint64) {
	high := r.high + marginOf(scale)
	for _, x := range a {
		above = 2*above + bit(x > high)
	}
	return bits.Reverse64(above) >> (64 - len(a))
}

func (r *threshold) below(a []float64, scale float64) (below uint64) {
	low := r.low - marginOf(scale)
	for _, x := range a {
		below = 2*below + bit(x < low)
	}
	return bits.Reverse64(below) >> (64 - len(a))
}

func bit(is bool) uint64 {
	if is {
		return 1
	}
	return 0
}

// flip gives a condition another value from bar k on.
func (j *Judge) flip(condition int32, k int, v verdict) {
	old := j.truths.values[condition]
	if old == v {
		return
	}
	if j.bars == 1 {
		j.truths.values[condition] = v
		j.mark(condition)
		return
	}
	before, after := j.values(condition), throughout(v)
	keep := uint64(1)<<k - 1
	j.truths.values[condition] = v
	j.touch(condition, verdicts{yes: before.yes&keep | after.yes&^keep, no: before.no&keep | after.no&^keep})
}

// set gives a condition its values on all bars.
func (j *Judge) set(condition int32, v verdicts) {
	old := throughout(j.truths.values[condition])
	if ((v.yes^old.yes)|(v.no^old.no))&j.bars == 0 {
		return
	}
	last := bits.Len64(j.bars) - 1
	j.truths.values[condition] = verdict(v.yes>>last&1 | v.no>>last&1<<1)
	j.touch(condition, v)
}

// touch notes the values of a condition that changes, and what rests on it.
func (j *Judge) touch(condition int32, v verdicts) {
	j.changed[condition] = v
	if w, bit := condition>>6, uint64(1)<<(condition&63); j.touched[w]&bit == 0 {
		j.touched[w] |= bit
		j.list = append(j.list, condition)
		j.mark(condition)
	}
}

// mark notes what a condition that changes may change.
func (j *Judge) mark(condition int32) {
	restsOn := j.truths.restsOn
	operators, formulas := j.conditions.readers.of(2 * condition)
	for _, i := range operators {
		// 1 where on is 0 or the condition, without a branch that nobody could foretell.
		on := uint64(restsOn[i])
		bit := (on*(on^uint64(condition+1)) - 1) >> 63
		j.pending[i>>6] |= bit << (i & 63)
	}
	for _, i := range formulas {
		j.decided[i>>6] |= 1 << (i & 63)
	}
}

// operators computes those under which something has changed, inputs first.
// What is marked meanwhile is always behind.
func (j *Judge) operators() {
	c, t := j.conditions, j.truths
	first := c.operatorAt(0)
	for w := range j.pending {
		for j.pending[w] != 0 {
			i := w<<6 + bits.TrailingZeros64(j.pending[w])
			j.pending[w] &= j.pending[w] - 1
			op, id := &c.logic[i], first+int32(i)
			if j.bars > 1 {
				j.set(id, j.operate(op))
			} else if v := j.operateOne(op); v != t.values[id] {
				t.values[id] = v
				j.mark(id)
			}
			t.restsOn[i] = 0
			if v := t.values[id]; v != isNa && v == op.kind.decides() {
				t.restsOn[i] = j.ground(op, v)
			}
		}
	}
}

// operate computes an operator by Kleene's logic.
func (j *Judge) operate(op *logic) verdicts {
	ins := j.conditions.inputs[op.first:op.end]
	v := verdicts{}
	switch op.kind {
	case logicNot:
		v = j.values(ins[0])
		v.yes, v.no = v.no, v.yes
	case logicAnd:
		v.yes = ^v.yes
		for _, in := range ins {
			w := j.values(in)
			v.yes, v.no = v.yes&w.yes, v.no|w.no
		}
		for i := op.lone; i < op.loneEnd && j.bars&^v.no != 0; i++ {
			w := j.alone(&j.conditions.lone[i], j.bars&^v.no)
			v.yes, v.no = v.yes&w.yes, v.no|w.no
		}
	case logicOr:
		v.no = ^v.no
		for _, in := range ins {
			w := j.values(in)
			v.yes, v.no = v.yes|w.yes, v.no&w.no
		}
	}
	return v
}
