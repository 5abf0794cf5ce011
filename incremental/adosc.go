package incremental

import (
	"math"

	"streamd/incremental/window"
)

// adoscRow is the momentum of accumulation and distribution.
func adoscRow() *Row {
	return &Row{
		Name: "adosc", Title: "Chaikin Oscillator", Group: GroupVolume,
		Scale:  ofInput(3),
		Inputs: []Input{High, Low, Close, Volume}, Outputs: real1,
		Params: []Param{periodNamed("fastperiod", 3, 2), periodNamed("slowperiod", 10, 2)},
		Doc: "A fast exponential average of the accumulation/distribution line less a slow one: above 0 money " +
			"flows in. Both averages start at the line's first value, not at a mean.",
		Source:   "TA-Lib ADOSC",
		TALib:    "ADOSC",
		Examples: []string{"crossover(adosc(), 0)"},
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) - 1 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(max(a.Int(0), a.Int(1)), eps) },
		Bind: func(a Args) Build {
			fast, slow := window.NewEMA(a.Int(0)), window.NewEMA(a.Int(1))
			k := &adosc{lookback: max(fast.N, slow.N) - 1, fast: fast, slow: slow}
			return Build{Kernel: k, State: 4}
		},
	}
}

type adosc struct {
	lookback   int
	fast, slow window.Smoother
}

// State: bars seen (at most the lookback, at least 1), line, fast average, slow average.
func (k *adosc) Step(state []float64, in, out [][]float64) {
	seen, line, fast, slow := int(state[0]), state[1], state[2], state[3]
	for j := range out[0] {
		line += flowVolume(in, j)
		if seen == 0 {
			fast, slow = line, line
		} else {
			fast = math.FMA(fast, k.fast.Rest, float64(line*k.fast.K))
			slow = math.FMA(slow, k.slow.Rest, float64(line*k.slow.K))
		}
		out[0][j] = math.NaN()
		if seen == k.lookback {
			out[0][j] = fast - slow
		} else {
			seen++
		}
	}
	state[0], state[1], state[2], state[3] = float64(seen), line, fast, slow
}
