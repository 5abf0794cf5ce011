package incremental

import "math"

// percentrankTVRow counts ties, TA-Lib's percentrank does not.
func percentrankTVRow() *Row {
	return &Row{
		Name: "percentrank_tv", Title: "Percent Rank (Pine)", Group: GroupVariant,
		Inputs: []Input{Real}, Params: []Param{lengthParam(100, 1)}, Outputs: real1,
		Doc:            "The percentage of the previous length values that are less than or equal to the current one. percentrank, which is TA-Lib's, counts only those that are less.",
		Source:         "Pine ta.percentrank",
		Examples:       []string{"percentrank_tv(close, 252) > 90"},
		OrderStatistic: true,
		Lookback:       func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l layout
			bars, values := l.clock(), l.sorted(n)
			return l.build(n+1, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n+2] // the n previous values, what left them, and the newest
				out[0][j] = math.NaN()
				if bars.tick(s) == 1 {
					return
				}
				if v := values.push(s, w[:n+1]); len(v) == n {
					out[0][j] = 100 * float64(countUpTo(v, w[n+1])) / float64(n)
				}
			})
		},
	}
}

// countUpTo returns how many of the ascending values are at most x.
func countUpTo(v []float64, x float64) int {
	low, high := 0, len(v)
	for low < high {
		if mid := (low + high) / 2; v[mid] <= x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
