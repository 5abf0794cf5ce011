package plan

import (
	"cmp"
	"math"
	"slices"

	"streamd/incremental"
)

// NewConditions lays out the conditions of the formulas, which are the roots.
func NewConditions(g *Graph, roots []Ref) *Conditions {
	c := &Conditions{graph: g}
	l := &conditionLayout{
		Conditions: c, readBy: map[Ref]reader{}, number: map[Ref]int32{}, column: map[Ref]int32{},
		ladder: map[ladderKey]int{},
	}
	wanted := l.wanted(roots)
	for _, r := range wanted { // comparisons and leaves first
		switch l.operation(r) {
		case incremental.NoOperation:
			l.leaf(r)
		case incremental.Comparison:
			l.comparison(r, newCompare(g.Nodes[r.Node].Bound.Row.Compares))
		}
	}
	l.sortLadders()
	l.partLone(wanted)
	l.listScales()
	for _, r := range wanted {
		l.operator(r)
	}
	for _, r := range roots {
		c.roots = append(c.roots, l.number[r])
	}
	c.readers = listsOf(2*c.count, func(add func(under, item int32)) {
		for i, op := range c.logic {
			for _, in := range c.inputs[op.first:op.end] {
				add(2*in, int32(i))
			}
		}
		for i, r := range c.roots {
			add(2*r+1, int32(i))
		}
	})
	return c
}

// conditionLayout is the making of a Conditions.
type conditionLayout struct {
	*Conditions
	readBy map[Ref]reader
	number map[Ref]int32 // of conditions
	column map[Ref]int32
	ladder map[ladderKey]int   // in laid
	parted map[int32]threshold // by condition
	laid   []laidLadder
}

// reader is what reads a condition: formulas and operators, and the last of these.
type reader struct {
	count int
	kind  logicKind
}

// laidLadder is a ladder whose rungs are still in the order of their coming.
type laidLadder struct {
	ladder
	tests []test // one for each rung
}

type ladderKey struct {
	a, b Ref
	form form
	at   Ref  // the column of the scales
	atAt bool // there is one
}

// form is what a ladder's constants do.
type form uint8

const (
	formAlone form = iota // there is no b
	formScale
	formShift
)

// wanted returns the roots and all conditions under them, inputs first.
func (l *conditionLayout) wanted(roots []Ref) []Ref {
	byNode := make([]bool, len(l.graph.Nodes))
	var all []Ref
	add := func(r Ref, kind logicKind) {
		was, ok := l.readBy[r]
		if !ok {
			all = append(all, r)
			byNode[r.Node] = true
		}
		l.readBy[r] = reader{count: was.count + 1, kind: kind}
	}
	for _, r := range roots {
		add(r, logicNone)
	}
	for id := len(l.graph.Nodes) - 1; id >= 0; id-- {
		if !byNode[id] {
			continue
		}
		if kind := l.kind(Ref{Node: int32(id)}); kind != logicNone {
			for _, in := range l.graph.Nodes[id].Inputs {
				add(in, kind)
			}
		}
	}
	slices.SortFunc(all, func(x, y Ref) int {
		return cmp.Or(cmp.Compare(x.Node, y.Node), cmp.Compare(x.Out, y.Out))
	})
	return all
}

// operation returns what a condition does with numbers or other conditions, none for
// what is a column here.
func (l *conditionLayout) operation(r Ref) incremental.Operation {
	n := &l.graph.Nodes[r.Node]
	if n.Kind != Call || n.Clock != 0 {
		return incremental.NoOperation
	}
	switch o := n.Bound.Row.Operation; {
	case o == incremental.Comparison || joins(o):
		return o
	}
	return incremental.NoOperation
}

func (l *conditionLayout) add(r Ref) int32 {
	id := int32(l.count)
	l.number[r] = id
	l.count++
	return id
}

func (l *conditionLayout) columnOf(r Ref) int32 {
	id, ok := l.column[r]
	if !ok {
		id = int32(len(l.columns))
		l.column[r] = id
		l.columns = append(l.columns, r)
	}
	return id
}

func (l *conditionLayout) leaf(r Ref) {
	l.leaves = append(l.leaves, leaf{column: l.columnOf(r), condition: l.add(r)})
}

func (l *conditionLayout) kind(r Ref) logicKind {
	switch l.operation(r) {
	case incremental.And:
		return logicAnd
	case incremental.Or:
		return logicOr
	case incremental.Not:
		return logicNot
	}
	return logicNone
}

