package naive

import (
	"math"

	"streamd/incremental"
)

func series() map[string]Func {
	return map[string]Func{
		"lag": func(a incremental.Args, in [][]float64) [][]float64 {
			y := make([]float64, len(in[0]))
			for i := range y {
				y[i] = math.NaN()
				if i >= a.Int(0) {
					y[i] = in[0][i-a.Int(0)]
				}
			}
			return [][]float64{y}
		},
	}
}
