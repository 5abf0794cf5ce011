package naive

import (
	"math"
	"slices"

	"streamd/candle/zone"
	"streamd/incremental"
)

func pine() map[string]Func {
	return map[string]Func{
		"alma": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				middle, width := a.Float(1)*float64(len(w)-1), float64(len(w))/a.Float(2)
				return weightedMean(w, func(i int) float64 {
					return math.Exp(-math.Pow(float64(i)-middle, 2) / (2 * width * width))
				})
			}))
		},
		"swma": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], 4, func(w []float64) float64 {
				return w[0]/6 + w[1]*2/6 + w[2]*2/6 + w[3]/6
			}))
		},
		"cog": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				moment := 0.0
				for i, x := range w {
					moment += x * float64(len(w)-i)
				}
				return -moment / sumOf(w)
			}))
		},
		"bbw": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				half := a.Float(1) * math.Sqrt(populationVariance(w))
				return ((mean(w) + half) - (mean(w) - half)) / mean(w) * 100
			}))
		},
		"kcw": func(a incremental.Args, in [][]float64) [][]float64 {
			middle, half := keltner(a, in)
			return one(combine(middle, half, func(m, h float64) float64 { return ((m + h) - (m - h)) / m }))
		},
		"ichimoku": ichimoku,
		"chandelier": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			atr := smooth(trueRanges(in, false), n, 1/float64(n))
			return [][]float64{
				each(func(v ...float64) float64 { return v[0] - a.Float(1)*v[1] },
					window(in[0], n, slices.Max[[]float64]), atr),
				each(func(v ...float64) float64 { return v[0] + a.Float(1)*v[1] },
					window(in[1], n, slices.Min[[]float64]), atr),
			}
		},
		"crsi":             connors,
		"williams_fractal": williamsFractal,
		"chop": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return one(each(func(v ...float64) float64 {
				if v[1] == v[2] {
					return math.NaN()
				}
				return 100 * math.Log(v[0]/(v[1]-v[2])) / math.Log(float64(n))
			}, window(trueRanges(in, true), n, sumOf), window(in[0], n, slices.Max[[]float64]),
				window(in[1], n, slices.Min[[]float64])))
		},
		"ulcer": func(a incremental.Args, in [][]float64) [][]float64 {
			falls := each(func(v ...float64) float64 { return math.Pow(100*(v[0]/v[1]-1), 2) },
				in[0], window(in[0], a.Int(0), slices.Max[[]float64]))
			return one(each(func(v ...float64) float64 { return math.Sqrt(v[0]) }, window(falls, a.Int(0), mean)))
		},
		"frama":    frama,
		"vidya":    vidya,
		"mcginley": mcginley,
		"kst": func(a incremental.Args, in [][]float64) [][]float64 {
			sum := make([]float64, len(in[0]))
			for k := range 4 {
				rate := combine(in[0], shift(in[0], a.Int(k)),
					func(now, old float64) float64 { return 100 * (now/old - 1) })
				sum = combine(sum, window(rate, a.Int(4+k), mean),
					func(s, m float64) float64 { return s + float64(k+1)*m })
			}
			return together(sum, window(sum, a.Int(8), mean))
		},
		"klinger": klinger,
		"stc": func(a incremental.Args, in [][]float64) [][]float64 {
			slow := ema(in[0], a.Int(1))
			line := minus(ema(in[0], a.Int(0)), slow)
			first := smooth(placeInRange(line, slow, a.Int(2)), 1, a.Float(3))
			hundred := each(func(...float64) float64 { return 100 }, first)
			return one(smooth(placeInRange(first, hundred, a.Int(2)), 1, a.Float(3)))
		},
		"fisher":  fisher,
		"squeeze": squeeze,
		"accdist": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 {
				sum := 0.0
				for k := range i + 1 {
					if in[0][k] > in[1][k] {
						sum += (2*in[2][k] - in[0][k] - in[1][k]) / (in[0][k] - in[1][k]) * in[3][k]
					}
				}
				return sum
			}))
		},
		"iii": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(each(func(v ...float64) float64 {
				if v[0] == v[1] || v[3] == 0 {
					return math.NaN()
				}
				return (2*v[2] - v[0] - v[1]) / ((v[0] - v[1]) * v[3])
			}, in...))
		},
		"wvad": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(each(func(v ...float64) float64 {
				if v[0] == v[1] {
					return math.NaN()
				}
				return (v[3] - v[2]) / (v[0] - v[1]) * v[4]
			}, in...))
		},
		"ha_open":  func(_ incremental.Args, in [][]float64) [][]float64 { return one(heikinAshi(in)[0]) },
		"ha_high":  func(_ incremental.Args, in [][]float64) [][]float64 { return one(heikinAshi(in)[1]) },
		"ha_low":   func(_ incremental.Args, in [][]float64) [][]float64 { return one(heikinAshi(in)[2]) },
		"ha_close": func(_ incremental.Args, in [][]float64) [][]float64 { return one(heikinAshi(in)[3]) },
		"anchored_vwap": func(a incremental.Args, in [][]float64) [][]float64 {
			return vwapSince(in[0], in[2], a.Float(0), func(i int) int {
				for k := i; k >= 0; k-- {
					if in[1][k] == 1 {
						return k
					}
				}
				return i + 1
			})
		},
		"vwap_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			location, _ := zone.Load(a.Text(3))
			return vwapSince(in[0], in[1], a.Float(1), func(i int) int {
				return periodStart(in[2], i, a.Text(0), a.Int(2), location)
			})
		},
		"pivot_point_levels": pivotPointLevels,
	}
}