func (l *conditionLayout) operator(r Ref) {
	kind := l.kind(r)
	if kind == logicNone || l.merged(r) {
		return
	}
	op := logic{kind: kind, first: int32(len(l.inputs)), lone: int32(len(l.lone))}
	l.gather(r)
	op.end, op.loneEnd = int32(len(l.inputs)), int32(len(l.lone))
	if op.lone < op.loneEnd {
		l.doubting = append(l.doubting, int32(len(l.logic)))
		// the cheap ones first
		slices.SortStableFunc(l.lone[op.lone:], func(x, y threshold) int { return cmp.Compare(y.how, x.how) })
	}
	for (int32(len(l.inputs))-op.first)%4 != 0 {
		l.inputs = append(l.inputs, l.inputs[op.first])
	}
	l.logic = append(l.logic, op)
	l.add(r)
}

// merged reports whether an operator is read by one of its kind alone: a and b
// and c is one operator.
func (l *conditionLayout) merged(r Ref) bool {
	by, kind := l.readBy[r], l.kind(r)
	return by.count == 1 && by.kind == kind && (kind == logicAnd || kind == logicOr)
}

func (l *conditionLayout) gather(r Ref) {
	for _, in := range l.graph.Nodes[r.Node].Inputs {
		id := l.number[in]
		if l.merged(in) {
			l.gather(in)
		} else if t, ok := l.parted[id]; ok {
			l.lone = append(l.lone, t)
		} else {
			l.inputs = append(l.inputs, id)
		}
	}
}

// comparison finds the ladder of a comparison and puts it there.
func (l *conditionLayout) comparison(r Ref, k compare) {
	ins := l.graph.Nodes[r.Node].Inputs
	a, b := ins[0], ins[1]
	f, step, under := l.split(b)
	turned := f == formScale && step.factor == 1
	if turned {
		// Nothing is known of b. If a is made with a constant, or came later,
		// the comparison is read from right to left.
		fa, s, ua := l.split(a)
		if turned = fa != formScale || s.factor != 1 || under.Node < ua.Node; turned {
			a, f, step, under = under, fa, s, ua
		} else {
			a = ua
		}
	}
	if turned {
		k.above, k.below = k.below, k.above
	}
	key := ladderKey{a: a, form: f}
	if len(ins) == 3 {
		step.scale, key.at = l.scaleOf(ins[2])
		key.atAt = step.scale.times > 0
	}
	if f != formAlone { // else it is the constant itself, and multiplied by 0
		key.b = under
	}
	i, ok := l.ladder[key]
	if !ok {
		i = len(l.laid)
		l.ladder[key] = i
		if f == formAlone {
			under = l.firstConstant()
		}
		d := ladder{a: l.columnOf(a), b: l.columnOf(under), scaled: f == formScale}
		if d.at = d.a; key.atAt {
			d.at = l.columnOf(key.at)
		}
		l.laid = append(l.laid, laidLadder{ladder: d})
	}
	d := &l.laid[i]
	d.scale.times, d.scale.least = max(d.scale.times, step.scale.times), max(d.scale.least, step.scale.least)
	step.first = int32(len(d.rungs))
	d.rungs = append(d.rungs, step)
	d.tests = append(d.tests, test{condition: l.add(r), says: code(k.below) | code(k.equal)<<2 | code(k.above)<<4})
}

// scaleOf takes apart the scale of a comparison, so that those which differ in their
// factor only share a ladder and the column that is multiplied.
func (l *conditionLayout) scaleOf(r Ref) (scale, Ref) {
	if c, ok := l.constant(r); ok {
		return scale{least: c}, Ref{}
	}
	if n := &l.graph.Nodes[r.Node]; n.isSize() && l.graph.Nodes[n.Inputs[0].Node].Clock == n.Clock {
		return scale{times: n.Value}, n.Inputs[0]
	}
	return scale{times: 1}, r
}

func code(v float64) verdict {
	if v == 1 {
		return isTrue
	}
	return isFalse
}

// split tells how a column is made of another one and a constant: of itself times
// 1, if in no other way.
func (l *conditionLayout) split(r Ref) (form, rung, Ref) {
	if c, ok := l.constant(r); ok {
		return formAlone, rung{line: line{shift: c}}, r
	}
	if n, other, c := l.withConstant(r); n != nil {
		switch n.Bound.Row.Operation {
		case incremental.Product:
			return formScale, rung{line: line{factor: c}}, other
		case incremental.Sum:
			return formShift, rung{line: line{1, c}}, other
		case incremental.Difference:
			if other == n.Inputs[0] {
				return formShift, rung{line: line{1, -c}}, other
			}
		}
	}
	return formScale, rung{line: line{factor: 1}}, r
}

