package naive

import (
	"math"

	"streamd/incremental"
)

func transform() map[string]Func {
	each := func(f func(x float64) float64) Func {
		return func(_ incremental.Args, in [][]float64) [][]float64 {
			y := make([]float64, len(in[0]))
			for i, x := range in[0] {
				y[i] = f(x)
			}
			return [][]float64{y}
		}
	}
	return map[string]Func{
		"abs":   each(func(x float64) float64 { return max(x, -x) }),
		"sign":  each(func(x float64) float64 { return x / math.Abs(x) }), // prices: never 0
		"round": each(func(x float64) float64 { return math.Trunc(x + math.Copysign(0.5, x)) }),
		"log":   each(func(x float64) float64 { return math.Log1p(x - 1) }),
	}
}
