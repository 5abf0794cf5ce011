package incremental

import (
	"math"

	"streamd/incremental/window"
)

// greaterRow and lesserRow choose between two series; max and min are windowed,
// as TA-Lib's.
func greaterRow() *Row {
	return choice("greater", "Greater of Two", "greater", math.Max, "close > greater(sma(close, 50), sma(close, 200))")
}

func lesserRow() *Row {
	return choice("lesser", "Lesser of Two", "lesser", math.Min, "close < lesser(open, close[1])")
}

func choice(name, title, which string, f func(a, b float64) float64, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real, Real}, Outputs: real1,
		Doc:      "The " + which + " of two series on each bar; na where either is.",
		Source:   "Pine math.max and math.min of two",
		Examples: []string{example},
		Lookback: func(Args) int { return 0 },
		Bind: func(Args) Build {
			var l window.Layout
			return byBar(&l, 0, func(_ []float64, in, out [][]float64, j int) {
				out[0][j] = f(in[0][j], in[1][j])
			})
		},
	}
}
