package across

import "streamd/incremental"

// pctrank is the rank as a percentage, 100 for the greatest value.
func pctrank() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "pctrank", Title: "Rank in a universe in percent", Range: [2]float64{0, 100},
			Doc: "The rank as a percentage of the members that have a value: 100 for the greatest value, 0 for the " +
				"smallest one, 100 * (n - rank) / (n - 1) of n members.",
			Source: "100 * (n - rank) / (n - 1)",
			Usage:  `pctrank(x, universe="")`,
			Examples: []string{
				"pctrank(roc(close, 20)) > 90", "pctrank(atr(14) / close) < 50 and close > sma(close, 50)",
			},
		}),
		Takes: []Statistic{Above, Count},
		Of: func(in []float64, _ incremental.Args) float64 {
			return 100 * (in[1] - (in[0] + 1)) / (in[1] - 1)
		},
	}
}
