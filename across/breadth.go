package across

import "streamd/incremental"

// breadth is the percentage of the members for which a condition is true.
func breadth() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "breadth", Title: "Breadth of a universe", Inputs: []incremental.Input{incremental.Cond},
			Range: [2]float64{0, 100},
			Doc: "The percentage of the members with a value of the condition on the same bar for which it is true. " +
				"Members whose condition is na are not counted. Series that are no members see it, too.",
			Source:   "market breadth: members for which the condition is true / members for which it is true or false",
			Usage:    `breadth(cond, universe="")`,
			Examples: []string{"breadth(close > sma(close, 50)) > 80", "crossover(breadth(close > open), 50)"},
		}),
		Takes: []Statistic{Sum, Count},
		Of:    func(in []float64, _ incremental.Args) float64 { return 100 * in[0] / in[1] },
	}
}
