package incremental

import (
	"math"

	"streamd/incremental/window"
)

// pivothighRow and pivotlowRow are turning points, known only when the bars
// after them are.
func pivothighRow() *Row {
	return pivot("pivothigh", "Pivot High", "above", 1, "crossover(close, fixnan(pivothigh(high, 5, 5)))")
}

func pivotlowRow() *Row {
	return pivot("pivotlow", "Pivot Low", "below", -1, "crossunder(close, fixnan(pivotlow(low, 5, 5)))")
}

func pivot(name, title, side string, sign float64, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real}, Outputs: real1,
		Params: []Param{
			{Name: "leftbars", Kind: Int, Default: 5, Min: 0, Max: PeriodMax / 2},
			{Name: "rightbars", Kind: Int, Default: 5, Min: 0, Max: PeriodMax / 2},
		},
		Doc: "The value rightbars ago, on the bar that confirms it as a turning point: strictly " + side +
			" the leftbars values before it and the rightbars values after it. na on all other bars. Nothing later " +
			"than the current bar is looked at.",
		Source:   "Pine ta." + name + "; ties are no pivots",
		Examples: []string{example},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) + a.Int(1) },
		Bind: func(a Args) Build {
			right := a.Int(1)
			n := a.Int(0) + right + 1
			var l window.Layout
			turn := newSwing(&l, n, sign)
			return byBar(&l, n, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n+1]
				out[0][j] = math.NaN()
				if turn.Push(s, w, right) == 100 {
					out[0][j] = w[n-right]
				}
			})
		},
	}
}
