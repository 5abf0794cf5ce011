package naive

import (
	"math"
	"slices"

	"streamd/incremental"
)

func momentum() map[string]Func {
	return map[string]Func{
		"ac": func(a incremental.Args, in [][]float64) [][]float64 {
			osc := spread(each(median, in[0], in[1]), a.Int(0), a.Int(1))
			return [][]float64{minus(osc, window(osc, a.Int(2), mean))}
		},
		"ao": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{spread(each(median, in[0], in[1]), a.Int(0), a.Int(1))}
		},
		"aroon": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{recency(in[1], a.Int(0), -1), recency(in[0], a.Int(0), 1)}
		},
		"aroonosc": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{minus(recency(in[0], a.Int(0), 1), recency(in[1], a.Int(0), -1))}
		},
		"bop": func(_ incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{over(len(in[0]), 0, func(i int) float64 {
				return ratio(in[3][i]-in[0][i], in[1][i]-in[2][i], 0)
			})}
		},
		"cmou": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), n, func(i int) float64 {
				return ratio(100*(x[i]-x[i-n]), walked(x, n, i), 0)
			})}
		},
		"coppock": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], []int{a.Int(1), a.Int(2)}
			rates := over(len(x), max(n[0], n[1]), func(i int) float64 {
				return ratio(100*(x[i]-x[i-n[0]]), x[i-n[0]], 0) + ratio(100*(x[i]-x[i-n[1]]), x[i-n[1]], 0)
			})
			return [][]float64{window(rates, a.Int(0), func(w []float64) float64 {
				sum, weights := 0.0, 0.0
				for i, v := range w {
					sum += float64(i+1) * v
					weights += float64(i + 1)
				}
				return sum / weights
			})}
		},
		"dpo": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), max(n-1, n/2+1), func(i int) float64 {
				return -shifted(x, n, i, x[i-n/2-1])
			})}
		},
		"er": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), n, func(i int) float64 {
				return ratio(math.Abs(x[i]-x[i-n]), walked(x, n, i), 1)
			})}
		},
		"eri": func(a incremental.Args, in [][]float64) [][]float64 {
			m := smooth(in[2], a.Int(0), 2/float64(a.Int(0)+1))
			return [][]float64{minus(in[0], m), minus(in[1], m)}
		},
		"fractal": func(a incremental.Args, in [][]float64) [][]float64 {
			swing := func(x []float64, sign float64) []float64 {
				return over(len(x), a.Int(0)+a.Int(1), func(i int) float64 {
					at := i - a.Int(1)
					for j := at - a.Int(0); j <= i; j++ {
						if j != at && sign*x[j] >= sign*x[at] {
							return 0
						}
					}
					return 100
				})
			}
			return [][]float64{swing(in[0], 1), swing(in[1], -1)}
		},
		"imi": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return [][]float64{over(len(in[0]), n-1, func(i int) float64 {
				up, all := 0.0, 0.0
				for j := i + 1 - n; j <= i; j++ {
					up += math.Max(in[1][j]-in[0][j], 0)
					all += math.Abs(in[1][j] - in[0][j])
				}
				return ratio(100*up, all, 50)
			})}
		},
		"mfi": func(a incremental.Args, in [][]float64) [][]float64 {
			tp, n := each(typical, in[0], in[1], in[2]), a.Int(0)
			return [][]float64{over(len(tp), n, func(i int) float64 {
				up, all := 0.0, 0.0
				for j := i + 1 - n; j <= i; j++ {
					switch {
					case math.Abs(tp[j]-tp[j-1]) < 1e-12*tp[j]:
					case tp[j] > tp[j-1]:
						up += tp[j] * in[3][j]
						all += tp[j] * in[3][j]
					default:
						all += tp[j] * in[3][j]
					}
				}
				return ratio(100*up, all, 0)
			})}
		},
		"mom": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), n, func(i int) float64 { return x[i] - x[i-n] })}
		},
		"qstick": func(a incremental.Args, in [][]float64) [][]float64 {
			return [][]float64{window(minus(in[1], in[0]), a.Int(0), mean)}
		},
		"rocp": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), n, func(i int) float64 { return ratio(x[i]-x[i-n], x[i-n], 0) })}
		},
		"rocr": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), n, func(i int) float64 { return ratio(x[i], x[i-n], 0) })}
		},
		"rocr100": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), n, func(i int) float64 { return ratio(100*x[i], x[i-n], 0) })}
		},
		"trix": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			for range 3 {
				x = smooth(x, n, 2/float64(n+1))
			}
			return [][]float64{over(len(x), 3*(n-1)+1,
				func(i int) float64 { return ratio(100*(x[i]-x[i-1]), x[i-1], 0) })}
		},
		"tsi": func(a incremental.Args, in [][]float64) [][]float64 {
			net := over(len(in[0]), 1, func(i int) float64 { return in[0][i] - in[0][i-1] })
			gross := each(func(v ...float64) float64 { return math.Abs(v[0]) }, net)
			for i := range 2 {
				n := a.Int(i)
				net, gross = smooth(net, n, 2/float64(n+1)), smooth(gross, n, 2/float64(n+1))
			}
			return [][]float64{each(func(v ...float64) float64 { return ratio(100*v[0], v[1], 0) }, net, gross)}
		},
		"ultosc": func(a incremental.Args, in [][]float64) [][]float64 {
			n := []int{a.Int(0), a.Int(1), a.Int(2)}
			longest, shortest := max(n[0], n[1], n[2]), min(n[0], n[1], n[2])
			periods := []int{shortest, n[0] + n[1] + n[2] - shortest - longest, longest}
			return [][]float64{over(len(in[0]), longest, func(i int) float64 {
				sum := 0.0
				for w, weight := range []float64{4, 2, 1} {
					pressure, reach := 0.0, 0.0
					for j := i + 1 - periods[w]; j <= i; j++ {
						pressure += in[2][j] - math.Min(in[1][j], in[2][j-1])
						reach += trueRange(in[0], in[1], in[2], j)
					}
					sum += weight * ratio(pressure, reach, 0)
				}
				return 100 * sum / 7
			})}
		},
		"vhf": func(a incremental.Args, in [][]float64) [][]float64 {
			x, n := in[0], a.Int(0)
			return [][]float64{over(len(x), n, func(i int) float64 {
				return ratio(slices.Max(x[i+1-n:i+1])-slices.Min(x[i+1-n:i+1]), walked(x, n, i), 0)
			})}
		},
		"willr": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return [][]float64{over(len(in[0]), n-1, func(i int) float64 {
				high, low := slices.Max(in[0][i+1-n:i+1]), slices.Min(in[1][i+1-n:i+1])
				return ratio(-100*(high-in[2][i]), high-low, 0)
			})}
		},
		"vortex": func(a incremental.Args, in [][]float64) [][]float64 {
			n, high, low := a.Int(0), in[0], in[1]
			line := func(from, to []float64) []float64 {
				return over(len(high), n, func(i int) float64 {
					reach, all := 0.0, 0.0
					for j := i + 1 - n; j <= i; j++ {
						reach += math.Abs(to[j] - from[j-1])
						all += trueRange(high, low, in[2], j)
					}
					return ratio(reach, all, 0)
				})
			}
			return [][]float64{line(low, high), line(high, low)}
		},
	}
}

