package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"streamd/incremental"
)

// Explained is a node of a formula on one bar: its value, why it has none, and
// what it was made of.
type Explained struct {
	Expression string `json:"expression"` // canonical text
	Type       string `json:"type"`       // number or condition
	Value      any    `json:"value"`      // a number, true, false, or null for na
	// State says why the value is na: "warming 140/200", "na because …".
	State string `json:"state,omitempty"`
	// Unsettled values may differ from those of an uninterrupted run in their
	// last digits: they were computed from fewer bars than they remember.
	Unsettled   bool         `json:"unsettled,omitempty"`
	Comparisons []Comparison `json:"comparisons,omitempty"`
	Inputs      []*Explained `json:"inputs,omitempty"`
	// Repeated nodes stand further up with all that is below them.
	Repeated bool `json:"repeated,omitempty"`
}

// Comparison is a comparison that a condition makes, and how far it was from the
// other answer.
type Comparison struct {
	Text  string `json:"text"`
	Holds *bool  `json:"holds" jsonschema:"nullable"` // null for na
	Left  Float  `json:"left"`
	Right Float  `json:"right"`
	// Distance is what must be added to the left side to make the two equal,
	// where the answer turns; Percent is the same in percent of the left side.
	Distance Float `json:"distance"`
	Percent  Float `json:"percent"`
}

// Float is a number that JSON shows as null where it is na or infinite.
type Float float64

// MarshalJSON writes the number or null.
func (f Float) MarshalJSON() ([]byte, error) {
	if v := float64(f); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(f), 'g', -1, 64), nil
}

// Explain returns the root with all below it, on the bar last noted.
func (t *Trace) Explain() *Explained { return t.explain(t.root, map[Ref]bool{}) }

// RootWarming returns how many bars the root needs before every node under it
// has a value and how many there are, with the timeframe whose bars these are
// where it is not the series' own; need is 0 when it is warm.
func (t *Trace) RootWarming() (seen, need int, timeframe string) {
	seen, need, c := t.warming(t.root)
	if need > 0 && c > 0 {
		timeframe = t.plan.clocks[c].String()
	}
	return seen, need, timeframe
}

func (t *Trace) explain(r Ref, shown map[Ref]bool) *Explained {
	v := t.value(r)
	x := &Explained{Expression: t.canon(r), Type: "number", Value: any(v), Comparisons: t.comparisons(r)}
	if t.condition(r) {
		x.Type, x.Value = "condition", v == 1
		if t.plan.graph.Nodes[r.Node].Kind == Const && !math.IsNaN(v) {
			x.Expression = strconv.FormatBool(v == 1)
		}
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		x.Value, x.State = nil, t.why(r)
	}
	x.Unsettled = t.Partial && t.unsettled(r)
	inputs := t.inputs(r)
	if x.Repeated = shown[r] && len(inputs) > 0; x.Repeated {
		return x
	}
	shown[r] = true
	for _, in := range inputs {
		x.Inputs = append(x.Inputs, t.explain(in, shown))
	}
	return x
}

// canon is the text of a column as it is shown.
func (t *Trace) canon(r Ref) string { return Shown(t.plan.graph.Canon(r)) }

// why says why a column has no value.
func (t *Trace) why(r Ref) string {
	n := &t.plan.graph.Nodes[r.Node]
	if math.IsInf(t.value(r), 0) {
		return "infinite"
	}
	if seen, need, c := t.warming(r); need > 0 {
		of := ""
		if c > 0 {
			of = " of " + t.plan.clocks[c].String()
		}
		return fmt.Sprintf("warming %d/%d%s", seen, need, of)
	}
	if len(t.columns[r].past) == 0 {
		return "not known: no bar of its timeframe has closed since the trace began"
	}
	for _, in := range n.Inputs {
		if v := t.value(in); math.IsNaN(v) || math.IsInf(v, 0) {
			return "na because " + t.canon(in) + " is " +
				map[bool]string{true: "na", false: "infinite"}[math.IsNaN(v)]
		}
	}
	switch {
	case n.Kind == Const:
		return "na as written"
	case n.Kind != Call:
		return "na"
	case n.Bound.Row.Undefined != "":
		return "na because of " + n.Bound.Row.Undefined
	}
	for _, in := range n.Inputs {
		if gone := t.columns[in].gone; gone > 0 && gone <= n.Bound.Lookback {
			ago := "1 bar"
			if gone > 1 {
				ago = strconv.Itoa(gone) + " bars"
			}
			return fmt.Sprintf("na because %s was na %s ago: again warming %d/%d", t.canon(in), ago, gone,
				n.Bound.Lookback+1)
		}
	}
	if n.Bound.Row.Sparse {
		return "na: there was none yet"
	}
	return "na: not defined for these values"
}

