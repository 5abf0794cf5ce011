package naive

import (
	"math"

	"streamd/incremental"
)

func volatility() map[string]Func {
	return map[string]Func{
		"adr": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(ranges(in), a.Int(0), mean))
		},
		"cvi": func(a incremental.Args, in [][]float64) [][]float64 {
			average := ema(ranges(in), a.Int(0))
			return one(combine(average, shift(average, a.Int(1)), func(now, before float64) float64 {
				if before == 0 {
					return 0
				}
				return 100 * (now - before) / before
			}))
		},
		"massi": func(a incremental.Args, in [][]float64) [][]float64 {
			first := ema(ranges(in), a.Int(0))
			ratio := combine(first, ema(first, a.Int(0)), func(p, q float64) float64 {
				if q == 0 {
					return 1
				}
				return p / q
			})
			return one(window(ratio, a.Int(1), func(w []float64) float64 { return mean(w) * float64(len(w)) }))
		},
		"rvi": func(a incremental.Args, in [][]float64) [][]float64 {
			n := float64(a.Int(0))
			variance := window(in[0], a.Int(1), populationVariance)
			up, down := make([]float64, len(variance)), make([]float64, len(variance))
			for i, v := range variance {
				up[i], down[i] = v*0, v*0
				switch {
				case math.IsNaN(v):
				case in[0][i] > in[0][i-1]:
					up[i] = math.Sqrt(v)
				case in[0][i] < in[0][i-1]:
					down[i] = math.Sqrt(v)
				}
			}
			return one(combine(smooth(up, a.Int(0), 1/n), smooth(down, a.Int(0), 1/n), func(u, d float64) float64 {
				if u+d == 0 {
					return 50
				}
				return 100 * u / (u + d)
			}))
		},
	}
}

// ranges is high - low of each bar.
func ranges(in [][]float64) []float64 {
	return combine(in[0], in[1], func(high, low float64) float64 { return high - low })
}
