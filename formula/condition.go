package formula

import (
	"cmp"
	"slices"
)

// Conditions is the part of formulas that says yes or no, laid out so that a
// bar costs what it changes rather than what there is: of a thousand formulas
// hardly any changes its mind on a bar.
//
// The comparisons of the same two columns are one ladder: `rsi < 30` and
// `rsi < 25`, or `close > sma * 1.01` and `close > sma * 1.02`, are rungs in the
// order of their constants, and a series remembers between which two it stood.
// While it stands there, no rung is looked at. A comparison that does change
// marks the operators above it, and only those are computed.
//
// The values are those of the plan's own nodes, na included. What stands below
// the comparisons is not computed here: those are the Columns, which a plan has
// to compute. A Conditions is immutable; a series has a Truths of it, a
// goroutine a Judge.
type Conditions struct {
	graph    *Graph
	columns  []Ref
	leaves   []leaf   // conditions that are columns
	singles  []ladder // of one rung
	ladders  []ladder // of several, by rising constants
	logic    []logic  // operators, inputs before them; the last conditions
	count    int
	roots    []int32 // the condition of each formula
	above    lists   // by condition, the operators that read it
	formulas lists   // by condition, the formulas that it decides
}

// verdict is a condition's value.
type verdict = uint8

// The zero value is na: with all na nothing has to be computed, as any operator
// over na alone is na.
const (
	isNa verdict = iota
	isTrue
	isFalse
)

// leaf is a condition that some kernel computes as a column of 1, 0 and na.
type leaf struct{ column, condition int32 }

// ladder is a column against another one, changed by constants.
type ladder struct {
	a, b   int32 // columns
	scaled bool  // the constants multiply b, so that their order is that of b's sign
	rungs  []rung
}

// rung is one constant: column a is compared with b*scale + shift, of which one
// does nothing.
type rung struct {
	scale, shift float64
	tests        []test
}

func (r *rung) of(b float64) float64 { return float64(b*r.scale) + r.shift }

// test is one comparison at a rung: what it says where a is below, at and above
// the rung, two bits each.
type test struct {
	condition int32
	says      uint8
}

func (t test) at(side int) verdict { return t.says >> (2 * (side + 1)) & 3 }

// logic is an operator; the b of a not is its a.
type logic struct {
	kind logicKind
	a, b int32
}

type logicKind uint8

const (
	logicNot logicKind = iota
	logicAnd
	logicOr
)

// lists are lists of numbers, one after the other.
type lists struct{ start, items []int32 }

func (l *lists) of(i int32) []int32 { return l.items[l.start[i]:l.start[i+1]] }

// NewConditions lays out the conditions of the formulas, which are the roots.
func NewConditions(g *Graph, roots []Ref) *Conditions {
	c := &Conditions{graph: g}
	l := &conditionLayout{Conditions: c, number: map[Ref]int32{}, column: map[Ref]int32{}, ladder: map[ladderKey]int{}}
	wanted := l.wanted(roots)
	for _, r := range wanted { // comparisons and leaves first
		if kernel := l.logical(r); kernel == nil {
			l.leaf(r)
		} else if k, ok := kernel.(compare); ok {
			l.comparison(r, k)
		}
	}
	for _, r := range wanted {
		l.operator(r)
	}
	for _, r := range roots {
		c.roots = append(c.roots, l.number[r])
	}
	l.sortLadders()
	c.above = listsOf(c.count, func(add func(under, item int32)) {
		for i, op := range c.logic {
			add(op.a, c.operatorAt(i))
			if op.b != op.a {
				add(op.b, c.operatorAt(i))
			}
		}
	})
	c.formulas = listsOf(c.count, func(add func(under, item int32)) {
		for i, r := range c.roots {
			add(r, int32(i))
		}
	})
	return c
}

// Columns returns the columns that a plan must compute for the conditions.
func (c *Conditions) Columns() []Ref { return c.columns }

func (c *Conditions) operatorAt(i int) int32 { return int32(c.count - len(c.logic) + i) }

// Truths is what a series remembers of its conditions. It is no state that
// would have to be kept: one that remembers nothing says the same.
type Truths struct {
	values  []verdict // by condition
	singles []int8    // by ladder of one rung: side + 2, 0 for na
	ladders []stance
	fresh   bool // nothing was judged yet
}

// stance is where a stands on a ladder: above n rungs and below the others, or
// at the one behind them; allNa, or astray where that is not all there is to say.
type stance = int32

const (
	allNa  stance = 0
	astray stance = -1
)

func standing(n int) stance   { return stance(2*n + 1) }
func standingAt(n int) stance { return stance(2*n + 2) }

// NewTruths returns the memory of a series of which no bar was judged.
func (c *Conditions) NewTruths() *Truths {
	return &Truths{values: make([]verdict, c.count), singles: make([]int8, len(c.singles)), ladders: make([]stance, len(c.ladders)), fresh: true}
}

// Reset makes the memory that of a series of which no bar was judged.
func (t *Truths) Reset() {
	clear(t.values)
	clear(t.singles)
	clear(t.ladders)
	t.fresh = true
}

func (t *Truths) copy(of *Truths) {
	copy(t.values, of.values)
	copy(t.singles, of.singles)
	copy(t.ladders, of.ladders)
	t.fresh = of.fresh
}

// conditionLayout is the making of a Conditions.
type conditionLayout struct {
	*Conditions
	number map[Ref]int32 // of conditions
	column map[Ref]int32
	ladder map[ladderKey]int // in ladders
}

