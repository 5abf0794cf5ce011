package incremental

import (
	"math"

	"streamd/incremental/window"
)

// naRow, nzRow and fixnanRow are how a formula deals with na itself.
func naRow() *Row {
	return &Row{
		Name: "na", Title: "Not Available", Group: GroupSeries,
		TakesConditions: true,
		Inputs:          []Input{Real}, Outputs: []Output{{Name: "real", Bool: true}},
		Doc: "True when the series has no value on this bar: during a lookback, or where nothing is defined. An " +
			"infinite value counts as none. Never na itself.",
		Source:   "Pine na",
		Examples: []string{"na(pivothigh(high, 5, 5))"},
		NaAware:  true,
		Lookback: func(Args) int { return 0 },
		Bind: func(Args) Build {
			var l window.Layout
			return byBar(&l, 0, func(_ []float64, in, out [][]float64, j int) {
				x := in[0][j]
				out[0][j] = truth(x-x != 0)
			})
		},
	}
}

func nzRow() *Row {
	return &Row{
		Name: "nz", Title: "Replace na", Group: GroupSeries,
		TakesConditions: true,
		Inputs:          []Input{Real}, Outputs: real1,
		Params:   []Param{{Name: "replacement", Kind: Float, Default: 0, Min: -math.MaxFloat64, Max: math.MaxFloat64}},
		Doc:      "The value, or the replacement where it is na. `nz(x, y)` with a series y is `na(x) ? y : x`.",
		Source:   "Pine nz",
		Examples: []string{"nz(barssince(close > 100), 999) > 10", "close > nz(sma(close, 200), sma(close, 20))"},
		NaAware:  true,
		Lookback: func(Args) int { return 0 },
		Bind: func(a Args) Build {
			other := a.Float(0)
			var l window.Layout
			return byBar(&l, 0, func(_ []float64, in, out [][]float64, j int) {
				x := in[0][j]
				if x-x != 0 {
					x = other
				}
				out[0][j] = x
			})
		},
	}
}

func fixnanRow() *Row {
	return &Row{
		Name: "fixnan", Title: "Last Value", Group: GroupSeries,
		TakesConditions: true,
		Inputs:          []Input{Real}, Outputs: real1,
		Doc:      "The value, or the latest one before it where it is na; na until there was one.",
		Source:   "Pine fixnan",
		Examples: []string{"close > fixnan(pivothigh(high, 5, 5))"},
		NaAware:  true,
		Sparse:   true,
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(Args) Build {
			var l window.Layout
			seen, last := l.Slots(1), l.Slots(1)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				if x := in[0][j]; x-x == 0 {
					s[seen], s[last] = 1, x
				}
				out[0][j] = math.NaN()
				if s[seen] != 0 {
					out[0][j] = s[last]
				}
			})
		},
	}
}
