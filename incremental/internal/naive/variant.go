package naive

import (
	"math"
	"slices"

	"streamd/incremental"
)

// The plain forms of the variants follow the equivalent code of Pine's manual,
// column by column.

func variant() map[string]Func {
	return map[string]Func{
		"atr_sma": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(eachBar(in, func(i int) float64 {
				if i == 0 {
					return in[0][0] - in[1][0]
				}
				return trueRange(in[0], in[1], in[2], i)
			}), a.Int(0), mean))
		},
		"rsi_sma": func(a incremental.Args, in [][]float64) [][]float64 {
			moves := eachBar(in, func(i int) float64 {
				if i == 0 {
					return 0
				}
				return in[0][i] - in[0][i-1]
			})
			return one(window(moves, a.Int(0), func(w []float64) float64 {
				gain, loss := 0.0, 0.0
				for _, m := range w {
					gain, loss = gain+max(m, 0), loss+max(-m, 0)
				}
				return ratio(100*gain, gain+loss, 0)
			}))
		},
		"ema_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(ema(in[0], a.Int(0)))
		},
		"macd_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			line := minus(ema(in[0], a.Int(0)), ema(in[0], a.Int(1)))
			signal := ema(line, a.Int(2))
			return [][]float64{line, signal, minus(line, signal)}
		},
		"hma_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			lead := combine(window(in[0], n/2, rampMean), window(in[0], n, rampMean),
				func(p, q float64) float64 { return 2*p - q })
			return one(window(lead, int(math.Sqrt(float64(n))), rampMean))
		},
		"rsi_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			up, down := gainsAndLosses(in[0])
			n := a.Int(0)
			return one(each(func(v ...float64) float64 {
				if v[1] == 0 {
					return 100
				}
				return 100 - 100/(1+v[0]/v[1])
			}, smooth(up, n, 1/float64(n)), smooth(down, n, 1/float64(n))))
		},
		"cmo_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			up, down := gainsAndLosses(in[0])
			return one(each(func(v ...float64) float64 { return 100 * (v[0] - v[1]) / (v[0] + v[1]) },
				window(up, a.Int(0), sumOf), window(down, a.Int(0), sumOf)))
		},
		"mfi_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			flowWhere := func(side int) []float64 {
				return window(eachBar(in, func(i int) float64 {
					return condition(i == 0 || incremental.Compare(in[0][i], in[0][i-1]) == side) * in[0][i] * in[1][i]
				}), a.Int(0), sumOf)
			}
			return one(each(func(v ...float64) float64 { return ratio(100*v[0], v[0]+v[1], 100) }, flowWhere(1),
				flowWhere(-1)))
		},
		"stoch_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(each(func(v ...float64) float64 {
				if v[0] == v[1] {
					return math.NaN()
				}
				return 100 * (v[2] - v[1]) / (v[0] - v[1])
			}, window(in[0], a.Int(0), slices.Max[[]float64]), window(in[1], a.Int(0), slices.Min[[]float64]), in[2]))
		},
		"tsi_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			change := minus(in[0], shift(in[0], 1))
			size := each(func(v ...float64) float64 { return math.Abs(v[0]) }, change)
			return one(each(func(v ...float64) float64 { return v[0] / v[1] },
				ema(ema(change, a.Int(1)), a.Int(0)), ema(ema(size, a.Int(1)), a.Int(0))))
		},
		"atr_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(atrTV(in, a.Int(0)))
		},
		"kc_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			middle, half := keltner(a, in)
			return [][]float64{combine(middle, half, add), middle, minus(middle, half)}
		},
		"supertrend_tv": supertrendTV,
		"sar_tv":        sarTV,
		"dmi":           dmi,
		"obv_tv": func(_ incremental.Args, in [][]float64) [][]float64 {
			return one(eachBar(in, func(i int) float64 {
				sum := 0.0
				for k := 1; k <= i; k++ {
					sum += float64(incremental.Compare(in[0][k], in[0][k-1])) * in[1][k]
				}
				return sum
			}))
		},
		"nvi_tv": func(_ incremental.Args, in [][]float64) [][]float64 { return one(volumeIndexTV(in, -1)) },
		"pvi_tv": func(_ incremental.Args, in [][]float64) [][]float64 { return one(volumeIndexTV(in, 1)) },
		"percentrank_tv": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return one(window(in[0], n+1, func(w []float64) float64 {
				count := 0
				for _, x := range w[:n] {
					if incremental.Compare(x, w[n]) <= 0 {
						count++
					}
				}
				return 100 * float64(count) / float64(n)
			}))
		},
	}
}

