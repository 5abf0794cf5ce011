package naive

import (
	"math"

	"streamd/incremental"
)

func overlap() map[string]Func {
	return map[string]Func{
		"sma":   windowed(mean),
		"wma":   windowed(rampMean),
		"trima": windowed(triangleMean),
		"ema": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{ema(in[0], a.Int(0))}
		},
		"rma": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{smooth(in[0], a.Int(0), 1/float64(a.Int(0)))}
		},
		"dema": func(a incremental.Args, in [][]float64) [][]float64 {
			one := ema(in[0], a.Int(0))
			two := ema(one, a.Int(0))
			return [][]float64{combine(one, two, func(p, q float64) float64 { return 2*p - q })}
		},
		"tema": func(a incremental.Args, in [][]float64) [][]float64 {
			one := ema(in[0], a.Int(0))
			two := ema(one, a.Int(0))
			three := ema(two, a.Int(0))
			y := combine(one, two, func(p, q float64) float64 { return 3*p - 3*q })
			return [][]float64{combine(y, three, func(p, q float64) float64 { return p + q })}
		},
		"t3": func(a incremental.Args, in [][]float64) [][]float64 {
			n, v := a.Int(0), a.Float(1)
			var e [7][]float64
			e[0] = in[0]
			for i := 1; i < 7; i++ {
				e[i] = ema(e[i-1], n)
			}
			y := make([]float64, len(in[0]))
			for i := range y {
				y[i] = (1+v)*(1+v)*(1+v)*e[3][i] - 3*v*(1+v)*(1+v)*e[4][i] + 3*v*v*(1+v)*e[5][i] - v*v*v*e[6][i]
			}
			return [][]float64{y}
		},
		"kama": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{kama(in[0], a.Int(0))}
		},
	}
}

// windowed is the plain form of a function of the last n values.
func windowed(f func(w []float64) float64) Func {
	return func(a incremental.Args, in [][]float64) [][]float64 {
		return [][]float64{window(in[0], a.Int(0), f)}
	}
}

func ema(x []float64, n int) []float64 { return smooth(x, n, 2/float64(n+1)) }

// combine applies f value by value.
func combine(x, y []float64, f func(p, q float64) float64) []float64 {
	z := make([]float64, len(x))
	for i := range z {
		z[i] = f(x[i], y[i])
	}
	return z
}

// rampMean weights the oldest value 1, the newest n.
func rampMean(w []float64) float64 {
	sum, weights := 0.0, 0.0
	for i, v := range w {
		sum += v * float64(i+1)
		weights += float64(i + 1)
	}
	return sum / weights
}

// triangleMean weights 1, 2, ... up to the middle and down again.
func triangleMean(w []float64) float64 {
	sum, weights := 0.0, 0.0
	for i, v := range w {
		k := float64(min(i+1, len(w)-i))
		sum += v * k
		weights += k
	}
	return sum / weights
}

func kama(x []float64, n int) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = math.NaN()
		if n == 1 {
			y[i] = x[i]
			continue
		}
		if i < n || !finite(x[i-n:i+1]) {
			continue
		}
		path := 0.0
		for j := i - n + 1; j <= i; j++ {
			path += math.Abs(x[j] - x[j-1])
		}
		efficiency := 1.0
		if path > 0 {
			efficiency = math.Abs(x[i]-x[i-n]) / path
		}
		c := efficiency*(2.0/3-2.0/31) + 2.0/31
		last := x[i-1]
		if !math.IsNaN(y[i-1]) {
			last = y[i-1]
		}
		y[i] = last + c*c*(x[i]-last)
	}
	return y
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
// each run of finite ones. Its products are fused as the kernels' are: what divides by a
// range of averages (stc) would make a difference in the last bit any other.
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
			y[i] = math.FMA(v-y[i-1], k, y[i-1])
		}
	}
	return y
}
