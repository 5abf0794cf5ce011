package incremental

import (
	"math"

	"streamd/incremental/window"
)

// percentrankRow is the share of past values that the newest exceeds.
func percentrankRow() *Row {
	return &Row{
		Name: "percentrank", Title: "Percent Rank", Group: GroupStatistic,
		Range:   [2]float64{0, 100},
		Inputs:  []Input{Real},
		Params:  []Param{{Name: "timeperiod", Kind: Int, Default: 100, Min: 2, Max: 10_000}},
		Outputs: real1,
		Doc: "How many of the previous timeperiod values lie below the newest, in percent: 100 is a new high of the " +
			"window, 0 a low or a tie with it. " +
			"Equal values do not count (in TradingView's they do). O(log n) per bar." + bitForBit,
		Source:         "TA-Lib PERCENTRANK",
		TALib:          "PERCENTRANK",
		Examples:       []string{"percentrank(close, 100) > 95", "percentrank(atr(14), 252) < 10"},
		OrderStatistic: true,
		Lookback:       func(a Args) int { return a.Int(0) },
		Bind:           func(a Args) Build { return bindPercentrank(a.Int(0)) },
	}
}

func bindPercentrank(n int) Build {
	o := window.Order{N: n}
	return Build{Kernel: percentrank{o}, State: o.Len(), History: n}
}

type percentrank struct{ window window.Order }

func (k percentrank) Step(state []float64, in, out [][]float64) {
	old, y := in[0], out[0]
	x := old[k.window.N:]
	for j := range y {
		y[j] = math.NaN()
		if int(state[0]) == k.window.N {
			y[j] = float64(k.window.Below(state, x[j])) / float64(k.window.N) * 100
		}
		k.window.Push(state, x[j], old[j])
	}
}
