package incremental

import (
	"math"

	"streamd/incremental/window"
)

// klingerRow follows the force of volume.
func klingerRow() *Row {
	return &Row{
		Name: "klinger", Title: "Klinger Volume Oscillator", Group: GroupVolume,
		Scale:  ofInput(3),
		Inputs: []Input{High, Low, Close, Volume},
		Params: []Param{
			{Name: "fastlength", Kind: Int, Default: 34, Min: 1, Max: PeriodMax},
			{Name: "slowlength", Kind: Int, Default: 55, Min: 1, Max: PeriodMax},
			{Name: "signallength", Kind: Int, Default: 13, Min: 1, Max: PeriodMax},
		},
		Outputs: []Output{{Name: "klinger"}, {Name: "signal"}},
		Doc: "The fast less the slow exponential average of the volume force, and its own average (signal). The " +
			"force is 100 times the volume, with the sign of the trend of high+low+close, times |2·dm/cm - 1|, where " +
			"dm is the bar's range and cm its sum since the trend last turned. " +
			"An unchanged price keeps the trend; the averages begin as ema's. Both lines begin together.",
		Source:   "Klinger, Identifying Trends with Volume Analysis, Stocks & Commodities (1997)",
		Examples: []string{"crossover(klinger().klinger, klinger().signal)"},
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) + a.Int(2) - 1 },
		Warmup: func(a Args, eps float64) int {
			return emaWarmup(max(a.Int(0), a.Int(1)), eps) + emaWarmup(a.Int(2), eps)
		},
		Bind: func(a Args) Build {
			var l window.Layout
			bars, trend, cumulated := l.Clock(), l.Slots(1), l.Slots(1)
			fast, slow, signal := l.EMA(a.Int(0)), l.EMA(a.Int(1)), l.EMA(a.Int(2))
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				allNA(out, j)
				high, low, cls := in[0][j:j+2], in[1][j:j+2], in[2][j:j+2]
				bar := bars.Tick(s)
				if bar == 1 {
					return
				}
				was := s[trend]
				if turn := Compare(high[1]+low[1]+cls[1], high[0]+low[0]+cls[0]); turn != 0 {
					s[trend] = float64(turn)
				} else if bar == 2 {
					s[trend] = 1
				}
				span := high[1] - low[1]
				if s[trend] == was {
					s[cumulated] += span
				} else {
					s[cumulated] = high[0] - low[0] + span
				}
				force := 0.0
				if s[cumulated] != 0 {
					force = 100 * s[trend] * in[3][j+1] * math.Abs(2*span/s[cumulated]-1)
				}
				line := fast.Next(s, force) - slow.Next(s, force)
				if line != line {
					return
				}
				if average := signal.Next(s, line); average == average {
					out[0][j], out[1][j] = line, average
				}
			})
		},
	}
}
