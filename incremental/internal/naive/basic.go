package naive

import (
	"math"
	"slices"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// basic has the functions that nearly every formula uses.
func basic() map[string]Func {
	return map[string]Func{
		"accbands": func(a incremental.Args, in [][]float64) [][]float64 {
			reach := each(func(v ...float64) float64 { return 4 * ratio(v[0]-v[1], v[0]+v[1], 0) }, in[0], in[1])
			upper := combine(in[0], reach, func(p, q float64) float64 { return p * (1 + q) })
			lower := combine(in[1], reach, func(p, q float64) float64 { return p * (1 - q) })
			n := a.Int(0)
			return [][]float64{window(upper, n, mean), window(in[2], n, mean), window(lower, n, mean)}
		},
		"donchian": func(a incremental.Args, in [][]float64) [][]float64 {
			high, low := extremes(in[0], in[1], a.Int(0))
			return [][]float64{high, each(median, high, low), low}
		},
		"midpoint": func(a incremental.Args, in [][]float64) [][]float64 {
			high, low := extremes(in[0], in[0], a.Int(0))
			return one(each(median, high, low))
		},
		"midprice": func(a incremental.Args, in [][]float64) [][]float64 {
			high, low := extremes(in[0], in[1], a.Int(0))
			return one(each(median, high, low))
		},
		"hma": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			if n == 1 {
				return one(in[0])
			}
			full, half := window(in[0], n, rampMean), window(in[0], n/2, rampMean)
			ahead := combine(half, full, func(p, q float64) float64 { return 2*p - q })
			return one(window(ahead, int(math.Sqrt(float64(n))), rampMean))
		},
		"vwma": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			if n == 1 {
				return one(in[0])
			}
			return one(combine(window(each(product, in...), n, total), window(in[1], n, total),
				func(p, q float64) float64 { return ratio(p, q, math.NaN()) }))
		},
		"zlema": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			ahead := combine(in[0], shift(in[0], (n-1)/2), func(p, q float64) float64 { return 2*p - q })
			return one(ema(ahead, n))
		},
		"bbands": func(a incremental.Args, in [][]float64) [][]float64 {
			middle := movingAverage(in[0], a.Int(0), a.MAType(3))
			dev := window(in[0], a.Int(0), func(w []float64) float64 { return math.Sqrt(populationVariance(w)) })
			band := func(times float64) []float64 {
				return combine(middle, dev, func(p, q float64) float64 { return p + times*q })
			}
			return [][]float64{band(a.Float(1)), band(0), band(-a.Float(2))}
		},
		"roc":    func(a incremental.Args, in [][]float64) [][]float64 { return one(growth(in[0], a.Int(0))) },
		"sum":    windowed(total),
		"trange": func(_ incremental.Args, in [][]float64) [][]float64 { return one(reaches(in)) },
		"stddev": func(a incremental.Args, in [][]float64) [][]float64 {
			return one(window(in[0], a.Int(0), func(w []float64) float64 {
				return math.Sqrt(populationVariance(w)) * a.Float(1)
			}))
		},
		"atr": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			return one(smooth(reaches(in), n, 1/float64(n)))
		},
		"rsi": func(a incremental.Args, in [][]float64) [][]float64 {
			n := a.Int(0)
			gain, loss := moves(in[0], math.NaN())
			k := 1 / float64(n)
			return one(combine(smooth(gain, n, k), smooth(loss, n, k), strength))
		},
		"macd": func(a incremental.Args, in [][]float64) [][]float64 {
			fast, slow := min(a.Int(0), a.Int(1)), max(a.Int(0), a.Int(1))
			late := slices.Clone(in[0])
			for i := range min(slow-fast, len(late)) {
				late[i] = math.NaN()
			}
			line := minus(ema(late, fast), ema(in[0], slow))
			signal := ema(line, a.Int(2))
			for i := range line {
				if math.IsNaN(signal[i]) {
					line[i] = math.NaN()
				}
			}
			return [][]float64{line, signal, minus(line, signal)}
		},
	}
}

// extremes are the highest and the lowest of each window.
func extremes(x, y []float64, n int) (high, low []float64) {
	return window(x, n, slices.Max[[]float64]), window(y, n, slices.Min[[]float64])
}

func product(v ...float64) float64 { return v[0] * v[1] }

// movingAverage is the average of that type; mama, which has no plain form, is
// the table's.
func movingAverage(x []float64, n int, kind incremental.MAType) []float64 {
	if n == 1 || kind.String() == "disabled" {
		return x
	}
	row := catalog.New().Row(kind.String())
	a := row.Defaults()
	if kind.String() != "mama" {
		a[0].Num = float64(n)
		return Funcs()[row.Name](a, [][]float64{x})[0]
	}
	b, err := row.With(a)
	if err != nil {
		panic(err)
	}
	in, out := b.NewInput(len(x)), [][]float64{make([]float64, len(x)), make([]float64, len(x))}
	copy(in[b.History:], x)
	b.StepRuns(make([]float64, b.State), [][]float64{in}, out, make([][]float64, 1), make([][]float64, 2))
	return out[0]
}

// growth is the change over n bars in percent, 0 from 0.
func growth(x []float64, n int) []float64 {
	return over(len(x), n, func(i int) float64 { return 100 * ratio(x[i]-x[i-n], x[i-n], 0) })
}

func total(w []float64) float64 { return mean(w) * float64(len(w)) }

// reaches is the true range of every bar, na on the first.
func reaches(in [][]float64) []float64 {
	return over(len(in[0]), 1, func(i int) float64 { return trueRange(in[0], in[1], in[2], i) })
}

// moves splits the changes per bar into gains and losses; the first bar has the
// given change.
func moves(x []float64, first float64) (gain, loss []float64) {
	change := minus(x, shift(x, 1))
	change[0] = first
	for _, d := range change {
		gain, loss = append(gain, math.Max(d, 0)), append(loss, math.Max(-d, 0))
	}
	return gain, loss
}

func strength(gain, loss float64) float64 { return 100 * ratio(gain, gain+loss, 0) }
