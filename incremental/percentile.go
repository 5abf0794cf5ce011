package incremental

import (
	"math"

	"streamd/incremental/window"
)

// percentileRow is the nearest-rank percentile.
func percentileRow() *Row {
	return &Row{
		Name: "percentile", Title: "Percentile (nearest rank)", Group: GroupStatistic,
		Inputs: []Input{Real},
		Params: []Param{
			{Name: "timeperiod", Kind: Int, Default: 30, Min: 2, Max: 10_000},
			{Name: "percentile", Kind: Float, Default: 50, Min: 0, Max: 100},
		},
		Outputs: real1,
		Doc: "The value that the given share of the last timeperiod values does not exceed; always one of them " +
			"(nearest rank). " +
			"50 is the lower median, 0 the minimum, 100 the maximum. O(log n) per bar.",
		Source:         "TA-Lib PERCENTILE",
		TALib:          "PERCENTILE",
		Examples:       []string{"close > percentile(close, 100, 90)", "volume > 3 * percentile(volume, 30, 50)"},
		OrderStatistic: true,
		Lookback:       func(a Args) int { return a.Int(0) - 1 },
		Bind:           func(a Args) Build { return bindPercentile(a.Int(0), a.Float(1)) },
	}
}

func bindPercentile(n int, percent float64) Build {
	rank := min(max(int(math.Ceil(percent*float64(n)/100)), 1), n)
	o := window.Order{N: n}
	return Build{Kernel: percentile{window: o, rank: rank - 1}, State: o.Len(), History: n}
}

type percentile struct {
	window window.Order
	rank   int
}

func (k percentile) Step(state []float64, in, out [][]float64) {
	old, y := in[0], out[0]
	x := old[k.window.N:]
	for j := range y {
		k.window.Push(state, x[j], old[j])
		if int(state[0]) < k.window.N {
			y[j] = math.NaN()
			continue
		}
		y[j] = k.window.At(state, k.rank)
	}
}
