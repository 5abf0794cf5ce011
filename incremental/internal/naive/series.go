package naive

import (
	"math"
	"slices"

	"streamd/incremental"
)

func series() map[string]Func {
	return map[string]Func{
		"tr": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(over(len(in[0]), 1, func(i int) float64 { return trueRange(in[0], in[1], in[2], i) }))
		},
		"change": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(over(len(in[0]), a.Int(0), func(i int) float64 { return in[0][i] - in[0][i-a.Int(0)] }))
		},
		"cum": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 { return mean(in[0][:i+1]) * float64(i+1) }))
		},
		"highest": windowed(func(w []float64) float64 { return slices.Max(w) }),
		"lowest":  windowed(func(w []float64) float64 { return slices.Min(w) }),
		"crossover": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(over(len(in[0]), 1, func(i int) float64 {
				return condition(in[0][i] > in[1][i] && in[0][i-1] <= in[1][i-1])
			}))
		},
		"crossunder": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(over(len(in[0]), 1, func(i int) float64 {
				return condition(in[0][i] < in[1][i] && in[0][i-1] >= in[1][i-1])
			}))
		},
		"lag": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(shift(in[0], a.Int(0)))
		},
		"cross": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 {
				if i == 0 {
					return math.NaN()
				}
				now, before := incremental.Compare(in[0][i], in[1][i]), 0
				for k := i - 1; k >= 0 && before == 0; k-- {
					before = incremental.Compare(in[0][k], in[1][k])
				}
				return condition(now*before < 0)
			}))
		},
		"rising": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0)+1, func(w []float64) float64 { return beyondAll(w, 1) }))
		},
		"falling": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0)+1, func(w []float64) float64 { return beyondAll(w, -1) }))
		},
		"highestbars": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				return float64(lastIndex(w, slices.Max(w)) - len(w) + 1)
			}))
		},
		"lowestbars": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				return float64(lastIndex(w, slices.Min(w)) - len(w) + 1)
			}))
		},
		"barssince": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 {
				for k := i; k >= 0; k-- {
					if in[0][k] == 1 {
						return float64(i - k)
					}
				}
				return math.NaN()
			}))
		},
		"valuewhen": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 {
				left := a.Int(0)
				for k := i; k >= 0; k-- {
					if in[0][k] == 1 {
						if left == 0 {
							return in[1][k]
						}
						left--
					}
				}
				return math.NaN()
			}))
		},
		"na": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 { return condition(!finite(in[0][i : i+1])) }))
		},
		"nz": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 {
				if finite(in[0][i : i+1]) {
					return in[0][i]
				}
				return a.Float(0)
			}))
		},
		"fixnan": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 {
				for k := i; k >= 0; k-- {
					if finite(in[0][k : k+1]) {
						return in[0][k]
					}
				}
				return math.NaN()
			}))
		},
		"greater": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 { return math.Max(in[0][i], in[1][i]) }))
		},
		"lesser": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 { return math.Min(in[0][i], in[1][i]) }))
		},
		"pivothigh": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0)+a.Int(1)+1,
				func(w []float64) float64 { return turn(w, a.Int(0), 1) }))
		},
		"pivotlow": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0)+a.Int(1)+1,
				func(w []float64) float64 { return turn(w, a.Int(0), -1) }))
		},
		"range": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 { return slices.Max(w) - slices.Min(w) }))
		},
		"median": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				v := slices.Sorted(slices.Values(w))
				return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
			}))
		},
		"mode": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), mostOften))
		},
		"percentile_nearest_rank": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				v := slices.Sorted(slices.Values(w))
				for i, x := range v {
					if float64(100*(i+1)) >= a.Float(1)*float64(len(v)) {
						return x
					}
				}
				return v[len(v)-1]
			}))
		},
		"percentile_linear_interpolation": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				v := slices.Sorted(slices.Values(w))
				n := float64(len(v))
				whole, part := math.Modf(min(max(n*a.Float(1)/100-0.5, 0), n-1))
				i := int(whole)
				return v[i]*(1-part) + v[min(i+1, len(v)-1)]*part
			}))
		},
		"dev": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				m, sum := mean(w), 0.0
				for _, x := range w {
					sum += math.Abs(x - m)
				}
				return sum / float64(len(w))
			}))
		},
		"zscore": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				if slices.Max(w) == slices.Min(w) {
					return 0
				}
				return (w[len(w)-1] - mean(w)) / math.Sqrt(populationVariance(w))
			}))
		},
		"linreg": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 { return fitted(w, a.Float(1)) }))
		},
		"r2": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				if slices.Max(w) == slices.Min(w) {
					return 0
				}
				unexplained := 0.0
				for i, x := range w {
					d := x - fitted(w, float64(len(w)-1-i))
					unexplained += d * d
				}
				return 1 - unexplained/(populationVariance(w)*float64(len(w)))
			}))
		},
		"rci": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				times, ranks := make([]float64, len(w)), make([]float64, len(w))
				for i, x := range w {
					times[i], ranks[i] = float64(i), meanRank(w, x)
				}
				return 100 * pearson(times, ranks)
			}))
		},
	}
}

