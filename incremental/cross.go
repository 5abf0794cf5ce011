package incremental

import (
	"math"

	"streamd/incremental/window"
)

// crossRow is a passage from one side to the other, whichever way.
func crossRow() *Row {
	return &Row{
		Name: "cross", Title: "Cross", Group: GroupSeries,
		Inputs: []Input{Real, Real, Scale}, Outputs: []Output{{Name: "real", Bool: true}},
		Compares: Compares{What: ComparesCrossing, Above: true, Below: true},
		Doc: "True on the bar on which the first series comes to the other side of the second. Where the two were " +
			"equal in between, the side before that counts: 2 3 4 crosses 3, 2 3 2 touches it, of which " +
			"`crossover(a, b) or crossunder(a, b)` " +
			"is true. Values within 1e-12 of each other are equal; na until both series and " +
			"their previous values are defined.",
		Source:   "Pine ta.cross",
		Examples: []string{"cross(close, ema(close, 50))"},
		Lookback: func(Args) int { return 1 },
		// Only where the two are equal does it look back further than a bar, as long as they are.
		Warmup: func(Args, float64) int { return crossWarmup },
		Bind: func(Args) Build {
			var l window.Layout
			bars, side := l.Clock(), l.Slots(1)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				now := float64(CompareAt(in[0][j], in[1][j], in[2][j]))
				out[0][j] = truth(now*s[side] < 0)
				if bars.Tick(s) == 1 {
					out[0][j] = math.NaN()
				}
				if now != 0 {
					s[side] = now
				}
			})
		},
	}
}

// crossWarmup is an estimate of how many bars in a row two series are equal at most.
const crossWarmup = 10
