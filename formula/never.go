package formula

import (
	"fmt"
	"math"
	"slices"

	"streamd/formula/plan"
	"streamd/incremental"
)

// interval is what a column's values lie between, as far as it is known.
type interval struct{ low, high float64 }

var anything = interval{math.Inf(-1), math.Inf(1)}

// String writes the bounds that there are.
func (x interval) String() string {
	x.low, x.high = x.low+0, x.high+0 // -0 is 0
	switch {
	case x.low == x.high:
		return formatNumber(x.low)
	case math.IsInf(x.high, 1):
		return "at least " + formatNumber(x.low)
	case math.IsInf(x.low, -1):
		return "at most " + formatNumber(x.high)
	}
	return "from " + formatNumber(x.low) + " to " + formatNumber(x.high)
}

// interval returns what a column's values lie between: what its row says, and what is
// made of that by adding, subtracting and multiplying.
func (l *lowering) interval(r plan.Ref) interval {
	n := &l.graph.Nodes[r.Node]
	switch n.Kind {
	case plan.Const:
		if n.Value == n.Value {
			return interval{n.Value, n.Value}
		}
		return anything
	case plan.Price:
		if n.Input == incremental.Time {
			return anything
		}
		return interval{0, math.Inf(1)} // candles with a negative number are dead letters
	case plan.Sample:
		return l.interval(n.Inputs[0])
	case plan.Foreign:
		return anything
	}
	row := n.Bound.Row
	if row.Subscript {
		return l.interval(n.Inputs[0])
	}
	if row.Range != [2]float64{} {
		return interval{row.Range[0], row.Range[1]}
	}
	switch row.Operation {
	case incremental.Sum, incremental.Difference, incremental.Product:
	default:
		return anything
	}
	x, y := l.interval(n.Inputs[0]), l.interval(n.Inputs[1])
	var ends []float64
	switch row.Operation {
	case incremental.Sum:
		ends = []float64{x.low + y.low, x.high + y.high}
	case incremental.Difference:
		ends = []float64{x.low - y.high, x.high - y.low}
	case incremental.Product:
		ends = []float64{x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high}
	}
	if slices.ContainsFunc(ends, math.IsNaN) {
		return anything
	}
	return interval{slices.Min(ends), slices.Max(ends)}
}

// never warns where a comparison, or a crossing, can be true on no bar.
func (l *lowering) never(c incremental.Compares, a, b plan.Ref, at Span) {
	x, y := l.interval(a), l.interval(b)
	if x.low == x.high && y.low == y.high {
		return // constants are compared as they are written
	}
	above := incremental.Compare(x.high, y.low) > 0
	below := incremental.Compare(x.low, y.high) < 0
	equal := incremental.Compare(x.low, y.high) <= 0 && incremental.Compare(y.low, x.high) <= 0
	possible := c.Above && above || c.Below && below || c.Equal && equal
	if c.What == incremental.ComparesCrossing { // it was another before
		possible = c.Above && above && (below || equal) || c.Below && below && (above || equal)
	}
	if possible {
		return
	}
	l.warn(at, "%s can never be true: the left side is %s, the right side %s", l.src[at.From:at.To], x, y)
}

// warn records what is no error but surely not meant.
func (r *report) warn(at Span, format string, args ...any) {
	d := Diagnostic{Span: at, Code: CodeNever, Message: fmt.Sprintf(format, args...)}
	if len(r.warnings) < diagnosticsMax && !slices.Contains(r.warnings, d) {
		r.warnings = append(r.warnings, d)
	}
}
