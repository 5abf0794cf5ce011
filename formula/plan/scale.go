package plan

import (
	"math"
	"strconv"

	"streamd/incremental"
)

// Scale is the magnitude that a column's values were made from (incremental.Magnitude):
// so many times the size of another column. Times is 0 where the values show it
// themselves. It need not be exact, as comparisons ask for a trillionth of it; so it is
// a column that there is already wherever one will do: the high for the prices of a
// candle and their means, the newest value for what lies in a window or in the past.
type Scale struct {
	Ref   Ref
	Times float64
}

// Scale returns the magnitude that a column was made from, and may add nodes for it.
func (g *Graph) Scale(r Ref) Scale {
	if s, ok := g.scales[r]; ok {
		return s
	}
	s := g.scaleOf(r)
	g.scales[r] = s
	return s
}

// ScaleColumn is the greatest magnitude of several columns as one column for
// incremental.CompareAt, false where their values show it.
func (g *Graph) ScaleColumn(refs ...Ref) (Ref, bool) {
	var s Scale
	for _, r := range refs {
		s = g.greatest(s, g.Scale(r))
	}
	switch {
	case s.Times == 0:
		return Ref{}, false
	case s.Times == 1 && g.boundedSize(s.Ref):
		return s.Ref, true
	}
	return g.size(s), true
}

func (g *Graph) scaleOf(r Ref) Scale {
	n := &g.Nodes[r.Node]
	switch n.Kind {
	case Foreign:
		return g.scaleOfForeign(n.Need)
	case Sample:
		s := g.Scale(n.Inputs[0])
		if s.Times == 0 || g.Nodes[s.Ref.Node].Kind == Const {
			return s
		}
		sample := Node{Kind: Sample, Canon: "scale of " + g.Canon(r), Inputs: []Ref{s.Ref}, Lookback: n.Lookback}
		return Scale{g.intern(sample, 0), s.Times}
	case Call:
	default:
		return Scale{}
	}
	m := n.Bound.Row.Scale
	times := m.Times
	if times == 0 {
		times = 1
	}
	switch m.From {
	case incremental.FromConstant:
		return Scale{g.Const(m.Fixed), 1}
	case incremental.FromInput:
		s := g.sizeOf(n.Inputs[m.Input])
		return Scale{s.Ref, s.Times * times}
	case incremental.FromTerms:
		return g.ofTerms(n)
	case incremental.FromValue:
		var s Scale
		for i, in := range n.Inputs {
			if n.Bound.Row.Inputs[i] == incremental.Real {
				s = g.greatest(s, g.Scale(in))
			}
		}
		return s
	}
	return g.derived(r, n, m)
}

// ofTerms is the scale of a sum or a difference. One term suffices, whatever the other
// one is, unless that was made from more than it shows: where the result is small
// they are equally large, and where it is not its own size is the tolerance.
func (g *Graph) ofTerms(n *Node) Scale {
	a, b := n.Inputs[0], n.Inputs[1]
	if s := g.greatest(g.Scale(a), g.Scale(b)); s.Times > 0 {
		return s
	}
	x, y := &g.Nodes[a.Node], &g.Nodes[b.Node]
	negative := x.Kind == Const && x.Value < 0 || y.Kind == Const && y.Value < 0
	switch {
	case n.Bound.Row.Operation == incremental.Sum && !negative: // nothing cancels
		return Scale{}
	case x.Kind == Const:
		return g.sizeOf(b)
	}
	return g.sizeOf(a)
}

// sizeOf is the scale of a column, or the size of the column itself.
func (g *Graph) sizeOf(r Ref) Scale {
	switch s := g.Scale(r); {
	case s.Times > 0:
		return s
	case g.ofPrices(r):
		clock := g.Nodes[r.Node].Clock
		return Scale{g.priceOn(clock, r), 1}
	}
	return Scale{r, 1}
}

