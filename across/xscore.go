package across

import (
	"math"

	"streamd/incremental"
)

// xscore is how many standard deviations the own value is above the mean of the members.
func xscore() *Function {
	return &Function{
		Row: row(incremental.Row{
			Name: "xscore", Title: "Score in a universe", Undefined: "a standard deviation of 0",
			Scale: incremental.Magnitude{From: incremental.FromConstant, Fixed: 100},
			Doc: "By how many standard deviations the own value is above the mean of all members on the same bar. It " +
				"is na where the series is no member, and where all members have the same value.",
			Source:   "(x - across_mean(x)) / across_stdev(x)",
			Usage:    `xscore(x, universe="")`,
			Examples: []string{"xscore(roc(close, 20)) > 2", "xscore(rsi(close, 14)) < -1 and close > open"},
		}),
		Takes: []Statistic{Value, Mean, Stdev},
		Of: func(in []float64, _ incremental.Args) float64 {
			if in[2] == 0 {
				return math.NaN()
			}
			return (in[0] - in[1]) / in[2]
		},
	}
}
