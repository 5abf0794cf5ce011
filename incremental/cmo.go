package incremental

import "math"

// cmoRow is Chande's momentum oscillator with TA-Lib's smoothing.
func cmoRow() *Row {
	return &Row{
		Name: "cmo", Title: "Chande Momentum Oscillator", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{-100, 100},
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "Average gain less average loss, relative to their sum, from -100 to 100; 0 where nothing ever moved. " +
			"TA-Lib smooths both as Wilder does, so it is 2*rsi-100; the oscillator as Chande printed it is cmou.",
		Source:   "TA-Lib CMO; Chande and Kroll, The New Technical Trader (1994)",
		TALib:    "CMO",
		Examples: []string{"cmo(close, 14) < -50", "crossover(cmo(close, 14), 0)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return Build{Kernel: &cmo{gainLoss{n: a.Int(0), divide: true}}, State: gainLossState}
		},
	}
}

type cmo struct{ gainLoss }

// State: that of the averages.
func (k *cmo) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0] {
		gain, loss := k.Push(state, x)
		y[j] = 100 * ((gain - loss) / (gain + loss))
		if gain+loss == 0 {
			y[j] = 0
		}
	}
}

// gainLoss are Wilder's averages of the gains and of the losses per bar, which
// start as the means of the first n changes.
// State: values seen (at most n+1), newest value, gain, loss (sums while seeding).
//
// TA-Lib divides by n in CMO and multiplies by 1/n in RSI. A stochastic of the
// RSI shows the difference where prices stand still, so it is kept.
type gainLoss struct {
	n      int
	divide bool
}

const gainLossState = 4

// Push takes the next value and returns the averages, na during the lookback of
// n values.
func (k *gainLoss) Push(state []float64, x float64) (gain, loss float64) {
	up := max(x-state[1], 0)
	down := up - (x - state[1])
	state[1] = x
	if int(state[0]) > k.n {
		keep := float64(k.n - 1)
		state[2] = k.share(float64(state[2]*keep) + up)
		state[3] = k.share(float64(state[3]*keep) + down)
		return state[2], state[3]
	}
	if state[0]++; state[0] > 1 {
		state[2] += up
		state[3] += down
	}
	if int(state[0]) <= k.n {
		return math.NaN(), math.NaN()
	}
	state[2], state[3] = k.share(state[2]), k.share(state[3])
	return state[2], state[3]
}

// PushNear is Push, where a value that equals the last one (CompareAt) is no change.
func (k *gainLoss) PushNear(state []float64, x, scale float64) (gain, loss float64) {
	if last := state[1]; state[0] > 0 && CompareAt(x, last, scale) == 0 {
		x = last
	}
	return k.Push(state, x)
}

func (k *gainLoss) share(sum float64) float64 {
	if k.divide {
		return sum / float64(k.n)
	}
	return sum * (1 / float64(k.n))
}
