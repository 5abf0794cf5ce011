package naive

import (
	"math"
	"slices"

	"streamd/incremental"
)

// basic has the functions that nearly every formula uses.
func basic() map[string]Func {
	return map[string]Func{
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
