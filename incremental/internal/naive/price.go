package naive

import (
	"math"

	"streamd/incremental"
)

func price() map[string]Func {
	return map[string]Func{
		"hl2":   ofBar(func(p []float64) float64 { return (p[0] + p[1]) / 2 }),
		"hlc3":  ofBar(func(p []float64) float64 { return (p[0] + p[1] + p[2]) / 3 }),
		"ohlc4": ofBar(func(p []float64) float64 { return (p[0] + p[1] + p[2] + p[3]) / 4 }),
		"hlcc4": ofBar(func(p []float64) float64 { return (p[0] + p[1] + 2*p[2]) / 4 }),
		"avgdev": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{window(in[0], a.Int(0), func(w []float64) float64 {
				m, dev := mean(w), 0.0
				for _, v := range w {
					dev += math.Abs(v - m)
				}
				return dev / float64(len(w))
			})}
		},
		"ha": func(_ incremental.Args, in [][]float64) [][]float64 {
			n := len(in[0])
			o, h, l, c := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range o {
				c[i] = (in[0][i] + in[1][i] + in[2][i] + in[3][i]) / 4
				o[i] = (in[0][0] + in[3][0]) / 2
				if i > 0 {
					o[i] = (o[i-1] + c[i-1]) / 2
				}
				h[i] = math.Max(in[1][i], math.Max(o[i], c[i]))
				l[i] = math.Min(in[2][i], math.Min(o[i], c[i]))
			}
			return [][]float64{o, h, l, c}
		},
	}
}

// ofBar makes a value of the inputs of each bar.
func ofBar(f func(p []float64) float64) Func {
	return func(_ incremental.Args, in [][]float64) [][]float64 {
		y := make([]float64, len(in[0]))
		for i := range y {
			var p []float64
			for _, x := range in {
				p = append(p, x[i])
			}
			y[i] = f(p)
		}
		return [][]float64{y}
	}
}
