package incremental

import (
	"math"

	"streamd/incremental/window"
)

// correlRow is Pearson's correlation of two series.
func correlRow() *Row {
	return &Row{
		Name: "correl", Title: "Pearson's Correlation Coefficient", Group: GroupStatistic,
		Scale:  ofConstant(1),
		Range:  [2]float64{-1, 1},
		Inputs: []Input{Real, Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "How closely two series moved together over the last timeperiod bars: 1 in step, -1 opposite, 0 " +
			"unrelated or one of them constant. It compares levels, so trends alone correlate.",
		Source: "TA-Lib CORREL",
		TALib:  "CORREL",
		Differs: runningTotals + "on BAC of us-daily, correl(open, low, 3) real at bar 771 is " +
			"-3.621651265e-15, TA-Lib has 1.098835821e-12",
		Tolerance: 1e-6,
		Examples:  []string{"correl(close, volume, 30) < -0.5", "correl(close, bar_index, 50) > 0.9"},
		Lookback:  func(a Args) int { return a.Int(0) - 1 },
		Bind:      func(a Args) Build { return bindCorrel(a.Int(0)) },
	}
}

func bindCorrel(n int) Build {
	w := window.Pair{N: n}
	return Build{Kernel: correl{w}, State: w.Len()}
}

type correl struct{ window.Pair }

func (k correl) Step(state []float64, in, out [][]float64) {
	r := out[0]
	x, y := in[0][:len(r)], in[1][:len(r)]
	for j := range r {
		sums, ok := k.Push(state, x[j], y[j])
		if !ok {
			r[j] = math.NaN()
			continue
		}
		r[j] = sums.Correlation(k.N)
	}
}
