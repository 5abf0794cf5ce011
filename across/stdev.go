package across

import "streamd/incremental"

// acrossStdev is the standard deviation of the members' values.
func acrossStdev() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "across_stdev", Title: "Standard deviation over a universe", Scale: ofMagnitude(1),
			Doc: "The standard deviation (of the population) of the values of all members on the same bar: how far " +
				"they are apart. It is 0 where they differ by rounding only.",
			Source:   "sqrt(mean((x - mean(x))^2)) over the symbols of a bar",
			Usage:    `across_stdev(x, universe="")`,
			Examples: []string{"across_stdev(roc(close, 20)) > 10", "across_stdev(roc(close, 1)) < 0.5"},
		}),
		Takes: []Statistic{Stdev, Magnitude},
		Of:    func(in []float64, _ incremental.Args) float64 { return in[0] },
	}
}