// together returns the columns, na where one of them is.
func together(cols ...[]float64) [][]float64 {
	out := make([][]float64, len(cols))
	for k := range cols {
		out[k] = each(func(v ...float64) float64 { return v[k] }, cols...)
	}
	return out
}

func weightedMean(w []float64, weight func(i int) float64) float64 {
	sum, weights := 0.0, 0.0
	for i, x := range w {
		sum += x * weight(i)
		weights += weight(i)
	}
	return sum / weights
}

// middles are those of the range of n bars.
func middles(high, low []float64, n int) []float64 {
	return combine(window(high, n, slices.Max[[]float64]), window(low, n, slices.Min[[]float64]),
		func(h, l float64) float64 { return (h + l) / 2 })
}

func ichimoku(a incremental.Args, in [][]float64) [][]float64 {
	conversion, base := middles(in[0], in[1], a.Int(0)), middles(in[0], in[1], a.Int(1))
	leadA := combine(conversion, base, func(p, q float64) float64 { return (p + q) / 2 })
	leadB := middles(in[0], in[1], a.Int(2))
	ago := a.Int(3) - 1
	return together(conversion, base, shift(leadA, ago), shift(leadB, ago), leadA, leadB)
}

func connors(a incremental.Args, in [][]float64) [][]float64 {
	x := in[0]
	rsi := func(x []float64, n int) []float64 {
		up, down := gainsAndLosses(x)
		return each(func(v ...float64) float64 { return ratio(100*v[0], v[0]+v[1], 0) }, smooth(up, n, 1/float64(n)),
			smooth(down, n, 1/float64(n)))
	}
	streak := eachBar(in, func(i int) float64 {
		if i == 0 {
			return math.NaN()
		}
		sign, run := incremental.Compare(x[i], x[i-1]), 0
		for k := i; sign != 0 && k > 0 && incremental.Compare(x[k], x[k-1]) == sign; k-- {
			run += sign
		}
		return float64(run)
	})
	n := a.Int(2)
	rank := window(combine(x, shift(x, 1), func(now, old float64) float64 { return (now - old) / old }), n+1,
		func(w []float64) float64 {
			below := 0
			for _, r := range w[:n] {
				if r < w[n] {
					below++
				}
			}
			return 100 * float64(below) / float64(n)
		})
	return one(each(func(v ...float64) float64 { return (v[0] + v[1] + v[2]) / 3 }, rsi(x, a.Int(0)),
		rsi(streak, a.Int(1)), rank))
}

func williamsFractal(a incremental.Args, in [][]float64) [][]float64 {
	n := a.Int(0)
	turn := func(x []float64, sign float64) []float64 {
		return over(len(x), 2*n, func(i int) float64 {
			at := i - n
			ok := func(from, to int, orEqual bool) bool {
				for k := from; k <= to; k++ {
					if k < 0 || sign*x[k] > sign*x[at] || !orEqual && x[k] == x[at] {
						return false
					}
				}
				return true
			}
			for ties := range 5 {
				if ok(at+1, i, false) && ok(at-ties, at-1, true) && ok(at-ties-n, at-ties-1, false) {
					return 1
				}
			}
			return 0
		})
	}
	return [][]float64{turn(in[0], 1), turn(in[1], -1)}
}

func frama(a incremental.Args, in [][]float64) [][]float64 {
	high, low, n := in[0], in[1], a.Int(0)
	y, dimension := make([]float64, len(high)), 0.0
	width := func(from, to int) float64 { return slices.Max(high[from:to]) - slices.Min(low[from:to]) }
	for i := range y {
		price := (high[i] + low[i]) / 2
		switch {
		case i < n-1:
			y[i] = math.NaN()
		case i == n-1:
			y[i] = price
		default:
			half := float64(n) / 2
			n1, n2, n3 := width(i+1-n/2, i+1)/half, width(i+1-n, i+1-n/2)/half, width(i+1-n, i+1)/float64(n)
			if n1 > 0 && n2 > 0 && n3 > 0 {
				dimension = (math.Log(n1+n2) - math.Log(n3)) / math.Log(2)
			}
			alpha := min(max(math.Exp(-4.6*(dimension-1)), 0.01), 1)
			y[i] = alpha*price + (1-alpha)*y[i-1]
		}
	}
	return one(y)
}

