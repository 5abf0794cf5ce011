package across

import "streamd/incremental"

// acrossMedian is the median of the members' values.
func acrossMedian() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "across_median", Title: "Median over a universe", Scale: ofMagnitude(1),
			Doc: "The median of the values of all members on the same bar, of an even number the mean of the two in " +
				"the middle. Series that are no members see it, too.",
			Source: "median over the symbols of a bar",
			Usage:  `across_median(x, universe="")`,
			Examples: []string{
				"roc(close, 20) > across_median(roc(close, 20))", "across_median(atr(14) / close) > 0.05",
			},
		}),
		Takes: []Statistic{Median, Magnitude},
		Of:    func(in []float64, _ incremental.Args) float64 { return in[0] },
	}
}
