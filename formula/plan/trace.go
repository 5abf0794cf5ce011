package plan

import (
	"math"
	"slices"

	"streamd/incremental"
)

// Trace follows one series through a plan that computes every node of a formula,
// and tells afterwards what each of them was worth and why. It costs a look at
// every column on every bar: it is for explaining, not for running.
type Trace struct {
	plan    *Plan
	exec    *Exec
	root    Ref
	columns map[Ref]*traced
	order   []*traced
	seen    []int // bars by clock
	// Partial is set where the trace began later than the history of the series,
	// so that values that do not forget their beginning are marked.
	Partial bool
}

// traced is what is remembered of one column.
type traced struct {
	handle Handle
	past   []float64 // its last values, newest last
	keep   int       // how many of them are wanted
	whole  bool      // it had a value before
	gone   int       // bars since it was na behind its first value; -1 for never

	condition bool
}

// NewTrace returns the trace of a root, a condition, over a plan that has it among
// its roots.
func NewTrace(exec *Exec, root Ref) *Trace {
	t := &Trace{
		plan: exec.plan, exec: exec, root: root, columns: map[Ref]*traced{},
		seen: make([]int, len(exec.plan.clocks)),
	}
	t.add(root, 1)
	t.mark(root)
	t.Reset()
	return t
}

// add begins to follow a column and all below it.
func (t *Trace) add(r Ref, keep int) {
	if c := t.columns[r]; c != nil {
		c.keep = max(c.keep, keep)
		return
	}
	c := &traced{handle: t.plan.Handle(r), keep: keep}
	t.columns[r] = c
	t.order = append(t.order, c)
	n := &t.plan.graph.Nodes[r.Node]
	for i, in := range n.Inputs {
		t.add(in, comparedBack(n)+1)
		if n.Kind == Call && (n.Bound.Row.Inputs[i] == incremental.Cond ||
			n.Bound.Row.Operation == incremental.Choice && i == 0) {
			t.mark(in)
		}
	}
	if n.Kind == Call && n.Bound.Row.Outputs[r.Out].Bool {
		t.mark(r)
	}
}

// comparedBack returns how many bars back a condition compares its inputs.
func comparedBack(n *Node) int {
	if n.Kind != Call {
		return 0
	}
	switch c := n.Bound.Row.Compares; c.What {
	case incremental.ComparesCrossing:
		if c.Above && c.Below {
			return apartMax
		}
		return 1
	case incremental.ComparesPast:
		return n.Bound.Args.Int(0)
	}
	return 0
}

// Reset forgets what was noted.
func (t *Trace) Reset() {
	clear(t.seen)
	for _, c := range t.order {
		c.past, c.whole, c.gone = c.past[:0], false, -1
	}
}

// Note takes over the values of the step, or peek, that the plan has just done.
func (t *Trace) Note() {
	for i := range t.seen {
		t.seen[i] = int(t.exec.clocks[i].counts) + t.exec.clocks[i].n
	}
	for _, c := range t.order {
		for _, v := range t.exec.Values(c.handle) {
			c.note(v)
		}
	}
}

func (c *traced) note(v float64) {
	if len(c.past) >= 2*c.keep {
		c.past = append(c.past[:0], c.past[len(c.past)-c.keep+1:]...)
	}
	c.past = append(c.past, v)
	switch {
	case !math.IsNaN(v):
		c.whole = true
		if c.gone >= 0 {
			c.gone++
		}
	case c.whole:
		c.gone = 0
	}
}

// back returns the value so many bars ago, na where there is none.
func (c *traced) back(bars int) float64 {
	if bars >= len(c.past) {
		return math.NaN()
	}
	return c.past[len(c.past)-1-bars]
}

// value returns what a column is worth on the bar.
func (t *Trace) value(r Ref) float64 { return t.columns[r].back(0) }

// condition reports whether a column is a condition.
func (t *Trace) condition(r Ref) bool { return t.columns[r].condition }

// mark notes that a column is a condition, and those below it that must be one
// then. A constant is a column of its number: 1 may be true elsewhere.
func (t *Trace) mark(r Ref) {
	c, n := t.columns[r], &t.plan.graph.Nodes[r.Node]
	if c.condition || n.Kind == Const && r != t.root {
		return
	}
	c.condition = true
	switch {
	case n.Kind == Sample:
		t.mark(n.Inputs[0])
	case n.Kind != Call:
	case n.Bound.Row.Operation == incremental.Choice:
		t.mark(n.Inputs[1])
		t.mark(n.Inputs[2])
	case joins(n.Bound.Row.Operation) || n.Bound.Row.TakesConditions && !n.Bound.Row.Outputs[0].Bool:
		for _, in := range n.Inputs {
			t.mark(in)
		}
	}
}

// warming returns how many of the bars that a column needs there are, on the
// clock that has the furthest to go; need is 0 for none.
func (t *Trace) warming(r Ref) (seen, need int, clock int) {
	for c, bars := range t.plan.gates[r.Node] {
		if bars >= 0 && t.seen[c] <= bars && (need == 0 || bars+1-t.seen[c] > need-seen) {
			seen, need, clock = t.seen[c], bars+1, c
		}
	}
	return seen, need, clock
}

// settleEps is how much of a value may depend on what came before the trace.
const settleEps = 1e-9

// unsettled reports whether a value still depends on where the trace began.
func (t *Trace) unsettled(r Ref) bool {
	g, ok := t.plan.Settled(settleEps)(r)
	if !ok {
		return true
	}
	for c, bars := range g.bars {
		if bars >= 0 && t.seen[c] <= bars {
			return true
		}
	}
	return false
}

// inputs returns the columns that are written within a column's expression: the
// prices that a function implies are the candle's. Conditions that are joined by
// the same word stand side by side.
func (t *Trace) inputs(r Ref) []Ref {
	n := &t.plan.graph.Nodes[r.Node]
	if n.Kind != Call {
		return n.Inputs
	}
	operation := n.Bound.Row.Operation
	var refs []Ref
	for i, in := range n.Inputs {
		k := &t.plan.graph.Nodes[in.Node]
		switch {
		case !n.Bound.Row.Inputs[i].Given():
		case (operation == incremental.And || operation == incremental.Or) && k.Kind == Call &&
			k.Bound.Row.Operation == operation:
			refs = append(refs, t.inputs(in)...)
		default:
			refs = append(refs, in)
		}
	}
	return slices.Clip(refs)
}
