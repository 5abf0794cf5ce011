package incremental

import (
	"math"

	"streamd/incremental/window"
)

// macdRow is Appel's convergence and divergence of two averages.
func macdRow() *Row {
	return &Row{
		Name: "macd", Title: "Moving Average Convergence/Divergence", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{Real},
		Params: []Param{
			periodNamed("fastperiod", 12, 2), periodNamed("slowperiod", 26, 2),
			periodNamed("signalperiod", 9, 1),
		},
		Outputs: macdOutputs(),
		Doc: "macd is a fast exponential average less a slow one, macdsignal the exponential average of that, " +
			"macdhist their difference: above 0 the short trend leads the long one. " +
			"The fast average is seeded so that both begin on the same bar; with the periods the wrong way round " +
			"they are swapped.",
		Source: "TA-Lib MACD; Appel, The Moving Average Convergence-Divergence Method (1979)",
		TALib:  "MACD",
		Examples: []string{
			"macd(close).hist > 0",
			"crossover(macd(close, 12, 26, 9).macd, macd(close, 12, 26, 9).signal)",
		},
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) + a.Int(2) - 2 },
		Warmup: func(a Args, eps float64) int {
			return emaWarmup(max(a.Int(0), a.Int(1)), eps) + emaWarmup(a.Int(2), eps)
		},
		Bind: func(a Args) Build {
			fast, slow := a.Int(0), a.Int(1)
			k := &macd{
				fast: window.NewEMA(min(fast, slow)), slow: window.NewEMA(max(fast, slow)),
				signal: window.NewEMA(a.Int(2)),
			}
			return Build{Kernel: k, State: 7}
		},
	}
}

type macd struct{ fast, slow, signal window.Smoother }

// State: bars seen, until the fast average begins; fast average, slow average,
// signal, as smoother has them.
func (k *macd) Step(state []float64, in, out [][]float64) {
	x := in[0]
	line, signal, hist := out[0][:len(x)], out[1][:len(x)], out[2][:len(x)]
	state = state[:7]
	j := 0
	for ; j < len(x) && state[5] < k.signal.Full; j++ {
		line[j], signal[j], hist[j] = k.Seed(state, x[j])
	}
	fast, slow, mean := state[2], state[4], state[6]
	for ; j < len(x); j++ {
		fast = math.FMA(x[j]-fast, k.fast.K, fast)
		slow = math.FMA(x[j]-slow, k.slow.K, slow)
		d := fast - slow
		mean = math.FMA(d-mean, k.signal.K, mean)
		line[j], signal[j], hist[j] = d, mean, d-mean
	}
	state[2], state[4], state[6] = fast, slow, mean
}

func (k *macd) StepOne(state []float64, x, _, _ float64) (line, signal, hist float64) {
	state = state[:7]
	if state[5] < k.signal.Full {
		return k.Seed(state, x)
	}
	fast := math.FMA(x-state[2], k.fast.K, state[2])
	slow := math.FMA(x-state[4], k.slow.K, state[4])
	d := fast - slow
	mean := math.FMA(d-state[6], k.signal.K, state[6])
	state[2], state[4], state[6] = fast, slow, mean
	return d, mean, d - mean
}

func (k *macd) Seed(state []float64, x float64) (line, signal, hist float64) {
	na := math.NaN()
	slow := k.slow.Push(state[3:5], x)
	if int(state[0]) < k.slow.N-k.fast.N {
		state[0]++
		return na, na, na
	}
	fast := k.fast.Push(state[1:3], x)
	if slow != slow {
		return na, na, na
	}
	mean := k.signal.Push(state[5:7], fast-slow)
	if mean != mean {
		return na, na, na
	}
	return fast - slow, mean, fast - slow - mean
}
