package incremental

import "math"

// rsiRow is Wilder's relative strength index.
func rsiRow() *Row {
	return &Row{
		Name: "rsi", Title: "Relative Strength Index", Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc:      "The share of the gains in all movement, from 0 to 100, gains and losses averaged as Wilder does. Above 70 is overbought, below 30 oversold. It is 0 while the series has not moved at all.",
		Source:   "TA-Lib RSI; Wilder, New Concepts in Technical Trading Systems (1978), chapter 6",
		TALib:    "RSI",
		Examples: []string{"rsi(close, 14) < 30", "crossover(rsi(close, 2), 10)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindRSI(a.Int(0)) },
	}
}

func bindRSI(n int) Build {
	k := 1 / float64(n)
	return Build{Kernel: &rsi{n: n, half: k / 2, rest: 1 - k}, State: 4}
}

type rsi struct {
	n          int
	half, rest float64
}

// State: values seen (at most n+1), newest value, gain, loss (sums while seeding).
func (k *rsi) Step(state []float64, in, out [][]float64) {
	x, y := in[0], out[0]
	for len(x) > 0 && int(state[0]) <= k.n {
		y[0] = k.seed(state, x[0])
		x, y = x[1:], y[1:]
	}
	last, gain, loss := state[1], state[2], state[3]
	y = y[:len(x)]
	for j, v := range x {
		// |d|+d is twice the gain and |d|-d twice the loss: no branch to mispredict.
		d := v - last
		size := math.Abs(d)
		last = v
		gain = math.FMA(gain, k.rest, float64((size+d)*k.half))
		loss = math.FMA(loss, k.rest, float64((size-d)*k.half))
		y[j] = strength100(gain, loss)
	}
	state[1], state[2], state[3] = last, gain, loss
}

// seed takes one of the first n+1 values and returns the index of the last.
func (k *rsi) seed(state []float64, x float64) float64 {
	if state[0] > 0 {
		d := x - state[1]
		state[2] += max(d, 0)
		state[3] += max(-d, 0)
	}
	state[0]++
	state[1] = x
	if int(state[0]) <= k.n {
		return math.NaN()
	}
	state[2] /= float64(k.n)
	state[3] /= float64(k.n)
	return strength100(state[2], state[3])
}

// strength100 is the share of the gain in gain and loss, in percent; 0 without
// any movement.
func strength100(gain, loss float64) float64 {
	if moved := gain + loss; moved > 0 {
		return 100 * (gain / moved)
	}
	return 0
}
