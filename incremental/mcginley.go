package incremental

import "streamd/incremental/window"

// mcginleyRow adapts its speed to the distance of the price.
func mcginleyRow() *Row {
	return &Row{
		Name: "mcginley", Title: "McGinley Dynamic", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{lengthParam(14, 1)}, Outputs: real1,
		Doc: "An average that moves towards the value by the share 1/(length·r⁴) of their distance, r being " +
			"value over average: it hurries after falling prices and is slow after rising ones. It begins with the " +
			"first value, and stays where the value is 0 or the step would leave the numbers.",
		Source: "McGinley, Journal of Technical Analysis (1990), without the constant of 0.6, as in Pine's " +
			"built-in indicator",
		Examples: []string{"crossover(close, mcginley(close, 14))"},
		Lookback: func(Args) int { return 0 },
		// Far from the value, length 1 overshoots: it does not forget at once, either.
		Warmup: func(a Args, eps float64) int { return 2 * rmaWarmup(max(2, a.Int(0)), eps) },
		Bind: func(a Args) Build {
			n := float64(a.Int(0))
			var l window.Layout
			begun, average := l.Slots(1), l.Slots(1)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				x, y := in[0][j], s[average]
				if s[begun] == 0 {
					s[begun], y = 1, x
				}
				ratio := x / y
				square := float64(ratio * ratio)
				if next := y + (x-y)/(n*float64(square*square)); next-next == 0 {
					y = next
				}
				s[average], out[0][j] = y, y
			})
		},
	}
}
