package incremental

import (
	"math"

	"streamd/incremental/window"
)

// emaRow is the exponential moving average with TA-Lib's seed.
func emaRow() *Row {
	return &Row{
		Name: "ema", Title: "Exponential Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "Each bar moves the average towards the value by 2/(timeperiod+1) of their distance. The seed is " +
			"the mean of the first timeperiod values.",
		Source:   "TA-Lib EMA",
		TALib:    "EMA",
		Examples: []string{"crossover(ema(close, 12), ema(close, 26))"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindEMA(a.Int(0)) },
	}
}

// emaWarmup returns the bars until (1-2/(n+1))^bars < eps.
func emaWarmup(n int, eps float64) int {
	if n == 1 {
		return 0
	}
	return int(math.Ceil(math.Log(eps) / math.Log(1-2/float64(n+1))))
}

func bindEMA(n int) Build {
	if n == 1 {
		return Build{Kernel: copyKernel{}}
	}
	return Build{Kernel: &ema{window.NewEMA(n)}, State: 2}
}

type ema struct{ window.Smoother }

func (k *ema) Step(state []float64, in, out [][]float64) {
	y := out[0]
	x, j := in[0][:len(y)], 0
	for ; j < len(x) && state[0] < k.Full; j++ {
		y[j] = k.Seed(state, x[j])
	}
	value, weight := state[1], k.K
	for ; j < len(x); j++ {
		value = math.FMA(x[j]-value, weight, value)
		y[j] = value
	}
	state[1] = value
}

func (k *ema) StepOne(state []float64, x, _, _ float64) (float64, float64, float64) {
	state = state[:2]
	if state[0] < k.Full {
		return k.Seed(state, x), 0, 0
	}
	y := math.FMA(x-state[1], k.K, state[1])
	state[1] = y
	return y, 0, 0
}
