package plan

import (
	"math"
	"slices"
	"strconv"

	"streamd/candle"
	"streamd/incremental"
)

// Ref names one output of a node, that is, one column of numbers.
type Ref struct {
	Node int32
	Out  int16
}

// Kind tells the nodes of a graph apart.
type Kind uint8

// A Price is a column of the candles, a Const the same number on every bar, a
// Call a kernel over other columns, a Sample the latest value of a column of a
// higher timeframe, a Foreign a column that other series give.
const (
	Price Kind = iota
	Const
	Call
	Sample
	Foreign
)

// Node is one computation of a graph. Inputs stand before it, so the order of
// the nodes is an order of evaluation.
type Node struct {
	Kind     Kind
	Clock    int32              // 0 is the series itself, others a higher timeframe of Graph.Clocks
	Canon    string             // canonical text: the identity of the node and of its state
	Input    incremental.Input  // of a Price
	Value    float64            // of a Const; of the size of a column, how many times
	Bound    *incremental.Bound // of a Call
	Inputs   []Ref
	Need     *Need // of a Foreign
	Lookback int   // bars of the node's clock before the first value
}

// Graph holds the computations of any number of formulas over one series.
// Equal computations are one node, found by canonical text (hash-consing), so
// that a thousand formulas with the same rsi(close, 14) step it once.
type Graph struct {
	Nodes  []Node
	Clocks []Clock // Clocks[0] is the zero Clock: the series' own
	byKey  map[string]int32
	scales map[Ref]Scale // as far as asked for
}

// NewGraph returns an empty graph.
func NewGraph() *Graph {
	return &Graph{Clocks: make([]Clock, 1), byKey: map[string]int32{}, scales: map[Ref]Scale{}}
}

// Price returns a column of the candles.
func (g *Graph) Price(in incremental.Input) Ref {
	return g.intern(Node{Kind: Price, Canon: priceNames[in], Input: in}, 0)
}

var priceNames = map[incremental.Input]string{
	incremental.Open: "open", incremental.High: "high", incremental.Low: "low",
	incremental.Close: "close", incremental.Volume: "volume", incremental.Time: "time",
}

// Const returns the column that is v on every bar; NaN is na.
func (g *Graph) Const(v float64) Ref {
	canon := strconv.FormatFloat(v, 'g', -1, 64)
	if math.IsNaN(v) {
		canon = "na"
	}
	return g.intern(Node{Kind: Const, Canon: canon, Value: v}, 0)
}

// Call returns output out of the bound row over the inputs, which are all of
// the row's, the implied prices included. The canonical text is that of the
// call without an output field.
func (g *Graph) Call(b *incremental.Bound, canon string, inputs []Ref, out int) Ref {
	if len(inputs) != len(b.Row.Inputs) {
		panic("formula: " + canon + ": wrong number of inputs")
	}
	n := Node{Kind: Call, Canon: canon, Bound: b, Inputs: inputs}
	for _, in := range inputs {
		n.Lookback = max(n.Lookback, g.Nodes[in.Node].Lookback)
	}
	n.Lookback += b.Lookback
	return g.intern(n, out)
}

// HigherTimeframe returns, on every bar of the series, the value that root had
// on the last closed bar of a clock. The inner graph is merged into g on that clock,
// shared by all formulas that look at the same one.
func (g *Graph) HigherTimeframe(on Clock, base candle.Timeframe, inner *Graph, root Ref, canon string) Ref {
	clock, name := g.clock(on), on.String()
	moved := make([]int32, len(inner.Nodes))
	for i, n := range inner.Nodes {
		if n.Kind == Sample || n.Kind == Foreign {
			panic("formula: a higher timeframe or another series within a higher timeframe")
		}
		if n.Kind != Const {
			n.Clock = clock
			n.Canon = name + ":" + n.Canon
		}
		ins := make([]Ref, len(n.Inputs))
		for k, in := range n.Inputs {
			ins[k] = Ref{Node: moved[in.Node], Out: in.Out}
		}
		n.Inputs = ins
		moved[i] = g.intern(n, 0).Node
	}
	in := Ref{Node: moved[root.Node], Out: root.Out}
	return g.intern(Node{
		Kind: Sample, Canon: canon, Inputs: []Ref{in},
		Lookback: (g.Nodes[in.Node].Lookback+1)*on.barsIn(base) - 1,
	}, 0)
}

// Canon returns the canonical text of a column, with the output's name where
// the row has several.
func (g *Graph) Canon(r Ref) string {
	n := &g.Nodes[r.Node]
	if n.Kind == Call && len(n.Bound.Row.Outputs) > 1 {
		return n.Canon + "." + n.Bound.Row.Outputs[r.Out].Name
	}
	return n.Canon
}

// Below returns the root and every column under it, inputs first, without the scales of
// what is compared.
func (g *Graph) Below(root Ref) []Ref {
	seen := map[Ref]bool{}
	var refs []Ref
	var walk func(r Ref)
	walk = func(r Ref) {
		if seen[r] {
			return
		}
		seen[r] = true
		n := &g.Nodes[r.Node]
		for i, in := range n.Inputs {
			if n.Kind != Call || n.Bound.Row.Inputs[i] != incremental.Scale {
				walk(in)
			}
		}
		refs = append(refs, r)
	}
	walk(root)
	return refs
}

// Lookback returns the bars of the series before the column's first value. For
// a higher timeframe it assumes a market that never closes.
func (g *Graph) Lookback(r Ref) int { return g.Nodes[r.Node].Lookback }

func (g *Graph) intern(n Node, out int) Ref {
	key := n.Canon
	if id, ok := g.byKey[key]; ok {
		return Ref{Node: id, Out: int16(out)}
	}
	id := int32(len(g.Nodes))
	g.Nodes = append(g.Nodes, n)
	g.byKey[key] = id
	return Ref{Node: id, Out: int16(out)}
}

func (g *Graph) clock(on Clock) int32 {
	for i, c := range g.Clocks[1:] {
		if c.String() == on.String() {
			return int32(i + 1)
		}
	}
	g.Clocks = append(g.Clocks, on)
	return int32(len(g.Clocks) - 1)
}

// Truncate takes away the nodes and clocks that were added behind so many. No node before them may need them.
func (g *Graph) Truncate(nodes, clocks int) {
	for id := nodes; id < len(g.Nodes); id++ {
		n := &g.Nodes[id]
		delete(g.byKey, n.Canon)
		outs := 1
		if n.Kind == Call {
			outs = len(n.Bound.Row.Outputs)
		}
		for out := range outs {
			delete(g.scales, Ref{Node: int32(id), Out: int16(out)})
		}
		*n = Node{}
	}
	g.Nodes, g.Clocks = g.Nodes[:nodes], g.Clocks[:clocks]
}

// Under appends the columns among the first so many nodes that a root is made of, through nodes behind them that
// have no memory and no lookback; it reports false where one of them has.
func (g *Graph) Under(dst []Ref, root Ref, nodes int) ([]Ref, bool) {
	if int(root.Node) < nodes {
		if !slices.Contains(dst, root) {
			dst = append(dst, root)
		}
		return dst, true
	}
	n := &g.Nodes[root.Node]
	switch {
	case n.Kind == Const:
		return dst, true
	case n.Kind != Call || n.Clock != 0 || n.Bound.State > 0 || n.Bound.Lookback > 0 || n.Bound.History > 0:
		return dst, false
	}
	ok := true
	for _, in := range n.Inputs {
		var thin bool
		dst, thin = g.Under(dst, in, nodes)
		ok = ok && thin
	}
	return dst, ok
}
