package across

import "streamd/incremental"

// acrossSum is the sum of the members' values.
func acrossSum() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "across_sum", Title: "Sum over a universe", Scale: ofMagnitude(1),
			Doc: "The sum of the values of all members on the same bar. Series that are no members see it, too; it " +
				"is na where fewer than two members have a value.",
			Source:   "sum over the symbols of a bar",
			Usage:    `across_sum(x, universe="")`,
			Examples: []string{"volume > 0.1 * across_sum(volume)", "across_sum(volume * close) > 1e9"},
		}),
		Takes: []Statistic{Sum, Magnitude},
		Of:    func(in []float64, _ incremental.Args) float64 { return in[0] },
	}
}
