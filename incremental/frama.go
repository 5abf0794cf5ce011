package incremental

import (
	"fmt"
	"math"

	"streamd/incremental/window"
)

// framaRow adapts its speed to the fractal dimension of prices.
func framaRow() *Row {
	return &Row{
		Name: "frama", Title: "Fractal Adaptive Moving Average", Group: GroupOverlap,
		Inputs: []Input{High, Low}, Params: []Param{lengthParam(16, 2)}, Outputs: real1,
		Doc: "An exponential average of the middle of the bar that is fast in a trend and nearly stands still in a " +
			"range: its weight is exp(-4.6(D-1)), between 0.01 and 1, where the dimension D compares the ranges of " +
			"both halves of the window with that of the whole. " +
			"length is even. It begins with the middle of bar length.",
		Source:   "Ehlers, FRAMA - Fractal Adaptive Moving Average, Stocks & Commodities (2005)",
		Examples: []string{"crossover(close, frama(16))"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(_ Args, eps float64) int { return int(math.Ceil(math.Log(eps) / math.Log(0.99))) },
		Check: func(a Args) error {
			if a.Int(0)%2 != 0 {
				return fmt.Errorf("length %d is odd, it is halved", a.Int(0))
			}
			return nil
		},
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			bars, high, low := l.Clock(), l.Max(n/2), l.Min(n/2)
			oldHigh, oldLow := l.Delay(n/2), l.Delay(n/2)
			dimension, average := l.Slots(1), l.Slots(1)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				top, bottom := high.Next(s, in[0][j]), low.Next(s, in[1][j])
				top2, bottom2 := oldHigh.Next(s, top), oldLow.Next(s, bottom)
				price := (in[0][j] + in[1][j]) / 2
				out[0][j] = math.NaN()
				switch bar := bars.Tick(s); {
				case bar < n:
					return
				case bar == n:
					s[average] = price
				default:
					recent, older := (top-bottom)*2, (top2-bottom2)*2
					if whole := max(top, top2) - min(bottom, bottom2); recent > 0 && older > 0 && whole > 0 {
						s[dimension] = math.Log2((recent + older) / whole)
					}
					weight := min(max(math.Exp(-4.6*(s[dimension]-1)), 0.01), 1)
					s[average] = math.FMA(price-s[average], weight, s[average])
				}
				out[0][j] = s[average]
			})
		},
	}
}
