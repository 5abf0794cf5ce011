package across

import "streamd/incremental"

// top reports whether the own value is among the n greatest.
func top() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "top", Title: "Among the greatest of a universe", Params: []incremental.Param{countParam()},
			Outputs: []incremental.Output{{Name: "in", Bool: true}},
			Doc: "Whether the own value is among the n greatest of all members on the same bar: rank(x) <= n. Where " +
				"values are equal there may be more than n.",
			Source:   "rank(x) <= n",
			Usage:    `top(x, n, universe="")`,
			Examples: []string{"top(roc(close, 20), 10)", "top(volume, 100) and close > highest(high, 20)[1]"},
		}),
		Takes: []Statistic{Above},
		Of:    func(in []float64, a incremental.Args) float64 { return condition(in[0] < a.Float(0)) },
	}
}
