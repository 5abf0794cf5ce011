package incremental

import (
	"math"

	"streamd/incremental/window"
)

// atrRow is Wilder's average true range.
func atrRow() *Row {
	return &Row{
		Name: "atr", Title: "Average True Range", Group: GroupVolatility,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc: "How far the price moves per bar: the true range, averaged as Wilder does, in units of the price. " +
			"It measures volatility, not direction; stops and position sizes are counted in it.",
		Source:   "TA-Lib ATR; Wilder, New Concepts in Technical Trading Systems (1978), chapter 3",
		TALib:    "ATR",
		Examples: []string{"close < close[1] - 2 * atr(14)[1]", "atr(14) > 1.5 * atr(100)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindATR(a.Int(0)) },
	}
}

func bindATR(n int) Build {
	return Build{Kernel: &atr{window.NewRMA(n)}, State: 4}
}

type atr struct{ average window.Smoother }

// State: bars seen (at most 1), close before, then the average's. The range of
// the first bar is never used: there is no close before it.
func (k *atr) Step(state []float64, in, out [][]float64) {
	y := out[0]
	high, low, cls := in[0][:len(y)], in[1][:len(y)], in[2][:len(y)]
	j := 0
	for ; j < len(y) && state[2] < k.average.Full; j++ {
		y[j] = k.Seed(state, high[j], low[j], cls[j])
	}
	before, value, rest, weight := state[1], state[3], k.average.Rest, k.average.K
	for ; j < len(y); j++ {
		value = math.FMA(value, rest, float64(window.TrueRange(high[j], low[j], before)*weight))
		before = cls[j]
		y[j] = value
	}
	state[1], state[3] = before, value
}

func (k *atr) StepOne(state []float64, high, low, cls float64) (float64, float64, float64) {
	state = state[:4]
	if state[2] < k.average.Full {
		return k.Seed(state, high, low, cls), 0, 0
	}
	y := math.FMA(state[3], k.average.Rest, float64(window.TrueRange(high, low, state[1])*k.average.K))
	state[1], state[3] = cls, y
	return y, 0, 0
}

func (k *atr) Seed(state []float64, high, low, cls float64) float64 {
	before := state[1]
	state[1] = cls
	if state[0] == 0 {
		state[0] = 1
		return math.NaN()
	}
	return k.average.Push(state[2:4], window.TrueRange(high, low, before))
}
