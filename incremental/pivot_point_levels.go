package incremental

import (
	"math"

	"streamd/incremental/window"
)

// pivotPointLevelsRow draws levels from the period before.
func pivotPointLevelsRow() *Row {
	outputs := []Output{{Name: "p"}}
	for _, name := range []string{"r1", "s1", "r2", "s2", "r3", "s3", "r4", "s4", "r5", "s5"} {
		outputs = append(outputs, Output{Name: name})
	}
	return &Row{
		Name: "pivot_point_levels", Title: "Pivot Point Levels", Group: GroupOverlap,
		Inputs: []Input{Open, High, Low, Close, Time},
		Params: append([]Param{
			{
				Name: "type", Kind: Text, Text: "traditional",
				Choices: []string{"traditional", "fibonacci", "woodie", "classic", "dm", "camarilla"},
			},
		}, anchorParams()...),
		Outputs: outputs,
		Doc: "The pivot p, resistances r1 to r5 and supports s1 to s5, from open, high, low and close of the last " +
			"completed session, day, week, month, quarter or year (woodie also takes the open of the current one). " +
			"Periods begin start minutes after midnight in the zone, weeks on Monday. " +
			"na in the first period, and for levels that the type does not have: dm ends with r1, fibonacci with r3, " +
			"woodie and classic with r4.",
		Source:   "Pine ta.pivot_point_levels; Person, A Complete Guide to Technical Trading Tactics (2004)",
		Examples: []string{`crossover(close, pivot_point_levels("traditional", "day").r1)`},
		Sparse:   true,
		Lookback: func(Args) int { return 1 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Check:    checkZone(3),
		Bind: func(a Args) Build {
			kind, since := a.Text(0), newAnchor(a[1], a[2], a[3])
			var l window.Layout
			bars, period, bar, levels := l.Clock(), l.Slots(1), l.Slots(4), l.Slots(len(outputs))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				p := since.period(in[4][j])
				sum, y := s[bar:bar+4], s[levels:levels+len(outputs)]
				switch first := bars.Tick(s) == 1; {
				case !first && p == s[period]:
					sum[1], sum[2], sum[3] = max(sum[1], in[1][j]), min(sum[2], in[2][j]), in[3][j]
				default:
					for k := range y {
						y[k] = math.NaN()
					}
					if !first {
						pivotLevels(y, kind, sum[0], sum[1], sum[2], sum[3], in[0][j])
					}
					s[period] = p
					for k := range sum {
						sum[k] = in[k][j]
					}
				}
				for k := range out {
					out[k][j] = y[k]
				}
			})
		},
	}
}

// pivotLevels writes p, r1, s1, r2, s2 … of a period's prices; now is the open
// of the next one.
func pivotLevels(y []float64, kind string, open, high, low, cls, now float64) {
	span, p := high-low, (high+low+cls)/3
	pair := func(i int, resistance, support float64) { y[2*i-1], y[2*i] = resistance, support }
	switch kind {
	case "traditional":
		pair(1, 2*p-low, 2*p-high)
		pair(2, p+span, p-span)
		for i := 3; i <= 5; i++ {
			f := float64(i - 1)
			pair(i, float64(f*p)+(high-float64(f*low)), float64(f*p)-(float64(f*high)-low))
		}
	case "fibonacci":
		for i, f := range []float64{0.382, 0.618, 1} {
			pair(i+1, p+float64(f*span), p-float64(f*span))
		}
	case "woodie":
		p = (high + low + 2*now) / 4
		pair(1, 2*p-low, 2*p-high)
		pair(2, p+span, p-span)
		pair(3, high+2*(p-low), low-2*(high-p))
		pair(4, high+2*(p-low)+span, low-2*(high-p)-span)
	case "classic":
		pair(1, 2*p-low, 2*p-high)
		for i := 2; i <= 4; i++ {
			d := float64(float64(i-1) * span)
			pair(i, p+d, p-d)
		}
	case "dm":
		x := high + low + 2*cls
		if cls > open {
			x = 2*high + low + cls
		} else if cls < open {
			x = high + 2*low + cls
		}
		p = x / 4
		pair(1, x/2-low, x/2-high)
	case "camarilla":
		for i, part := range []float64{12, 6, 4, 2} {
			d := 1.1 * span / part
			pair(i+1, cls+d, cls-d)
		}
		if low != 0 {
			top := float64(high / low * cls)
			pair(5, top, 2*cls-top)
		}
	}
	y[0] = p
}
