package incremental

import "math"

// rsiRow is Wilder's relative strength index.
func rsiRow() *Row {
	return &Row{
		Name: "rsi", Title: "Relative Strength Index", Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc:      "The average gain relative to average gain plus average loss, from 0 to 100, both smoothed as Wilder does. It is 0 where nothing ever moved. Below 30 is oversold, above 70 overbought.",
		Source:   "TA-Lib RSI; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    "RSI",
		Examples: []string{"rsi(close, 14) < 30", "30 < rsi(close) < 70"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindRSI(a.Int(0)) },
	}
}

func bindRSI(n int) Build { return Build{Kernel: &rsi{gainLoss{n: n}}, State: gainLossState} }

type rsi struct{ gainLoss }

// State: that of the averages.
func (k *rsi) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0] {
		gain, loss := k.push(state, x)
		y[j] = gainShare(gain, loss)
	}
}

// gainShare is the gain's share in percent, 0 where nothing moved.
func gainShare(gain, loss float64) float64 {
	if gain+loss == 0 {
		return 0
	}
	return 100 * (gain / (gain + loss))
}

// rsiSMARow is the RSI over plain means of the last changes.
func rsiSMARow() *Row {
	return &Row{
		Name: "rsi_sma", Title: "Relative Strength Index, Rolling Means", Group: GroupVariant,
		Inputs: []Input{Real}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc:      "The rsi of the plain means of the gains and losses of the last timeperiod bars, which forgets at once; the first bar counts as no change. It is 0 where nothing moved.",
		Source:   "Cutler's RSI",
		Examples: []string{"rsi_sma(close, 14) < 30"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := sumWindow{a.Int(0)}
			return Build{Kernel: rsiSMA{w}, State: 2 + 2*w.len()}
		},
	}
}

type rsiSMA struct{ window sumWindow }

// State: whether a bar was seen, newest value, sum of gains, sum of losses.
func (k rsiSMA) Step(state []float64, in, out [][]float64) {
	gains, losses := state[2:2+k.window.len()], state[2+k.window.len():]
	for j, x := range in[0] {
		change := x - state[1]
		if state[0] == 0 {
			state[0], change = 1, 0
		}
		state[1] = x
		gain, loss := k.window.push(gains, math.Max(change, 0)), k.window.push(losses, math.Max(-change, 0))
		out[0][j] = gainShare(gain, loss)
	}
}
