package naive

import "streamd/incremental"

func pine() map[string]Func {
	return map[string]Func{
		"kcw": func(a incremental.Args, in [][]float64) [][]float64 {
			middle, half := keltner(a, in)
			return one(combine(middle, half, func(m, h float64) float64 { return ((m + h) - (m - h)) / m }))
		},
	}
}
