package incremental

import "math"

// stochfRow is Lane's stochastic, unsmoothed.
func stochfRow() *Row {
	return &Row{
		Name: "stochf", Title: "Stochastic Fast", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			periodNamed("fastk_period", 5, 1), periodNamed("fastd_period", 3, 1),
			maParam("fastd_matype", maSMA),
		},
		Outputs: []Output{
			{Name: "fastk", Aliases: []string{"k"}},
			{Name: "fastd", Aliases: []string{"d"}},
		},
		Doc: "fastk is where the close lies in the range of the last fastk_period bars, from 0 (at its low) to " +
			"100 (at its high), fastd its moving average. It is 0 in a window without range. Above 80 is overbought, " +
			"below 20 oversold.",
		Source: "TA-Lib STOCHF",
		TALib:  "STOCHF",
		Differs: runningTotals + "on AIG of us-minute, stochf(10, 3, \"trima\") fastd at bar 1436 is 0, " +
			"TA-Lib has -2.419708878e-11",
		Examples: []string{"crossover(stochf(14, 3).fastk, stochf(14, 3).fastd)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 + maLookback(a.Int(1), a.MAType(2)) },
		Warmup:   func(a Args, eps float64) int { return maWarmup(a.Int(1), a.MAType(2), eps) },
		Bind: func(a Args) Build {
			k := &stochf{newFastStochastic(a.Int(0), a.Int(1), a.MAType(2))}
			return Build{Kernel: k, State: k.Len()}
		},
	}
}

type stochf struct{ fastStochastic }

// State: that of the stochastic.
func (k *stochf) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		out[0][j], out[1][j] = k.Push(state, in[0][j], in[1][j], in[2][j], in, out)
	}
}

// fastStochastic is the place in the range, and its moving average.
// State: channel, average.
type fastStochastic struct {
	channel channel
	mean    cell
}

func newFastStochastic(n, smooth int, kind MAType) fastStochastic {
	return fastStochastic{channel: channel{n}, mean: newCell(bindMA(smooth, kind))}
}

// Len returns the length of the state.
func (k *fastStochastic) Len() int { return k.channel.Len() + k.mean.Len() }

// Push takes the next bar and returns both lines, na until both have a value.
// The headers are lent as to a cell.
func (k *fastStochastic) Push(state []float64, high, low, cls float64, in, out [][]float64) (fast, mean float64) {
	if high, low = k.channel.Push(state, high, low); high == high {
		fast = place(cls, high, low)
		mean = k.mean.Push(state[k.channel.Len():], fast, in, out)
		if mean == mean {
			return fast, mean
		}
	}
	return math.NaN(), math.NaN()
}

// place is where x lies between low and high, from 0 to 100; 0 without range.
func place(x, high, low float64) float64 {
	if flat(high, low) {
		return 0
	}
	return (x - low) / (high - low) * 100
}