// over returns n values, na before the lookback, f(i) after.
func over(n, lookback int, f func(i int) float64) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = math.NaN()
		if i >= lookback {
			y[i] = f(i)
		}
	}
	return y
}

// each applies f to the values of every bar, na where one of them is.
func each(f func(v ...float64) float64, cols ...[]float64) []float64 {
	y, v := make([]float64, len(cols[0])), make([]float64, len(cols))
	for i := range y {
		for k, c := range cols {
			v[k] = c[i]
		}
		y[i] = math.NaN()
		if finite(v) {
			y[i] = f(v...)
		}
	}
	return y
}

func minus(a, b []float64) []float64 {
	return each(func(v ...float64) float64 { return v[0] - v[1] }, a, b)
}

func median(v ...float64) float64 { return (v[0] + v[1]) / 2 }

func typical(v ...float64) float64 { return (v[0] + v[1] + v[2]) / 3 }

// spread is the mean of fast values less that of slow ones.
func spread(x []float64, fast, slow int) []float64 {
	return over(len(x), max(fast, slow)-1, func(i int) float64 {
		return shifted(x, fast, i, x[i]) - shifted(x, slow, i, x[i])
	})
}

// shifted is the mean of the n values up to bar i, less base; taken value by
// value, so that large prices do not swallow it.
func shifted(x []float64, n, i int, base float64) float64 {
	sum := 0.0
	for _, v := range x[i+1-n : i+1] {
		sum += v - base
	}
	return sum / float64(n)
}

// ratio is a/b, or the given value where b is 0.
func ratio(a, b, orElse float64) float64 {
	if b == 0 {
		return orElse
	}
	return a / b
}

// recency is 100 where the newest of the greatest (least, with sign -1) of n+1
// values is the last, 0 where it is the first.
func recency(x []float64, n int, sign float64) []float64 {
	return over(len(x), n, func(i int) float64 {
		at := i - n
		for j := at; j <= i; j++ {
			if sign*x[j] >= sign*x[at] {
				at = j
			}
		}
		return 100 * float64(n-(i-at)) / float64(n)
	})
}

// walked is the sum of the n absolute changes up to bar i.
func walked(x []float64, n, i int) float64 {
	sum := 0.0
	for j := i + 1 - n; j <= i; j++ {
		sum += math.Abs(x[j] - x[j-1])
	}
	return sum
}

func trueRange(high, low, cls []float64, i int) float64 {
	return math.Max(high[i], cls[i-1]) - math.Min(low[i], cls[i-1])
}
