package incremental

import (
	"math"

	"streamd/incremental/window"
)

// valuewhenRow remembers a series at the bars on which a condition held.
func valuewhenRow() *Row {
	return &Row{
		Name: "valuewhen", Title: "Value When", Group: GroupSeries,
		TakesConditions: true,
		Inputs:          []Input{Cond, Real}, Outputs: real1,
		Params: []Param{{Name: "occurrence", Kind: Int, Default: 0, Min: 0, Max: 1000}},
		Doc: "The value that the series had when the condition was true, occurrence times ago: 0 is the latest " +
			"time, 1 the one before it. na until it was true that often. An na condition counts as false; an na " +
			"value at a true condition is remembered as na.",
		Source:   "Pine ta.valuewhen",
		Examples: []string{"close > valuewhen(crossover(close, sma(close, 50)), high, 0)"},
		NaAware:  true,
		Sparse:   true,
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(a Args) Build {
			k := a.Int(0) + 1
			var l window.Layout
			count, ring := l.Slots(1), l.Slots(k) // times true; the latest k values, newest at (count-1) mod k
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				if c := in[0][j]; c == c && c != 0 {
					s[ring+int(s[count])%k] = in[1][j]
					s[count]++
				}
				out[0][j] = math.NaN()
				if n := int(s[count]); n >= k {
					out[0][j] = s[ring+n%k] // the oldest of k
				}
			})
		},
	}
}
