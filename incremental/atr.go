package incremental

import "math"

// atrRow is Wilder's average true range.
func atrRow() *Row {
	return &Row{
		Name: "atr", Title: "Average True Range", Group: GroupVolatility,
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc:      "How far the price moves per bar: the true range, averaged as Wilder does, in units of the price. It measures volatility, not direction; stops and position sizes are counted in it.",
		Source:   "TA-Lib ATR; Wilder, New Concepts in Technical Trading Systems (1978), chapter 3",
		TALib:    "ATR",
		Examples: []string{"close < close[1] - 2 * atr(14)[1]", "atr(14) > 1.5 * atr(100)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindATR(a.Int(0)) },
	}
}

func bindATR(n int) Build {
	return Build{Kernel: &atr{newRMA(n)}, State: 3, History: 1}
}

type atr struct{ average smoother }

// State: bars seen (at most 1), then the average's. The range of the first bar
// is never used: there is no close before it.
func (k *atr) Step(state []float64, in, out [][]float64) {
	y := out[0]
	n := len(y)
	high, low, before := in[0][1:1+n], in[1][1:1+n], in[2][:n]
	average := state[1:3]
	j := 0
	for ; j < n && int(average[0]) < k.average.n; j++ {
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		y[j] = k.average.push(average, trueRange(high[j], low[j], before[j]))
	}
	value := average[1]
	for ; j < n; j++ {
		value = math.FMA(value, k.average.rest, float64(trueRange(high[j], low[j], before[j])*k.average.k))
		y[j] = value
	}
	average[1] = value
}
