package incremental

import (
	"math"

	"streamd/incremental/window"
)

// stochRow is Lane's stochastic, smoothed.
func stochRow() *Row {
	return &Row{
		Name: "stoch", Title: "Stochastic", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low, Close},
		Params: []Param{
			periodNamed("fastk_period", 5, 1), periodNamed("slowk_period", 3, 1), maParam("slowk_matype", maSMA),
			periodNamed("slowd_period", 3, 1), maParam("slowd_matype", maSMA),
		},
		Outputs: []Output{
			{Name: "slowk", Aliases: []string{"k"}},
			{Name: "slowd", Aliases: []string{"d"}},
		},
		Doc: "Where the close lies in the range of the last fastk_period bars, from 0 (at its low) to 100 (at " +
			"its high), averaged once (slowk) and again (slowd). A window without range counts as 0. Above 80 is " +
			"overbought, below 20 oversold.",
		Source:  "TA-Lib STOCH; Lane, Stocks & Commodities 2:3 (1984)",
		TALib:   "STOCH",
		Differs: "where the range is nearly nothing its quotient is that of rounding errors: see stochrsi",
		Examples: []string{"crossover(stoch(14, 3, \"sma\", 3).k, stoch(14, 3, \"sma\", 3).d) and stoch(14, 3, " +
			"\"sma\", 3).k < 20"},
		Known: map[string]string{
			"flats fastk_period=7 slowd_matype=3 slowd_period=5 slowk_matype=5 slowk_period=3":  flatTRIMA,
			"flats fastk_period=10 slowd_matype=6 slowd_period=5 slowk_matype=5 slowk_period=7": flatTRIMA,
		},
		Lookback: func(a Args) int {
			return a.Int(0) - 1 + maLookback(a.Int(1), a.MAType(2)) + maLookback(a.Int(3), a.MAType(4))
		},
		Warmup: func(a Args, eps float64) int {
			return maWarmup(a.Int(1), a.MAType(2), eps) + maWarmup(a.Int(3), a.MAType(4), eps)
		},
		Bind: func(a Args) Build {
			if a.MAType(2) == maSMA && a.MAType(4) == maSMA {
				k := &stochSMA{
					channel: channel{a.Int(0)}, slow: window.NewMean(a.Int(1)),
					signal: window.NewMean(a.Int(3)),
				}
				return Build{Kernel: k, State: k.channel.Len() + k.slow.Len() + k.signal.Len()}
			}
			k := &stoch{
				channel: channel{a.Int(0)}, slow: newInnerMA(a.Int(1), a.MAType(2)),
				signal: newInnerMA(a.Int(3), a.MAType(4)),
			}
			return Build{Kernel: k, State: k.channel.Len() + k.slow.Len() + k.signal.Len()}
		},
	}
}

const flatTRIMA = "on a tape that stands still fastk is exactly 0; TA-Lib's TRIMA of it keeps -2e-12 of earlier " +
	"values in its running totals for ever, and the average after it differs by as much"

// stochSMA is the stochastic with plain means.
type stochSMA struct {
	channel      channel
	slow, signal window.Mean
}

// Step makes the lines one after the other, each where the one before it has left
// room: channel, place in it, slow, signal.
// State: channel, slow, signal.
func (k *stochSMA) Step(state []float64, in, out [][]float64) {
	a := k.channel.Len()
	b := a + k.slow.Len()
	first, second := out[0], out[1]
	second, cls := second[:len(first)], in[2][:len(first)]
	k.channel.Block(state[:a], in[0][:len(first)], in[1][:len(first)], first, second)
	begin := leadingNa(first)
	for j := begin; j < len(first); j++ {
		first[j] = place(cls[j], first[j], second[j])
	}
	k.slow.Block(state[a:b], first[begin:], second[begin:])
	begin += leadingNa(second[begin:])
	k.signal.Block(state[b:], second[begin:], first[begin:])
	begin += leadingNa(first[begin:])
	for j := range begin {
		first[j], second[j] = math.NaN(), math.NaN()
	}
	for j := begin; j < len(first); j++ {
		first[j], second[j] = second[j], first[j]
	}
}

// leadingNa returns how many values are na before the first that is not.
func leadingNa(x []float64) int {
	for i, v := range x {
		if v == v {
			return i
		}
	}
	return len(x)
}

func (k *stochSMA) StepOne(state []float64, high, low, cls float64) (slow, signal, _ float64) {
	a := k.channel.Len()
	b := a + k.slow.Len()
	high, low = k.channel.Push(state[:a], high, low)
	slow, signal = k.smooth(state[a:b], state[b:], high, low, cls)
	return slow, signal, 0
}

// smooth takes the channel of a bar, na during its lookback, and returns both lines.
func (k *stochSMA) smooth(slows, signals []float64, high, low, cls float64) (slow, signal float64) {
	if high == high {
		if slow = k.slow.Push(slows, place(cls, high, low)); slow == slow {
			if signal = k.signal.Push(signals, slow); signal == signal {
				return slow, signal
			}
		}
	}
	return math.NaN(), math.NaN()
}

// stoch is the stochastic with averages of any type.
type stoch struct {
	channel      channel
	slow, signal innerMA
}

// State: channel, slow, signal.
func (k *stoch) Step(state []float64, in, out [][]float64) {
	a := k.channel.Len()
	b := a + k.slow.Len()
	for j := range out[0] {
		slow, signal := math.NaN(), math.NaN()
		if high, low := k.channel.Push(state[:a], in[0][j], in[1][j]); high == high {
			if slow = k.slow.Push(state[a:b], place(in[2][j], high, low), in, out); slow == slow {
				if signal = k.signal.Push(state[b:], slow, in, out); signal != signal {
					slow = signal
				}
			}
		}
		out[0][j], out[1][j] = slow, signal
	}
}

// innerMA is a moving average of an intermediate series: a cell, with the usual
// plain mean taken without one.
type innerMA struct {
	mean window.Mean
	cell cell
}

func newInnerMA(n int, kind MAType) innerMA {
	if kind == maSMA {
		return innerMA{mean: window.NewMean(n)}
	}
	return innerMA{cell: newCell(bindMA(n, kind))}
}

func (k *innerMA) Len() int {
	if k.mean.N > 0 {
		return k.mean.Len()
	}
	return k.cell.Len()
}

// Push takes the next value and returns the average, na during the lookback.
// The headers are lent as to a cell.
func (k *innerMA) Push(state []float64, x float64, in, out [][]float64) float64 {
	if k.mean.N > 0 {
		return k.mean.Push(state, x)
	}
	return k.cell.Push(state, x, in, out)
}
