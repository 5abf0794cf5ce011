package naive

import (
	"math"

	"streamd/incremental"
)

func overlap() map[string]Func {
	return map[string]Func{
		"sma": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{window(in[0], a.Int(0), mean)}
		},
		"ema": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return [][]float64{smooth(in[0], n, 2/float64(n+1))}
		},
	}
}

// window applies f to every full window of n finite values, oldest first.
func window(x []float64, n int, f func(w []float64) float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = math.NaN()
		if i+1 >= n && finite(x[i+1-n:i+1]) {
			y[i] = f(x[i+1-n : i+1])
		}
	}
	return y
}

func finite(w []float64) bool {
	for _, v := range w {
		if v-v != 0 {
			return false
		}
	}
	return true
}

func mean(w []float64) float64 {
	s := 0.0
	for _, v := range w {
		s += v
	}
	return s / float64(len(w))
}

// smooth is y += k*(x-y) from a seed that is the mean of the first n values of
// each run of finite ones.
func smooth(x []float64, n int, k float64) []float64 {
	y := make([]float64, len(x))
	run := 0
	for i, v := range x {
		y[i] = math.NaN()
		if v-v != 0 {
			run = 0
			continue
		}
		run++
		switch {
		case run == n:
			y[i] = mean(x[i+1-n : i+1])
		case run > n:
			y[i] = y[i-1] + k*(v-y[i-1])
		}
	}
	return y
}
