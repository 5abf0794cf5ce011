package incremental

import (
	"math"

	"streamd/incremental/window"
)

// smiRow is Blau's stochastic momentum.
func smiRow() *Row {
	return &Row{
		Name: "smi", Title: "Stochastic Momentum Index", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Range:  [2]float64{-100, 100},
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			periodNamed("timeperiod", 13, 2), periodNamed("fastperiod", 2, 2),
			periodNamed("slowperiod", 25, 2), periodNamed("signalperiod", 9, 2),
		},
		Outputs: []Output{
			{Name: "smi"},
			{Name: "smisignal", Aliases: []string{"signal"}},
		},
		Doc: "The close's distance from the middle of the range of the last timeperiod bars, in relation to half " +
			"that range, each smoothed twice (slowperiod, then fastperiod), from -100 to 100; smisignal is its " +
			"exponential average. " +
			"It is 0 where there was no range.",
		Source:   "TA-Lib SMI; Blau, Technical Analysis of Stocks & Commodities 11:1 (1993)",
		TALib:    "SMI",
		Examples: []string{"crossover(smi().smi, smi().signal)", "smi().smi < -40"},
		Lookback: func(a Args) int { return a.Int(0) + a.Int(1) + a.Int(2) + a.Int(3) - 4 },
		Warmup: func(a Args, eps float64) int {
			return emaWarmup(a.Int(1), eps) + emaWarmup(a.Int(2), eps) + emaWarmup(a.Int(3), eps)
		},
		Bind: func(a Args) Build {
			k := &smi{
				channel: channel{a.Int(0)}, fast: window.NewEMA(a.Int(1)), slow: window.NewEMA(a.Int(2)),
				signal: window.NewEMA(a.Int(3)),
			}
			return Build{Kernel: k, State: 10 + k.channel.Len()}
		},
	}
}

type smi struct {
	channel            channel
	fast, slow, signal window.Smoother
}

// State: slow and fast average of the distance, slow and fast average of the
// range, average of the index, channel.
func (k *smi) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		v, signal := k.Push(state, in[0][j], in[1][j], in[2][j]), math.NaN()
		if v == v {
			signal = k.signal.Push(state[8:], v)
		}
		if signal != signal { // both begin together
			v = math.NaN()
		}
		out[0][j], out[1][j] = v, signal
	}
}

// Push takes the next bar and returns the index, na during its lookback.
func (k *smi) Push(state []float64, high, low, cls float64) float64 {
	high, low = k.channel.Push(state[10:], high, low)
	if high != high {
		return high
	}
	off := k.slow.Push(state, cls-(high+low)*0.5)
	span := k.slow.Push(state[4:], high-low)
	if off != off {
		return off
	}
	off, span = k.fast.Push(state[2:], off), k.fast.Push(state[6:], span)
	switch {
	case off != off:
		return off
	case span <= 0:
		return 0
	}
	return 100 * off / (0.5 * span)
}
