package incremental

import "math"

// modeRow is the most frequent value of a window.
func modeRow() *Row {
	return &Row{
		Name: "mode", Title: "Mode", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc:      "The most frequent of the last length values, the least of those that are equally frequent; so the least of all when no value occurs twice. Costs O(length) per bar.",
		Source:   "Pine ta.mode",
		Examples: []string{"close == mode(close, 50)"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l layout
			values := l.sorted(n)
			return l.build(n, func(s []float64, in, out [][]float64, j int) {
				v := values.push(s, in[0][j:j+n+1])
				out[0][j] = math.NaN()
				if len(v) == n {
					out[0][j] = mostFrequent(v)
				}
			})
		},
	}
}

// mostFrequent returns the first of the longest runs of equal values.
func mostFrequent(v []float64) float64 {
	best, longest := v[0], 0
	for from := 0; from < len(v); {
		to := from + 1
		for to < len(v) && v[to] == v[from] {
			to++
		}
		if to-from > longest {
			best, longest = v[from], to-from
		}
		from = to
	}
	return best
}