type ladderKey struct {
	a, b Ref
	form form
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
	want := make(map[Ref]bool, 4*len(roots))
	byNode := make([]bool, len(l.graph.Nodes))
	var all []Ref
	add := func(r Ref) {
		if !want[r] {
			want[r] = true
			all = append(all, r)
			byNode[r.Node] = true
		}
	}
	for _, r := range roots {
		add(r)
	}
	for id := len(l.graph.Nodes) - 1; id >= 0; id-- {
		switch l.logical(Ref{Node: int32(id)}).(type) {
		case conjunction, disjunction, negation:
			for _, in := range l.graph.Nodes[id].Inputs {
				if byNode[id] {
					add(in)
				}
			}
		}
	}
	slices.SortFunc(all, func(x, y Ref) int {
		return cmp.Or(cmp.Compare(x.Node, y.Node), cmp.Compare(x.Out, y.Out))
	})
	return all
}

// logical returns the kernel of a comparison of numbers or of an operator over
// conditions, or nil for what is a column here.
func (l *conditionLayout) logical(r Ref) any {
	n := &l.graph.Nodes[r.Node]
	if n.Kind != Call || n.Clock != 0 {
		return nil
	}
	switch k := n.Bound.Kernel.(type) {
	case compare, conjunction, disjunction, negation:
		return k
	}
	return nil
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

func (l *conditionLayout) operator(r Ref) {
	op := logic{}
	switch l.logical(r).(type) {
	case conjunction:
		op.kind = logicAnd
	case disjunction:
		op.kind = logicOr
	case negation:
		op.kind = logicNot
	default:
		return
	}
	ins := l.graph.Nodes[r.Node].Inputs
	op.a, op.b = l.number[ins[0]], l.number[ins[len(ins)-1]]
	l.logic = append(l.logic, op)
	l.add(r)
}

// comparison finds the ladder of a comparison and puts it there.
func (l *conditionLayout) comparison(r Ref, k compare) {
	ins := l.graph.Nodes[r.Node].Inputs
	a, b := ins[0], ins[1]
	f, step := l.split(b)
	turned := f == formScale && step.scale == 1
	if turned {
		// Nothing is known of b. If a is made with a constant, or came later,
		// the comparison is read from right to left.
		fa, s := l.split(a)
		if turned = fa != formScale || s.scale != 1 || b.Node < a.Node; turned {
			a, b, f, step = b, a, fa, s
		}
	}
	if turned {
		k.above, k.below = k.below, k.above
	}
	key := ladderKey{a: a, form: f}
	if f != formAlone { // else b stays the constant itself, and is multiplied by 0
		b = l.under(b)
		key.b = b
	}
	i, ok := l.ladder[key]
	if !ok {
		i = len(l.ladders)
		l.ladder[key] = i
		l.ladders = append(l.ladders, ladder{a: l.columnOf(a), b: l.columnOf(b), scaled: f == formScale})
	}
	step.tests = []test{{condition: l.add(r), says: code(k.below) | code(k.equal)<<2 | code(k.above)<<4}}
	l.ladders[i].rungs = append(l.ladders[i].rungs, step)
}

func code(v float64) verdict {
	if v == 1 {
		return isTrue
	}
	return isFalse
}

// split tells how a column is made of another one and a constant: as it is, if
// nothing else, which is times 1.
func (l *conditionLayout) split(r Ref) (form, rung) {
	if c, ok := l.constant(r); ok {
		return formAlone, rung{shift: c}
	}
	if n, other, c := l.withConstant(r); n != nil {
		switch n.Bound.Kernel.(type) {
		case times:
			return formScale, rung{scale: c}
		case plus:
			return formShift, rung{scale: 1, shift: c}
		case less:
			if other == n.Inputs[0] {
				return formShift, rung{scale: 1, shift: -c}
			}
		}
	}
	return formScale, rung{scale: 1}
}

// under returns the column that split speaks of.
func (l *conditionLayout) under(r Ref) Ref {
	if f, s := l.split(r); f == formShift || f == formScale && s.scale != 1 {
		_, other, _ := l.withConstant(r)
		return other
	}
	return r
}

// withConstant takes apart an operator with one constant; nil for others.
func (l *conditionLayout) withConstant(r Ref) (n *Node, other Ref, c float64) {
	n = &l.graph.Nodes[r.Node]
	if n.Kind != Call || n.Clock != 0 {
		return nil, r, 0
	}
	switch n.Bound.Kernel.(type) {
	default:
		return nil, r, 0
	case times, plus, less:
	}
	for i, in := range n.Inputs {
		if c, ok := l.constant(in); ok {
			return n, n.Inputs[1-i], c
		}
	}
	return nil, r, 0
}

// constant returns a finite constant. na is a column like others.
func (l *conditionLayout) constant(r Ref) (float64, bool) {
	n := &l.graph.Nodes[r.Node]
	return n.Value, n.Kind == Const && n.Value-n.Value == 0
}

// sortLadders puts the rungs in order, those of equal constants into one, and
// the ladders of one rung apart.
func (l *conditionLayout) sortLadders() {
	var several []ladder
	for _, d := range l.ladders {
		slices.SortStableFunc(d.rungs, func(x, y rung) int {
			return cmp.Or(cmp.Compare(x.scale, y.scale), cmp.Compare(x.shift, y.shift))
		})
		rungs := d.rungs[:1]
		for _, r := range d.rungs[1:] {
			if last := &rungs[len(rungs)-1]; last.scale == r.scale && last.shift == r.shift {
				last.tests = append(last.tests, r.tests...)
				continue
			}
			rungs = append(rungs, r)
		}
		if d.rungs = rungs; len(rungs) == 1 {
			l.singles = append(l.singles, d)
		} else {
			several = append(several, d)
		}
	}
	l.ladders = several
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
