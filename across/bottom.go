package across

import "streamd/incremental"

// bottom reports whether the own value is among the n smallest.
func bottom() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "bottom", Title: "Among the smallest of a universe", Params: []incremental.Param{countParam()},
			Outputs: []incremental.Output{{Name: "in", Bool: true}},
			Doc: "Whether the own value is among the n smallest of all members on the same bar: fewer than n values " +
				"are smaller. Where values are equal there may be more than n.",
			Source:   "rank(-x) <= n",
			Usage:    `bottom(x, n, universe="")`,
			Examples: []string{"bottom(rsi(close, 2), 10)", "bottom(roc(close, 5), 20) and close > sma(close, 200)"},
		}),
		Takes: []Statistic{Below},
		Of:    func(in []float64, a incremental.Args) float64 { return condition(in[0] < a.Float(0)) },
	}
}
