package incremental

import "math"

// zscoreRow measures a value in standard deviations.
func zscoreRow() *Row {
	return &Row{
		Name: "zscore", Title: "Z-Score", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(20, 2)}, Outputs: real1,
		Doc:      "How many population standard deviations the value is above the mean of the last length values; 0 in a flat window.",
		Source:   "the standard score; deviation as TA-Lib STDDEV",
		Examples: []string{"zscore(close, 20) < -2"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l layout
			m := l.moments(n)
			return l.build(n, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n+1]
				m.push(s, w)
				out[0][j] = math.NaN()
				if m.full(s) {
					out[0][j] = 0
					if deviation := math.Sqrt(m.variance(s)); deviation > 0 {
						out[0][j] = (w[n] - m.mean(s, w[n])) / deviation
					}
				}
			})
		},
	}
}
