package naive

import "streamd/incremental"

func variant() map[string]Func {
	return map[string]Func{
		"atr_sma": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(eachBar(in, func(i int) float64 {
				if i == 0 {
					return in[0][0] - in[1][0]
				}
				return trueRange(in[0], in[1], in[2], i)
			}), a.Int(0), mean))
		},
		"rsi_sma": func(a incremental.Args, in [][]float64) [][]float64 {
			moves := eachBar(in, func(i int) float64 {
				if i == 0 {
					return 0
				}
				return in[0][i] - in[0][i-1]
			})
			return one(window(moves, a.Int(0), func(w []float64) float64 {
				gain, loss := 0.0, 0.0
				for _, m := range w {
					gain, loss = gain+max(m, 0), loss+max(-m, 0)
				}
				return ratio(100*gain, gain+loss, 0)
			}))
		},
		"percentrank_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return one(window(in[0], n+1, func(w []float64) float64 {
				count := 0
				for _, x := range w[:n] {
					if x <= w[n] {
						count++
					}
				}
				return 100 * float64(count) / float64(n)
			}))
		},
	}
}
