package plan

import (
	"math"
	"slices"
	"strings"

	"streamd/across"
)

// Others is an expression on other series of the same timeframe: on one symbol, or on every series of a universe.
// What a plan needs of it arrives as columns beside the candles, see Columns.Foreign.
type Others struct {
	Canon    string   // tells it from all others
	Text     string   // the expression as it is shown
	Symbol   string   // of sym(); empty for a universe
	Universe string   // its name in the configuration; empty for the series that the formula selects
	Patterns []string // of the symbols of the universe; none for all
	Graph    *Graph   // of the expression, over the candles of the other series
	Root     Ref
	Scale    Scale // of the root, for values that are equal but for rounding; Times 0 where they show it themselves
}

// Magnitude returns the magnitude that all values of the expression are made from, 0 where they show it themselves.
// Where it differs by value, byValue is true, and MagnitudeOf gives each.
func (o *Others) Magnitude() (same float64, byValue bool) {
	if o.Symbol != "" || o.Scale.Times == 0 {
		return 0, false
	}
	if n := &o.Graph.Nodes[o.Scale.Ref.Node]; n.Kind == Const {
		return math.Abs(n.Value) * o.Scale.Times, false
	}
	return 0, true
}

// MagnitudeOf returns the magnitude of a value of the expression, where the column Scale.Ref is x: 0 for na.
func (o *Others) MagnitudeOf(x float64) float32 {
	if x = math.Abs(x) * o.Scale.Times; x-x != 0 {
		return 0
	}
	return float32(x)
}

// Group names who takes part: the symbol, the universe or the patterns of its symbols.
func (o *Others) Group() string {
	switch {
	case o.Symbol != "":
		return "sym:" + o.Symbol
	case o.Universe != "":
		return o.Universe
	case len(o.Patterns) == 0:
		return "symbols:*"
	}
	return "symbols:" + strings.Join(o.Patterns, ",")
}

// Need is one column of a plan that other series give.
type Need struct {
	Of      *Others
	Take    across.Statistic // of a universe
	Aligned bool             // of a symbol: on bars of the same open time only
}

// Key tells needs apart.
func (n *Need) Key() string {
	switch {
	case n.Of.Symbol == "":
		return n.Take.String() + " of " + n.Of.Canon
	case n.Aligned:
		return "aligned " + n.Of.Canon
	}
	return n.Of.Canon
}

// Foreign reports whether the graph looks at other series.
func (g *Graph) Foreign() bool {
	return slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.Need != nil })
}

// Other returns the column of a need.
func (g *Graph) Other(n Need) Ref {
	return g.intern(Node{Kind: Foreign, Canon: n.Key(), Need: &n, Lookback: n.Of.Graph.Lookback(n.Of.Root)}, 0)
}

// scaleOfForeign is the magnitude that the values of another symbol were made from.
func (g *Graph) scaleOfForeign(n *Need) Scale {
	of := n.Of
	if of.Symbol == "" || of.Scale.Times == 0 {
		return Scale{}
	}
	if k := &of.Graph.Nodes[of.Scale.Ref.Node]; k.Kind == Const {
		return Scale{g.Const(k.Value), of.Scale.Times}
	}
	scale := &Others{
		Canon: "scale of " + of.Canon, Text: of.Text, Symbol: of.Symbol, Graph: of.Graph, Root: of.Scale.Ref,
	}
	return Scale{g.Other(Need{Of: scale, Aligned: n.Aligned}), of.Scale.Times}
}

// Needs lists the columns that other series must give the plan, in the order of Columns.Foreign.
func (p *Plan) Needs() []*Need { return p.needs }

// NeedsBelow returns what the columns of a graph need of other series; what that needs itself stands before it.
func NeedsBelow(g *Graph, roots ...Ref) []*Need {
	var all []*Need
	seen := map[string]bool{}
	var add func(g *Graph, roots []Ref)
	add = func(g *Graph, roots []Ref) {
		for id, is := range reachable(g, roots) {
			n := g.Nodes[id].Need
			if !is || n == nil || seen[n.Key()] {
				continue
			}
			seen[n.Key()] = true
			add(n.Of.Graph, n.Of.Columns())
			all = append(all, n)
		}
	}
	add(g, roots)
	return all
}

// Columns returns the columns that the other series must compute.
func (o *Others) Columns() []Ref {
	if o.Symbol != "" || o.Scale.Times == 0 {
		return []Ref{o.Root}
	}
	return []Ref{o.Root, o.Scale.Ref}
}

// markEnds begins and ends what tells canonical texts apart that are shown alike: the series that a formula selects,
// which its functions over a universe mean.
const markEnds = "\x1f"

// Mark returns the text with a mark behind it that Shown takes out.
func Mark(text, mark string) string {
	if mark == "" {
		return text
	}
	return text + markEnds + mark + markEnds
}

// Shown returns a canonical text without its marks.
func Shown(canon string) string {
	if !strings.Contains(canon, markEnds) {
		return canon
	}
	parts := strings.Split(canon, markEnds)
	for i := 1; i < len(parts); i += 2 {
		parts[i] = ""
	}
	return strings.Join(parts, "")
}
