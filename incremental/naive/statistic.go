package naive

import (
	"math"
	"slices"

	"streamd/incremental"
)

func statistic() map[string]Func {
	return map[string]Func{
		"percentile": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return [][]float64{window(in[0], n, func(w []float64) float64 {
				rank := int(math.Ceil(a.Float(1) * float64(n) / 100))
				return slices.Sorted(slices.Values(w))[max(rank, 1)-1]
			})}
		},
		"percentrank": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{window(in[0], a.Int(0)+1, func(w []float64) float64 {
				newest, below := w[len(w)-1], 0
				for _, v := range w {
					if v < newest {
						below++
					}
				}
				return float64(below) / float64(len(w)-1) * 100
			})}
		},
	}
}
