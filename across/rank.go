package across

import "streamd/incremental"

// rank is the place of the own value among the members', from the greatest down.
func rank() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "rank", Title: "Rank in a universe",
			Doc: "The place of the own value among those of all members on the same bar: 1 for the greatest, and " +
				"1 more than the number of greater values for others, so that equal values share the least rank. " +
				"It is na where the series is no member, has no value, or fewer than two members have one.",
			Source: "pandas DataFrame.rank(method=\"min\", ascending=False) over the symbols of a bar",
			Usage:  `rank(x, universe="")`,
			Examples: []string{
				"rank(roc(close, 20)) <= 10", "rank(volume * close) == 1 and close > open",
				"rank(rsi(close, 14))[1] > 5",
			},
		}),
		Takes: []Statistic{Above},
		Of:    func(in []float64, _ incremental.Args) float64 { return in[0] + 1 },
	}
}
