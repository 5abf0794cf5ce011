package plan

import (
	"slices"

	"streamd/incremental"
)

// Gate tells from which bar on every node under a root has a value.
type Gate struct{ bars []int }

// Gate returns the root's gate.
func (p *Plan) Gate(root Ref) Gate { return Gate{bars: p.gates[root.Node]} }

// GateOver returns the gate that is open where those of all columns are.
func (p *Plan) GateOver(refs []Ref) Gate { return p.join(p.gates, refs) }

// Open reports whether the gate is open at bar j of the last step.
func (e *Exec) Open(g Gate, j int) bool {
	if e.clocks[0].counts+float64(j+1) <= float64(g.bars[0]) {
		return false
	}
	for c := 1; c < len(g.bars); c++ {
		if g.bars[c] >= 0 && e.clocks[c].counts+float64(e.clocks[c].closes[j]) <= float64(g.bars[c]) {
			return false
		}
	}
	return true
}

// layGates notes for every node the bars that each clock must have seen before
// the node and all under it have a value: index 0 in bars of the series, others
// in closed bars of the higher timeframe; -1 where it does not look at it. Nodes
// that the plan does not compute have theirs, for the Conditions above it.
func (p *Plan) layGates() {
	p.gates = p.gatesOf(func(n *Node) int { return n.Bound.Lookback }, 0)
}

// gatesOf is layGates for a number of bars that each kernel needs; higher is
// added to those of higher timeframes.
func (p *Plan) gatesOf(needs func(n *Node) int, higher int) [][]int {
	own := make([]int, len(p.graph.Nodes)) // bars on the node's own clock
	gates := make([][]int, len(p.graph.Nodes))
	for id := range p.graph.Nodes {
		n := &p.graph.Nodes[id]
		gate := make([]int, len(p.clocks))
		for i := range gate {
			gate[i] = -1
		}
		for _, in := range n.Inputs {
			for i, bars := range gates[in.Node] {
				gate[i] = max(gate[i], bars)
			}
			if n.Kind == Call {
				own[id] = max(own[id], own[in.Node])
			}
		}
		if n.Kind == Call {
			own[id] = min(own[id]+needs(n), incremental.NeverForgets)
		}
		bars := own[id]
		if n.Clock > 0 {
			bars += higher
		}
		gate[n.Clock] = max(gate[n.Clock], bars)
		gates[id] = gate
	}
	return gates
}

// Settled returns a function that gives the gate behind which columns no longer
// hang, to eps, on where the history began, and false if one always does. The first
// bar of a higher timeframe may be a part of one, and does not count.
func (p *Plan) Settled(eps float64) func(refs ...Ref) (Gate, bool) {
	gates := p.gatesOf(func(n *Node) int { return n.Bound.Lookback + n.Bound.Warmup(eps) }, 1)
	return func(refs ...Ref) (Gate, bool) {
		gate := p.join(gates, refs)
		return gate, slices.Max(gate.bars) < incremental.NeverForgets
	}
}

// Bars returns the bars of the series that the gate needs, and whether it needs
// some of a higher timeframe as well.
func (g Gate) Bars() (bars int, higher bool) {
	for _, n := range g.bars[1:] {
		higher = higher || n >= 0
	}
	return max(0, g.bars[0]), higher
}

// Higher returns the bars that the gate needs of each higher timeframe that it looks
// at; g is of a plan over the graph.
func (g Gate) Higher(graph *Graph) map[string]int {
	var all map[string]int
	for c, bars := range g.bars {
		if c > 0 && bars >= 0 {
			if all == nil {
				all = map[string]int{}
			}
			all[graph.Clocks[c].String()] = bars
		}
	}
	return all
}

// Fresh returns a function that gives the gate behind which columns no longer hang,
// to eps, on where the nodes began whose state is not known, and whether there is
// such a node.
func (p *Plan) Fresh(eps float64, knows func(key string) bool) (gate func(refs ...Ref) Gate, any bool) {
	gates := p.gatesOf(func(n *Node) int {
		if knows("state " + n.Canon) {
			return 0
		}
		bars := n.Bound.Lookback + n.Bound.Warmup(eps)
		any = any || bars > 0 && n.Bound.State > 0
		return bars
	}, 0)
	return func(refs ...Ref) Gate { return p.join(gates, refs) }, any
}

// join returns the gate that is open where those of all columns are.
func (p *Plan) join(gates [][]int, refs []Ref) Gate {
	gate := Gate{bars: make([]int, len(p.clocks))}
	for c := range gate.bars {
		gate.bars[c] = -1
		for _, r := range refs {
			gate.bars[c] = max(gate.bars[c], gates[r.Node][c])
		}
	}
	return gate
}

// Counts returns the bars that every clock has seen.
func (p *Plan) Counts(slab []float64) []int {
	counts := make([]int, len(p.clocks))
	for c := range counts {
		counts[c] = int(slab[p.clocks[c].off+headCount])
	}
	return counts
}

// Missing returns how many bars the gate still waits for, of the clock that is
// furthest from having enough, after the slab's newest bar.
func (p *Plan) Missing(slab []float64, g Gate) int { return g.Missing(p.Counts(slab)) }

// Missing is Plan.Missing for clocks that have seen so many bars each.
func (g Gate) Missing(counts []int) int {
	missing := 0
	for c, bars := range g.bars {
		if bars >= 0 {
			missing = max(missing, bars+1-counts[c])
		}
	}
	return missing
}
