package naive

import "streamd/incremental"

func volume() map[string]Func {
	return map[string]Func{
		"ad": func(_ incremental.Args, in [][]float64) [][]float64 {
			total := 0.0
			return [][]float64{each(func(v ...float64) float64 { total += flow(v...); return total }, in...)}
		},
		"cmf": func(a incremental.Args, in [][]float64) [][]float64 {
			f, v := window(each(flow, in...), a.Int(0), mean), window(in[3], a.Int(0), mean)
			return [][]float64{each(func(v ...float64) float64 { return ratio(v[0], v[1], 0) }, f, v)}
		},
		"efi": func(a incremental.Args, in [][]float64) [][]float64 {
			force := over(len(in[0]), 1, func(i int) float64 { return (in[0][i] - in[0][i-1]) * in[1][i] })
			return [][]float64{smooth(force, a.Int(0), 2/float64(a.Int(0)+1))}
		},
		"marketfi": func(_ incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{each(func(v ...float64) float64 { return ratio(v[0]-v[1], v[2], 0) }, in...)}
		},
		"obv": func(_ incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{over(len(in[0]), 0, func(i int) float64 {
				total := in[1][0]
				for j := 1; j <= i; j++ {
					total += float64(incremental.Compare(in[0][j], in[0][j-1])) * in[1][j]
				}
				return total
			})}
		},
		"pvt": func(_ incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{over(len(in[0]), 0, func(i int) float64 {
				total := 0.0
				for j := 1; j <= i; j++ {
					total += ratio(in[0][j]-in[0][j-1], in[0][j-1], 0) * in[1][j]
				}
				return total
			})}
		},
		"rvol": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return [][]float64{over(len(in[0]), n, func(i int) float64 { return in[0][i] / mean(in[0][i-n:i]) })}
		},
		"vwap": func(_ incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{over(len(in[0]), 0, func(i int) float64 {
				paid, traded := 0.0, 0.0
				for j := range i + 1 {
					paid += (in[0][j] + in[1][j] + in[2][j]) / 3 * in[3][j]
					traded += in[3][j]
				}
				return ratio(paid, traded, 0)
			})}
		},
	}
}

// flow is the volume (last) times where the bar closed in its high and low.
func flow(v ...float64) float64 {
	high, low, cls, volume := v[0], v[1], v[2], v[3]
	return ratio((cls-low)-(high-cls), high-low, 0) * volume
}
