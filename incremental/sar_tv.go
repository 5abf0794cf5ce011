package incremental

import (
	"math"

	"streamd/incremental/window"
)

// sarTVRow begins by the first change of the close.
func sarTVRow() *Row {
	return &Row{
		Name: "sar_tv", Title: "Parabolic SAR (Pine)", Group: GroupVariant,
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			{Name: "start", Kind: Float, Default: 0.02, Min: 0, Max: 1},
			{Name: "inc", Kind: Float, Default: 0.02, Min: 0, Max: 1},
			{Name: "max", Kind: Float, Default: 0.2, Min: 0, Max: 1},
		},
		Outputs: real1,
		Doc: "Wilder's stop and reverse, on the side that the first change of the close says, with its own " +
			"start and increment of the acceleration. sar, which is TA-Lib's, takes the first side from the " +
			"directional movement; the two agree once both have reversed on the same bar.",
		Source:   "Pine ta.sar, its manual's equivalent code",
		Examples: []string{"crossover(close, sar_tv(0.02, 0.02, 0.2))"},
		Lookback: func(Args) int { return 1 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(a Args) Build {
			start, increment, limit := a.Float(0), a.Float(1), a.Float(2)
			var l window.Layout
			bars := l.Clock()
			stop, best, speed, long := l.Slots(1), l.Slots(1), l.Slots(1), l.Slots(1)
			return byBar(&l, 2, func(s []float64, in, out [][]float64, j int) {
				high, low, cls := in[0][j:j+3], in[1][j:j+3], in[2][j:j+3]
				bar := bars.Tick(s)
				if bar == 1 {
					out[0][j] = math.NaN()
					return
				}
				turned := bar == 2
				if turned {
					s[speed], s[long] = start, truth(cls[2] > cls[1])
					s[stop], s[best] = high[1], low[2]
					if s[long] == 1 {
						s[stop], s[best] = low[1], high[2]
					}
				}
				s[stop] = math.FMA(s[speed], s[best]-s[stop], s[stop])
				if s[long] == 1 && Compare(s[stop], low[2]) > 0 {
					turned = true
					s[long], s[stop], s[best], s[speed] = 0, math.Max(high[2], s[best]), low[2], start
				} else if s[long] == 0 && Compare(s[stop], high[2]) < 0 {
					turned = true
					s[long], s[stop], s[best], s[speed] = 1, math.Min(low[2], s[best]), high[2], start
				}
				if !turned && (s[long] == 1 && high[2] > s[best] || s[long] == 0 && low[2] < s[best]) {
					s[best], s[speed] = low[2], math.Min(s[speed]+increment, limit)
					if s[long] == 1 {
						s[best] = high[2]
					}
				}
				oldest := max(0, 3-bar) // the bar two ago is there from the third bar on
				for k := oldest; k < 2; k++ {
					if s[long] == 1 {
						s[stop] = math.Min(s[stop], low[k])
					} else {
						s[stop] = math.Max(s[stop], high[k])
					}
				}
				out[0][j] = s[stop]
			})
		},
	}
}
