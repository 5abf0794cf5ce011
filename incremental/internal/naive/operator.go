package naive

import (
	"math"
	"slices"

	"streamd/incremental"
)

func operator() map[string]Func {
	return map[string]Func{
		"max": windowed(func(w []float64) float64 { return slices.Max(w) }),
		"min": windowed(func(w []float64) float64 { return slices.Min(w) }),
		"minmax": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return [][]float64{
				window(in[0], n, func(w []float64) float64 { return slices.Min(w) }),
				window(in[0], n, func(w []float64) float64 { return slices.Max(w) }),
			}
		},
		"maxindex": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{extremeIndex(in[0], a.Int(0), 1)}
		},
		"minindex": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{extremeIndex(in[0], a.Int(0), -1)}
		},
		"minmaxindex": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{extremeIndex(in[0], a.Int(0), -1), extremeIndex(in[0], a.Int(0), 1)}
		},
	}
}

// extremeIndex is the bar of the window's extreme: the newest bar if it is at
// least as extreme as the one named before, else that one while it is in the
// window, else the oldest of the window's extremes.
func extremeIndex(x []float64, n int, sign float64) []float64 {
	y := make([]float64, len(x))
	best := -1
	for i := range x {
		y[i] = math.NaN()
		first := i + 1 - n
		if first < 0 || !finite(x[first:i+1]) {
			best = -1
			continue
		}
		switch {
		case best < first:
			best = first
			for b := first; b <= i; b++ {
				if x[b]*sign > x[best]*sign {
					best = b
				}
			}
		case x[i]*sign >= x[best]*sign:
			best = i
		}
		y[i] = float64(best)
	}
	return y
}
