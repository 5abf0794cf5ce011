package incremental

import (
	"math"

	"streamd/incremental/window"
)

// vidyaRow adapts its speed to momentum.
func vidyaRow() *Row {
	return &Row{
		Name: "vidya", Title: "Variable Index Dynamic Average", Group: GroupOverlap,
		Inputs: []Input{Real, Scale}, Outputs: real1,
		Params: []Param{
			lengthParam(14, 1),
			{Name: "cmolength", Kind: Int, Default: 9, Min: 1, Max: PeriodMax},
		},
		Doc: "An exponential average whose weight 2/(length+1) is multiplied by the size of the momentum " +
			"oscillator cmou(x, cmolength)/100: it follows trends and stands still where rises and falls cancel. It " +
			"begins from the value of the bar before its first.",
		Source: "Chande, Adapting Moving Averages to Market Volatility, Stocks & Commodities (1992), with the " +
			"momentum oscillator as index (1995)",
		Examples: []string{"close > vidya(close, 14, 9)"},
		Lookback: func(a Args) int { return a.Int(1) },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(a Args) Build {
			n, weight := a.Int(1), 2/float64(a.Int(0)+1)
			var l window.Layout
			bars, gains, losses, average := l.Clock(), l.Sum(n), l.Sum(n), l.Slots(1)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = math.NaN()
				bar := bars.Tick(s)
				if bar == 1 {
					return
				}
				before, now := in[0][j], in[0][j+1]
				d := moved(now, before, in[1][j+1])
				up, down := gains.Next(s, max(d, 0)), losses.Next(s, max(-d, 0))
				if bar <= n {
					return
				}
				if bar == n+1 {
					s[average] = before
				}
				if up+down > 0 {
					s[average] = math.FMA(now-s[average], weight*math.Abs(up-down)/(up+down), s[average])
				}
				out[0][j] = s[average]
			})
		},
	}
}
