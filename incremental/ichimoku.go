package incremental

import "streamd/incremental/window"

// ichimokuRow shows the cloud as it lies over the current bar, never what the
// chart draws from bars that are not there yet.
func ichimokuRow() *Row {
	return &Row{
		Name: "ichimoku", Title: "Ichimoku Kinko Hyo", Group: GroupOverlap,
		Inputs: []Input{High, Low},
		Params: []Param{
			{Name: "conversion", Kind: Int, Default: 9, Min: 1, Max: PeriodMax},
			{Name: "base", Kind: Int, Default: 26, Min: 1, Max: PeriodMax},
			{Name: "spanb", Kind: Int, Default: 52, Min: 1, Max: PeriodMax},
			{Name: "displacement", Kind: Int, Default: 26, Min: 1, Max: PeriodMax},
		},
		Outputs: []Output{
			{Name: "conversion", Aliases: []string{"tenkan"}},
			{Name: "base", Aliases: []string{"kijun"}},
			{Name: "span_a", Aliases: []string{"senkou_a"}},
			{Name: "span_b", Aliases: []string{"senkou_b"}},
			{Name: "lead_a"},
			{Name: "lead_b"},
		},
		Doc: "The middles of the ranges of the last conversion and base bars, and the cloud. span_a and span_b are " +
			"the cloud over the current bar, computed displacement-1 bars ago, as charts draw it; " +
			"lead_a (the mean of conversion and base) and lead_b (the middle of the last spanb bars) are computed " +
			"now and will be the cloud displacement-1 bars from now. " +
			"The lagging line is the close, to be compared with `close[25]`. All begin together. Nothing later than " +
			"the current bar is looked at.",
		Source: "Hosoda (1968), as in Pine's built-in indicator",
		Examples: []string{"close > greater(ichimoku().span_a, ichimoku().span_b) and " +
			"crossover(ichimoku().conversion, ichimoku().base)"},
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1), a.Int(2)) - 1 + a.Int(3) - 1 },
		Bind: func(a Args) Build {
			lookback := max(a.Int(0), a.Int(1), a.Int(2)) - 1 + a.Int(3) - 1
			var l window.Layout
			bars := l.Slots(1)
			conversion, base, slow := newMiddle(&l, a.Int(0)), newMiddle(&l, a.Int(1)), newMiddle(&l, a.Int(2))
			shift := a.Int(3) - 1
			pastA, pastB := l.Delay(max(shift, 1)), l.Delay(max(shift, 1))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				high, low := in[0][j], in[1][j]
				out[0][j], out[1][j], out[5][j] = conversion.Next(s, high, low), base.Next(s, high, low),
					slow.Next(s, high, low)
				out[4][j] = (out[0][j] + out[1][j]) / 2
				out[2][j], out[3][j] = out[4][j], out[5][j]
				if shift > 0 {
					out[2][j], out[3][j] = pastA.Next(s, out[4][j]), pastB.Next(s, out[5][j])
				}
				if int(s[bars]) < lookback {
					s[bars]++
					allNA(out, j)
				}
			})
		},
	}
}

// middle is the middle of the range of the last n bars.
type middle struct {
	high window.Placed[window.Max]
	low  window.Placed[window.Min]
}

func newMiddle(l *window.Layout, n int) middle { return middle{high: l.Max(n), low: l.Min(n)} }

func (p middle) Next(state []float64, high, low float64) float64 {
	return (p.high.Next(state, high) + p.low.Next(state, low)) / 2
}
