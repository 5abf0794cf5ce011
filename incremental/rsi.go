package incremental

import "math"

// rsiRow is Wilder's relative strength index.
func rsiRow() *Row {
	return &Row{
		Name: "rsi", Title: "Relative Strength Index", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "The share of the gains in all movement, from 0 to 100, gains and losses averaged as Wilder does. " +
			"Above 70 is overbought, below 30 oversold. It is 0 while the series has not moved at all.",
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
	return Build{Kernel: &rsi{n: float64(n), half: k / 2, rest: 1 - k}, State: 4}
}

type rsi struct{ n, half, rest float64 }

// State: values seen (at most n+1), newest value, gain, loss (sums while seeding).
func (k *rsi) Step(state []float64, in, out [][]float64) {
	y := out[0]
	x, j := in[0][:len(y)], 0
	for ; j < len(x) && state[0] <= k.n; j++ {
		y[j] = k.Seed(state, x[j])
	}
	last, gain, loss, half, rest := state[1], state[2], state[3], k.half, k.rest
	for ; j < len(x); j++ {
		// |d|+d is twice the gain and |d|-d twice the loss: no branch to mispredict.
		d := x[j] - last
		size := math.Abs(d)
		last = x[j]
		gain = math.FMA(gain, rest, float64((size+d)*half))
		loss = math.FMA(loss, rest, float64((size-d)*half))
		y[j] = strength100(gain, loss)
	}
	state[1], state[2], state[3] = last, gain, loss
}

func (k *rsi) StepOne(state []float64, x, _, _ float64) (float64, float64, float64) {
	state = state[:4]
	if state[0] <= k.n {
		return k.Seed(state, x), 0, 0
	}
	d := x - state[1]
	size := math.Abs(d)
	gain := math.FMA(state[2], k.rest, float64((size+d)*k.half))
	loss := math.FMA(state[3], k.rest, float64((size-d)*k.half))
	state[1], state[2], state[3] = x, gain, loss
	return strength100(gain, loss), 0, 0
}

// Seed takes one of the first n+1 values and returns the index of the last.
func (k *rsi) Seed(state []float64, x float64) float64 {
	if state[0] > 0 {
		d := x - state[1]
		state[2] += max(d, 0)
		state[3] += max(-d, 0)
	}
	state[0]++
	state[1] = x
	if state[0] <= k.n {
		return math.NaN()
	}
	state[2] /= k.n
	state[3] /= k.n
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