func one(y []float64) [][]float64 { return [][]float64{y} }

// eachBar computes a column bar by bar.
func eachBar(in [][]float64, f func(i int) float64) []float64 {
	y := make([]float64, len(in[0]))
	for i := range y {
		y[i] = f(i)
	}
	return y
}

// shift returns x n bars later.
func shift(x []float64, n int) []float64 {
	return eachBar([][]float64{x}, func(i int) float64 {
		if i < n {
			return math.NaN()
		}
		return x[i-n]
	})
}

func condition(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// beyondAll says whether the newest value is above (below, with sign -1) all others.
func beyondAll(w []float64, sign int) float64 {
	last := len(w) - 1
	for _, x := range w[:last] {
		if sign*incremental.Compare(w[last], x) <= 0 {
			return 0
		}
	}
	return 1
}

func lastIndex(w []float64, x float64) int {
	for i := len(w) - 1; ; i-- {
		if w[i] == x {
			return i
		}
	}
}

// onlyExtreme returns w[at] when it is above (below, with sign -1) all others.
// turn is the value of w at a place where none before it is beyond it, and none behind it is
// beyond it or equal.
func turn(w []float64, at int, sign int) float64 {
	for i, x := range w {
		side := sign * incremental.Compare(x, w[at])
		if side > 0 || side == 0 && i > at {
			return math.NaN()
		}
	}
	return w[at]
}

func mostOften(w []float64) float64 {
	times := map[float64]int{}
	for _, x := range w {
		times[x]++
	}
	best := w[0]
	for x, n := range times {
		if n > times[best] || n == times[best] && x < best {
			best = x
		}
	}
	return best
}

func populationVariance(w []float64) float64 {
	m, sum := mean(w), 0.0
	for _, x := range w {
		sum += (x - m) * (x - m)
	}
	return sum / float64(len(w))
}

// fitted is the value, offset bars before the newest, of the least-squares line.
func fitted(w []float64, offset float64) float64 {
	if len(w) == 1 {
		return w[0]
	}
	middle, m := float64(len(w)-1)/2, mean(w)
	xy, xx := 0.0, 0.0
	for i, y := range w {
		xy += (float64(i) - middle) * (y - m)
		xx += (float64(i) - middle) * (float64(i) - middle)
	}
	return m + xy/xx*(middle-offset)
}

func meanRank(w []float64, x float64) float64 {
	below, equal := 0, 0
	for _, v := range w {
		switch incremental.Compare(v, x) {
		case -1:
			below++
		case 0:
			equal++
		}
	}
	return float64(below) + float64(equal+1)/2
}

// pearson is the correlation of two columns, 0 where one is flat.
func pearson(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	xy, xx, yy := 0.0, 0.0, 0.0
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}