// comparisons returns what a condition compares.
func (t *Trace) comparisons(r Ref) []Comparison {
	n := &t.plan.graph.Nodes[r.Node]
	if n.Kind != Call || len(n.Inputs) == 0 {
		return nil
	}
	a, c := t.columns[n.Inputs[0]], n.Bound.Row.Compares
	name := t.canon(n.Inputs[0])
	switch c.What {
	case incremental.ComparesNothing:
		return nil
	case incremental.ComparesPast:
		return t.past(c, name, a, n.Bound.Args.Int(0), t.scaleBack(n, 1, 0))
	case incremental.ComparesSides:
		return []Comparison{newComparison(t.canon(r), c, a.back(0), t.columns[n.Inputs[1]].back(0),
			t.scaleBack(n, 2, 0))}
	}
	now := incremental.Compares{What: incremental.ComparesSides, Above: c.Above, Below: c.Below}
	before := incremental.Compares{What: now.What, Above: !now.Above, Below: !now.Below, Equal: true}
	back := 1
	if c.Above && c.Below { // one of them, by the side on which the first series was last
		var side int
		back, side = t.apart(n)
		now.Above, now.Below = side <= 0, side > 0
		before = incremental.Compares{What: now.What, Above: now.Below, Below: now.Above}
	}
	b, other := t.columns[n.Inputs[1]], t.canon(n.Inputs[1])
	past := t.behind(n.Inputs[0], back) + " " + sign(before) + " " + t.behind(n.Inputs[1], back)
	return []Comparison{
		newComparison(name+" "+sign(now)+" "+other, now, a.back(0), b.back(0), t.scaleBack(n, 2, 0)),
		newComparison(past, before, a.back(back), b.back(back), t.scaleBack(n, 2, back)),
	}
}

// apartMax is how many bars back it is looked for where two series were last apart.
const apartMax = 100

// apart returns how many bars ago the two series of cross were last apart before this bar,
// and on which side the first one was; they were equal a bar ago where that is not known.
func (t *Trace) apart(n *Node) (back, side int) {
	a, b := t.columns[n.Inputs[0]], t.columns[n.Inputs[1]]
	for back := 1; back <= apartMax; back++ {
		x, y := a.back(back), b.back(back)
		if x != x || y != y {
			break
		}
		if side := incremental.CompareAt(x, y, t.scaleBack(n, 2, back)); side != 0 {
			return back, side
		}
	}
	return 1, 0
}

// scaleBack is the scale of what a condition compares, so many bars ago; it is the input
// after the others, if there is one.
func (t *Trace) scaleBack(n *Node, input, bars int) float64 {
	if input >= len(n.Inputs) {
		return 0
	}
	return t.columns[n.Inputs[input]].back(bars)
}

// sign is how a comparison of two numbers is written.
func sign(c incremental.Compares) string {
	for text, is := range comparisons {
		if is == c {
			return text
		}
	}
	panic("plan: no sign for the comparison")
}

// past is what rising and falling compare: the value with the most extreme of those
// before it.
func (t *Trace) past(c incremental.Compares, name string, column *traced, bars int,
	scale float64,
) []Comparison {
	c.What = incremental.ComparesSides
	direction, function := 1.0, "highest"
	if c.Below {
		direction, function = -1, "lowest"
	}
	extreme := math.Inf(-1)
	for i := 1; i <= bars; i++ {
		if v := column.back(i); math.IsNaN(v) {
			extreme = v
			break
		} else {
			extreme = math.Max(extreme, direction*v)
		}
	}
	text := fmt.Sprintf("%s %s %s(%s, %d)[1]", name, sign(c), function, name, bars)
	return []Comparison{newComparison(text, c, column.back(0), direction*extreme, scale)}
}

func newComparison(text string, how incremental.Compares, left, right, scale float64) Comparison {
	c := Comparison{
		Text: text, Left: Float(left), Right: Float(right), Distance: Float(right - left),
		Percent: Float((right - left) / math.Abs(left) * 100),
	}
	if left != left || right != right {
		return c
	}
	side := incremental.CompareAt(left, right, scale)
	if side == 0 {
		c.Distance, c.Percent = 0, 0
	}
	holds := side > 0 && how.Above || side < 0 && how.Below || side == 0 && how.Equal
	c.Holds = &holds
	return c
}

// behind writes the column's value of so many bars ago.
func (t *Trace) behind(r Ref, bars int) string {
	canon := t.canon(r)
	switch n := &t.plan.graph.Nodes[r.Node]; {
	case n.Kind == Const:
		return canon
	case n.Kind == Call && n.Bound.Row.Group == "" || strings.HasPrefix(canon, "-"): // an operator
		canon = "(" + canon + ")"
	}
	return fmt.Sprintf("%s[%d]", canon, bars)
}