// ofPrices reports whether a column is a price of the candle, or a mean, extreme or past
// value of such.
func (g *Graph) ofPrices(r Ref) bool {
	n := &g.Nodes[r.Node]
	switch {
	case n.Kind == Price:
		return n.Input >= incremental.Open && n.Input <= incremental.Close
	case n.Kind != Call || n.Bound.Row.Scale.From != incremental.FromValue || n.Bound.Row.Group == "":
		return false
	}
	for i, in := range n.Inputs {
		if n.Bound.Row.Inputs[i] != incremental.Real || !g.ofPrices(in) {
			return false
		}
	}
	return len(n.Inputs) == 1 && !n.Bound.Row.Outputs[0].Bool && n.Bound.Row.Range == [2]float64{}
}

// priceOn returns the high on a clock, or the column itself where the graph has no high
// there.
func (g *Graph) priceOn(clock int32, r Ref) Ref {
	if clock == 0 {
		return g.Price(incremental.High)
	}
	for id := range g.Nodes {
		if n := &g.Nodes[id]; n.Kind == Price && n.Clock == clock && n.Input == incremental.High {
			return Ref{Node: int32(id)}
		}
	}
	return r
}

// greatest is the greater one of two scales. Two constants are compared at once; of the
// same column the factor decides; else it is a node.
func (g *Graph) greatest(a, b Scale) Scale {
	switch {
	case a.Times == 0:
		return b
	case b.Times == 0:
		return a
	case a.Ref == b.Ref:
		return Scale{a.Ref, math.Max(a.Times, b.Times)}
	}
	x, y := &g.Nodes[a.Ref.Node], &g.Nodes[b.Ref.Node]
	if x.Kind == Const && y.Kind == Const {
		if math.Abs(x.Value)*a.Times >= math.Abs(y.Value)*b.Times {
			return a
		}
		return b
	}
	return g.made("greatest", nil, func(in [4]float64) float64 {
		return math.Max(math.Abs(in[0])*a.Times, math.Abs(in[1])*b.Times)
	}, a, b)
}

// derived is the scale of a product, a quotient, a power or a root, or of what is made of
// squares.
func (g *Graph) derived(r Ref, n *Node, m incremental.Magnitude) Scale {
	if m.From == incremental.FromRoot {
		s := g.sizeOf(n.Inputs[m.Input])
		return g.made("root", []Ref{r}, func(in [4]float64) float64 {
			return math.Abs(in[1]) * s.Times * math.Sqrt(math.Abs(in[0]))
		}, s)
	}
	if m.From == incremental.FromSquareRoot {
		s := g.Scale(n.Inputs[0])
		if s.Times == 0 {
			return Scale{}
		}
		return g.made("square root", []Ref{r}, func(in [4]float64) float64 {
			return incremental.SquareRootScale(in[0], math.Abs(in[1])*s.Times)
		}, s)
	}
	if m.From == incremental.FromShare {
		s := g.sizeOf(n.Inputs[0])
		return g.made("share", []Ref{n.Inputs[len(n.Inputs)-1]}, func(in [4]float64) float64 {
			if in[0] == 0 {
				return 0
			}
			return math.Abs(in[1]) * s.Times / math.Abs(in[0])
		}, s)
	}
	a, b := n.Inputs[0], n.Inputs[1]
	if m.From == incremental.FromSizes {
		s, t := g.sizeOf(a), g.sizeOf(b)
		return g.made("sizes", nil, func(in [4]float64) float64 {
			return math.Abs(in[0]) * s.Times * math.Abs(in[1]) * t.Times
		}, s, t)
	}
	s, t := g.Scale(a), g.Scale(b)
	if s.Times == 0 && t.Times == 0 {
		return Scale{}
	}
	x, y := &g.Nodes[a.Node], &g.Nodes[b.Node]
	switch {
	case m.From == incremental.FromProduct && x.Kind == Const:
		return Scale{t.Ref, t.Times * math.Abs(x.Value)}
	case m.From == incremental.FromProduct && y.Kind == Const:
		return Scale{s.Ref, s.Times * math.Abs(y.Value)}
	case m.From == incremental.FromQuotient && y.Kind == Const:
		return Scale{s.Ref, s.Times / math.Abs(y.Value)}
	case m.From == incremental.FromProduct:
		return g.made("product", []Ref{a, b}, func(in [4]float64) float64 {
			return math.Max(math.Abs(in[2])*s.Times*math.Abs(in[1]), math.Abs(in[0])*math.Abs(in[3])*t.Times)
		}, s, t)
	case m.From == incremental.FromPower:
		return g.made("power", []Ref{r, a, b}, func(in [4]float64) float64 {
			return math.Abs(in[0]*in[2]/in[1]) * math.Abs(in[3]) * s.Times
		}, s)
	}
	return g.made("quotient", []Ref{r, b}, func(in [4]float64) float64 {
		return math.Max(math.Abs(in[2])*s.Times, math.Abs(in[0])*math.Abs(in[3])*t.Times) / math.Abs(in[1])
	}, s, t)
}

