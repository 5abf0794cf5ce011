package naive

import (
	"math"
	"slices"

	"streamd/incremental"
)

func statistic() map[string]Func {
	return map[string]Func{
		"var":                 windowed(populationVariance),
		"linearreg":           windowed(func(w []float64) float64 { return fitted(w, 0) }),
		"linearreg_intercept": windowed(func(w []float64) float64 { return fitted(w, float64(len(w)-1)) }),
		"tsf":                 windowed(func(w []float64) float64 { return fitted(w, -1) }),
		"linearreg_slope":     windowed(slope),
		"linearreg_angle":     windowed(func(w []float64) float64 { return math.Atan(slope(w)) * 180 / math.Pi }),
		"correl": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return one(eachBar(in, func(i int) float64 {
				if i+1 < n {
					return math.NaN()
				}
				return pearson(in[0][i+1-n:i+1], in[1][i+1-n:i+1])
			}))
		},
		"beta": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return one(eachBar(in, func(i int) float64 {
				if i < n {
					return math.NaN()
				}
				return beta(returns(in[0][i-n:i+1]), returns(in[1][i-n:i+1]))
			}))
		},
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

// slope is the rise per bar of the least-squares line.
func slope(w []float64) float64 {
	middle, m := float64(len(w)-1)/2, mean(w)
	xy, xx := 0.0, 0.0
	for i, y := range w {
		xy += (float64(i) - middle) * (y - m)
		xx += (float64(i) - middle) * (float64(i) - middle)
	}
	return xy / xx
}

func returns(prices []float64) []float64 {
	r := make([]float64, len(prices)-1)
	for i := range r {
		if prices[i] != 0 {
			r[i] = (prices[i+1] - prices[i]) / prices[i]
		}
	}
	return r
}

// beta is the slope of y on x, 0 where x is constant.
func beta(x, y []float64) float64 {
	if slices.Max(x) == slices.Min(x) {
		return 0
	}
	mx, my := mean(x), mean(y)
	xy, xx := 0.0, 0.0
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
	}
	return xy / xx
}
