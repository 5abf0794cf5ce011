package naive

import "streamd/incremental"

func variant() map[string]Func {
	return map[string]Func{
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