// made is a node for a scale: f of up to two columns and the columns of up to two
// scales behind them, 0 for a scale that there is none of.
func (g *Graph) made(how string, over []Ref, f func(in [4]float64) float64, scales ...Scale) Scale {
	inputs, canon := over, "scale "+how
	for _, s := range scales {
		ref := s.Ref
		if s.Times == 0 {
			ref = g.Const(0)
		}
		inputs = append(inputs[:len(inputs):len(inputs)], ref)
		canon += " " + strconv.FormatFloat(s.Times, 'g', -1, 64)
	}
	for _, in := range inputs {
		canon += " (" + g.Canon(in) + ")"
	}
	return Scale{g.onClock(scaleOperator(len(inputs), f), canon, inputs), 1}
}

// size is the column of a scale.
func (g *Graph) size(s Scale) Ref {
	if n := &g.Nodes[s.Ref.Node]; n.Kind == Const {
		return g.Const(bounded(math.Abs(n.Value) * s.Times))
	}
	r := g.made("size", nil, func(in [4]float64) float64 { return math.Abs(in[0]) * s.Times }, s).Ref
	g.Nodes[r.Node].Value = s.Times
	return r
}

// isSize reports whether a node is so many times the size of a column.
func (n *Node) isSize() bool {
	return n.Kind == Call && n.Bound.Row.Operation == ofScale && n.Value > 0
}

// boundedSize reports whether a column is finite and not negative on every bar.
func (g *Graph) boundedSize(r Ref) bool {
	n := &g.Nodes[r.Node]
	return n.Kind == Price || n.Kind == Const && n.Value >= 0 || n.Kind == Call && n.Bound.Row.Operation == ofScale
}

// onClock is Call on the clock of the inputs: a scale is also asked for of columns that
// are on a higher timeframe already.
func (g *Graph) onClock(b *incremental.Bound, canon string, inputs []Ref) Ref {
	n := Node{Kind: Call, Canon: canon, Bound: b, Inputs: inputs}
	for _, in := range inputs {
		n.Lookback = max(n.Lookback, g.Nodes[in.Node].Lookback)
		n.Clock = max(n.Clock, g.Nodes[in.Node].Clock)
	}
	return g.intern(n, 0)
}

// ofScale marks the nodes of scales, which are no part of a formula.
const ofScale = incremental.Operation(255)

func scaleOperator(inputs int, f func(in [4]float64) float64) *incremental.Bound {
	return newOperator(incremental.Row{Name: "scale", Operation: ofScale}, inputs, scaleKernel{f})
}

// scaleKernel is a scale on each bar, bounded: what compares with it has a value there.
type scaleKernel struct{ f func(in [4]float64) float64 }

func (k scaleKernel) Step(_ []float64, in, out [][]float64) {
	var x [4]float64
	for j := range out[0] {
		for i := range in {
			x[i] = in[i][j]
		}
		out[0][j] = bounded(k.f(x))
	}
}

// bounded is a size, 0 for na.
func bounded(x float64) float64 {
	if x != x {
		return 0
	}
	return math.Min(x, math.MaxFloat64)
}
