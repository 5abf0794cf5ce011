package across

import "streamd/incremental"

// acrossMean is the mean of the members' values.
func acrossMean() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "across_mean", Title: "Mean over a universe", Scale: ofMagnitude(1),
			Doc: "The mean of the values of all members on the same bar. Series that are no members see it, too; it " +
				"is na where fewer than two members have a value.",
			Source:   "arithmetic mean over the symbols of a bar",
			Usage:    `across_mean(x, universe="")`,
			Examples: []string{"roc(close, 20) > across_mean(roc(close, 20))", "across_mean(rsi(close, 14)) < 30"},
		}),
		Takes: []Statistic{Mean, Magnitude},
		Of:    func(in []float64, _ incremental.Args) float64 { return in[0] },
	}
}