func supertrendTV(a incremental.Args, in [][]float64) [][]float64 {
	high, low, cls := in[0], in[1], in[2]
	atr := atrTV(in, a.Int(1))
	upper, lower := make([]float64, len(cls)), make([]float64, len(cls))
	line, direction := make([]float64, len(cls)), make([]float64, len(cls))
	for i := range cls {
		line[i], direction[i] = math.NaN(), math.NaN()
		if math.IsNaN(atr[i]) {
			continue
		}
		middle, begun := (high[i]+low[i])/2, i >= a.Int(1)
		upper[i], lower[i] = middle+a.Float(0)*atr[i], middle-a.Float(0)*atr[i]
		if begun && lower[i] <= lower[i-1] && incremental.Compare(cls[i-1], lower[i-1]) >= 0 {
			lower[i] = lower[i-1]
		}
		if begun && upper[i] >= upper[i-1] && incremental.Compare(cls[i-1], upper[i-1]) <= 0 {
			upper[i] = upper[i-1]
		}
		switch {
		case !begun:
			direction[i] = 1
		case incremental.Compare(line[i-1], upper[i-1]) == 0:
			direction[i] = 1 - 2*condition(incremental.Compare(cls[i], upper[i]) > 0)
		default:
			direction[i] = 2*condition(incremental.Compare(cls[i], lower[i]) < 0) - 1
		}
		line[i] = upper[i]
		if direction[i] < 0 {
			line[i] = lower[i]
		}
	}
	return [][]float64{line, direction}
}

func sarTV(a incremental.Args, in [][]float64) [][]float64 {
	high, low, cls := in[0], in[1], in[2]
	y := make([]float64, len(cls))
	y[0] = math.NaN()
	long, stop, best, speed := false, 0.0, 0.0, 0.0
	for i := 1; i < len(y); i++ {
		turned := i == 1
		if turned {
			long, stop, best, speed = cls[1] > cls[0], high[0], low[1], a.Float(0)
			if long {
				stop, best = low[0], high[1]
			}
		}
		stop += speed * (best - stop)
		switch {
		case long && incremental.Compare(stop, low[i]) > 0:
			long, turned, stop, best, speed = false, true, math.Max(high[i], best), low[i], a.Float(0)
		case !long && incremental.Compare(stop, high[i]) < 0:
			long, turned, stop, best, speed = true, true, math.Min(low[i], best), high[i], a.Float(0)
		}
		if !turned && long && high[i] > best {
			best, speed = high[i], math.Min(speed+a.Float(1), a.Float(2))
		}
		if !turned && !long && low[i] < best {
			best, speed = low[i], math.Min(speed+a.Float(1), a.Float(2))
		}
		before := max(i-2, 0)
		if long {
			stop = math.Min(stop, slices.Min(low[before:i]))
		} else {
			stop = math.Max(stop, slices.Max(high[before:i]))
		}
		y[i] = stop
	}
	return one(y)
}

func dmi(a incremental.Args, in [][]float64) [][]float64 {
	high, low := in[0], in[1]
	n, m := a.Int(0), a.Int(1)
	moved := func(up, down []float64) []float64 {
		return smooth(over(len(high), 1, func(i int) float64 {
			scale := slices.Max([]float64{high[i], high[i-1], low[i], low[i-1]})
			moves := incremental.CompareAt(up[i], 0, scale) > 0 && incremental.CompareAt(up[i], down[i], scale) > 0
			return condition(moves) * up[i]
		}), n, 1/float64(n))
	}
	rises, falls := minus(high, shift(high, 1)), minus(shift(low, 1), low)
	span := smooth(trueRanges(in, false), n, 1/float64(n))
	share := func(dm []float64) []float64 {
		held := 0.0
		return each(func(v ...float64) float64 {
			if v[1] != 0 {
				held = 100 * v[0] / v[1]
			}
			return held
		}, dm, span)
	}
	plus, less := share(moved(rises, falls)), share(moved(falls, rises))
	adx := smooth(each(func(v ...float64) float64 {
		if v[0]+v[1] == 0 {
			return 0
		}
		return 100 * math.Abs(v[0]-v[1]) / (v[0] + v[1])
	}, plus, less), m, 1/float64(m))
	return [][]float64{plus, less, adx}
}

func add(a, b float64) float64 { return a + b }

func sumOf(w []float64) float64 { return mean(w) * float64(len(w)) }

func gainsAndLosses(x []float64) (up, down []float64) {
	change := minus(x, shift(x, 1))
	return each(func(v ...float64) float64 { return math.Max(v[0], 0) }, change),
		each(func(v ...float64) float64 { return math.Max(-v[0], 0) }, change)
}

// trueRanges are those of high, low and close; the first is high less low, or
// na.
func trueRanges(in [][]float64, first bool) []float64 {
	return eachBar(in, func(i int) float64 {
		switch {
		case i > 0:
			return trueRange(in[0], in[1], in[2], i)
		case first:
			return in[0][0] - in[1][0]
		}
		return math.NaN()
	})
}

func atrTV(in [][]float64, n int) []float64 { return smooth(trueRanges(in, true), n, 1/float64(n)) }

// keltner returns the middle and half the width; the series comes before the
// prices.
func keltner(a incremental.Args, in [][]float64) (middle, half []float64) {
	half = each(func(v ...float64) float64 { return a.Float(1) * v[0] }, ema(trueRanges(in[1:], false), a.Int(0)))
	return ema(in[0], a.Int(0)), half
}

func volumeIndexTV(in [][]float64, sign float64) []float64 {
	return eachBar(in, func(i int) float64 {
		index := 1.0
		for k := 1; k <= i; k++ {
			if sign*in[1][k] > sign*in[1][k-1] {
				index *= 1 + (in[0][k]-in[0][k-1])/in[0][k-1]
			}
		}
		return index
	})
}