func vidya(a incremental.Args, in [][]float64) [][]float64 {
	up, down := gainsAndLosses(in[0])
	gains, losses := window(up, a.Int(1), sumOf), window(down, a.Int(1), sumOf)
	before := in[0][a.Int(1)-1]
	return one(over(len(in[0]), a.Int(1), func(i int) float64 {
		k := 2 / float64(a.Int(0)+1) * math.Abs(ratio(gains[i]-losses[i], gains[i]+losses[i], 0))
		before = k*in[0][i] + (1-k)*before
		return before
	}))
}

func mcginley(a incremental.Args, in [][]float64) [][]float64 {
	y := in[0][0]
	return one(eachBar(in, func(i int) float64 {
		x := in[0][i]
		if next := y + (x-y)/(float64(a.Int(0))*math.Pow(x/y, 4)); next-next == 0 {
			y = next
		}
		return y
	}))
}

func klinger(a incremental.Args, in [][]float64) [][]float64 {
	high, low := in[0], in[1]
	price := each(func(v ...float64) float64 { return v[0] + v[1] + v[2] }, in[:3]...)
	trend := eachBar(in, func(i int) float64 {
		for k := i; k > 0; k-- {
			if side := incremental.Compare(price[k], price[k-1]); side != 0 {
				return float64(side)
			}
		}
		return 1
	})
	force := over(len(high), 1, func(i int) float64 {
		from := i
		for from > 1 && trend[from-1] == trend[i] {
			from--
		}
		sum := 0.0
		for k := from - 1; k <= i; k++ {
			sum += high[k] - low[k]
		}
		return 100 * in[3][i] * trend[i] * math.Abs(2*ratio(high[i]-low[i], sum, 0.5)-1)
	})
	line := minus(ema(force, a.Int(0)), ema(force, a.Int(1)))
	return together(line, ema(line, a.Int(2)))
}

// placeInRange is the place of each value in the range of the last n, 0 to 100, kept where
// that is zero or the rounding of the numbers of the given scale.
func placeInRange(x, scale []float64, n int) []float64 {
	bottoms, tops := window(x, n, slices.Min[[]float64]), window(x, n, slices.Max[[]float64])
	before := 0.0
	return each(func(v ...float64) float64 {
		now, low, high := v[0], v[1], v[2]
		if incremental.CompareAt(high, low, math.Abs(v[3])) > 0 {
			before = 100 * (now - low) / (high - low)
		}
		return before
	}, x, bottoms, tops, scale)
}

func fisher(a incremental.Args, in [][]float64) [][]float64 {
	x, n := combine(in[0], in[1], func(h, l float64) float64 { return (h + l) / 2 }), a.Int(0)
	value := 0.0
	values := window(x, n, func(w []float64) float64 {
		place, low, high := 0.5, slices.Min(w), slices.Max(w)
		if incremental.Compare(high, low) > 0 {
			place = (w[n-1] - low) / (high - low)
		}
		value = 0.33*2*(place-0.5) + 0.67*value
		if value > 0.99 {
			value = 0.999
		} else if value < -0.99 {
			value = -0.999
		}
		return value
	})
	fish := 0.0
	line := each(func(v ...float64) float64 {
		fish = math.Atanh(v[0]) + 0.5*fish
		return fish
	}, values)
	return together(line, shift(line, 1))
}

func squeeze(a incremental.Args, in [][]float64) [][]float64 {
	n := a.Int(0)
	distance := combine(in[2], combine(middles(in[0], in[1], n), window(in[2], n, mean), add),
		func(c, m float64) float64 { return c - m/2 })
	momentum := window(distance, n, func(w []float64) float64 { return fitted(w, 0) })
	deviation := window(in[2], n, func(w []float64) float64 { return math.Sqrt(populationVariance(w)) })
	on := each(func(v ...float64) float64 {
		scale := max(a.Float(1), a.Float(2)) * math.Abs(v[2])
		return condition(incremental.CompareAt(a.Float(1)*v[0], a.Float(2)*v[1], scale) < 0)
	}, deviation, window(trueRanges(in, false), n, mean), in[0])
	return together(momentum, each(func(v ...float64) float64 { return v[0] }, on, momentum))
}

func heikinAshi(in [][]float64) [][]float64 {
	cls := each(func(v ...float64) float64 { return (v[0] + v[1] + v[2] + v[3]) / 4 }, in...)
	open := (in[0][0] + in[3][0]) / 2
	opens := eachBar(in, func(i int) float64 {
		if i > 0 {
			open = (open + cls[i-1]) / 2
		}
		return open
	})
	return [][]float64{
		opens,
		each(func(v ...float64) float64 { return slices.Max(v) }, in[1], opens, cls),
		each(func(v ...float64) float64 { return slices.Min(v) }, in[2], opens, cls),
		cls,
	}
}
