package across

import "streamd/incremental"

// members is how many members take part in a bar.
func members() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "members", Title: "Members of a universe",
			Doc: "How many members have the bar and a value of x on it; without x, how many have the bar. With fewer " +
				"than two it is na.",
			Source:   "number of symbols with a candle of the same open time",
			Usage:    `members(x, universe="") or members(universe="")`,
			Examples: []string{"members() > 100", "members(sma(close, 200)) >= 50 and rank(close) == 1"},
		}),
		Takes: []Statistic{Count},
		Of:    func(in []float64, _ incremental.Args) float64 { return in[0] },
	}
}
