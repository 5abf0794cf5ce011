package incremental

import (
	"math"

	"streamd/incremental/window"
)

// pivothighRow and pivotlowRow are turning points, known only when the bars
// after them are.
func pivothighRow() *Row {
	return pivot("pivothigh", "Pivot High", "above", "below", 1, "crossover(close, fixnan(pivothigh(high, 5, 5)))")
}

func pivotlowRow() *Row {
	return pivot("pivotlow", "Pivot Low", "below", "above", -1, "crossunder(close, fixnan(pivotlow(low, 5, 5)))")
}

func pivot(name, title, side, other string, sign float64, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real, Scale}, Outputs: real1,
		Params: []Param{
			{Name: "leftbars", Kind: Int, Default: 5, Min: 0, Max: PeriodMax / 2},
			{Name: "rightbars", Kind: Int, Default: 5, Min: 0, Max: PeriodMax / 2},
		},
		Doc: "The value rightbars ago, on the bar that confirms it as a turning point: none of the leftbars values " +
			"before it is " + side + " it, and all of the rightbars values after it are " + other + " it, so that of " +
			"equal ones the last counts (1 2 6 6 3 2). na on all other bars. Nothing later than the current bar is " +
			"looked at.",
		Source:   "Pine ta." + name,
		Examples: []string{example},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) + a.Int(1) },
		Bind: func(a Args) Build {
			left, right := a.Int(0), a.Int(1)
			var l window.Layout
			bars, before, after := l.Clock(), l.Max(max(left, 1)), l.Max(max(right, 1))
			return byBar(&l, right+1, func(s []float64, in, out [][]float64, j int) {
				x, older := in[0][j+1], in[0][j] // the candidate, and the value before it
				bar := bars.Tick(s)
				highest, next := x, math.Inf(-1)
				if left > 0 && bar > right+1 {
					highest = sign * before.Next(s, sign*older)
				}
				if right > 0 {
					next = after.Next(s, sign*in[0][j+right+1])
				}
				out[0][j] = math.NaN()
				if scale := in[1][j+right+1]; bar > left+right && sign*float64(CompareAt(highest, x, scale)) <= 0 &&
					(right == 0 || CompareAt(next, sign*x, scale) < 0) {
					out[0][j] = x
				}
			})
		},
	}
}