// withConstant takes apart an operator with one constant; nil for others.
func (l *conditionLayout) withConstant(r Ref) (n *Node, other Ref, c float64) {
	n = &l.graph.Nodes[r.Node]
	if n.Kind != Call || n.Clock != 0 {
		return nil, r, 0
	}
	switch n.Bound.Row.Operation {
	default:
		return nil, r, 0
	case incremental.Product, incremental.Sum, incremental.Difference:
	}
	for i, in := range n.Inputs {
		if c, ok := l.constant(in); ok {
			return n, n.Inputs[1-i], c
		}
	}
	return nil, r, 0
}

// firstConstant returns the first finite constant of the graph: where a column is multiplied by 0 any will do, and of
// graphs that begin alike it is the same.
func (l *conditionLayout) firstConstant() Ref {
	for id := range l.graph.Nodes {
		if _, ok := l.constant(Ref{Node: int32(id)}); ok {
			return Ref{Node: int32(id)}
		}
	}
	panic("formula: a constant that is in no graph")
}

// constant returns a finite constant. na is a column like others.
func (l *conditionLayout) constant(r Ref) (float64, bool) {
	n := &l.graph.Nodes[r.Node]
	return n.Value, n.Kind == Const && n.Value-n.Value == 0
}

// sortLadders puts the rungs in order, those of equal constants into one, and
// the ladders of one rung apart.
func (l *conditionLayout) sortLadders() {
	for _, d := range l.laid {
		slices.SortStableFunc(d.rungs, func(x, y rung) int {
			return cmp.Or(cmp.Compare(x.factor, y.factor), cmp.Compare(x.shift, y.shift))
		})
		rungs := d.rungs[:0]
		for _, r := range d.rungs {
			l.tests = append(l.tests, d.tests[r.first])
			r.first, r.end = int32(len(l.tests)-1), int32(len(l.tests))
			if n := len(rungs); n > 0 && rungs[n-1].line == r.line {
				rungs[n-1].end = r.end
				continue
			}
			rungs = append(rungs, r)
		}
		if d.rungs = rungs; len(rungs) == 1 {
			l.thresholds = append(l.thresholds, newThreshold(d.ladder, rungs[0]))
		} else {
			l.ladders = append(l.ladders, d.withBands())
		}
	}
}

// partLone takes the thresholds apart whose one test only one and reads.
func (l *conditionLayout) partLone(wanted []Ref) {
	by := make([]reader, l.count)
	for _, r := range wanted {
		if id, ok := l.number[r]; ok {
			by[id] = l.readBy[r]
		}
	}
	l.parted = map[int32]threshold{}
	kept := l.thresholds[:0]
	for _, t := range l.thresholds {
		id := l.tests[t.first].condition
		if t.end == t.first+1 && by[id].count == 1 && by[id].kind == logicAnd {
			l.parted[id] = t
		} else {
			kept = append(kept, t)
		}
	}
	l.thresholds = kept
	// the cheap ones last
	slices.SortStableFunc(l.thresholds, func(x, y threshold) int { return cmp.Compare(x.how, y.how) })
}

// listScales gathers the columns of scales.
func (l *conditionLayout) listScales() {
	add := func(s scale, at int32) {
		if s.times > 0 && !slices.Contains(l.scales, at) {
			l.scales = append(l.scales, at)
		}
	}
	for _, t := range l.thresholds {
		add(t.scale, t.at)
	}
	for _, t := range l.parted {
		add(t.scale, t.at)
	}
	for _, d := range l.ladders {
		add(d.scale, d.at)
	}
	slices.Sort(l.scales)
}

func (d ladder) withBands() ladder {
	if d.rungs[0].factor != 0 && !d.scaled {
		return d // what is near a rung depends on the sum
	}
	for n := range len(d.rungs) + 1 {
		b := band{lower: line{shift: math.Inf(-1)}, higher: line{shift: math.Inf(1)}}
		if n > 0 {
			b.lower = d.rungs[n-1].beside(1)
		}
		if n < len(d.rungs) {
			b.higher = d.rungs[n].beside(-1)
		}
		d.bands = append(d.bands, b)
	}
	return d
}

func newThreshold(d ladder, r rung) threshold {
	t := threshold{a: d.a, b: d.b, at: d.at, rung: r}
	switch {
	case r.factor == 0 && !d.scaled:
		t.how, t.low, t.high = howConstant, r.beside(-1).shift, r.beside(1).shift
	case r.factor == 1 && r.shift == 0:
		t.how = howPlain
	}
	return t
}

// listsOf gathers items under numbers below n; each is called twice.
func listsOf(n int, each func(add func(under, item int32))) lists {
	l := lists{start: make([]int32, n+1)}
	each(func(under, _ int32) { l.start[under+1]++ })
	for i := range n {
		l.start[i+1] += l.start[i]
	}
	l.items = make([]int32, l.start[n])
	next := slices.Clone(l.start)
	each(func(under, item int32) {
		l.items[next[under]] = item
		next[under]++
	})
	return l
}
