package incremental

import "math"

// emaRow is the exponential moving average with TA-Lib's seed.
func emaRow() *Row {
	return &Row{
		Name: "ema", Title: "Exponential Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc:      "Each bar moves the average towards the value by 2/(timeperiod+1) of their distance. The seed is the mean of the first timeperiod values.",
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
	return Build{Kernel: &ema{newEMA(n)}, State: 2}
}

// smoother is exponential smoothing, y += k*(x-y), from the mean of the first n
// values. The multiply-adds are fused on purpose: one rounding, the same on every
// machine, and to the last bit those of TA-Lib C 0.8.1. The oscillators that
// subtract one average from another need that where prices are large and the
// averages close: an average rounded otherwise misses 1e-9 of their difference.
// State: bars seen (at most n), value (the sum while seeding).
type smoother struct {
	n       int
	full    float64 // n
	k, rest float64
}

func newEMA(n int) smoother { return newSmoother(n, 2/float64(n+1)) }

func newSmoother(n int, k float64) smoother {
	return smoother{n: n, full: float64(n), k: k, rest: 1 - k}
}

func (s *smoother) len() int { return 2 }

// push takes the next value and returns the smoothed one, na while seeding.
func (s *smoother) push(state []float64, x float64) float64 {
	if s.n == 1 { // the value itself, without the rounding of a jump
		return x
	}
	if state[0] == s.full {
		y := math.FMA(x-state[1], s.k, state[1])
		state[1] = y
		return y
	}
	return s.seed(state, x)
}

func (s *smoother) seed(state []float64, x float64) float64 {
	state[0]++
	state[1] += x
	if state[0] < s.full {
		return math.NaN()
	}
	state[1] /= float64(s.n)
	return state[1]
}

type ema struct{ smoother }

func (k *ema) Step(state []float64, in, out [][]float64) {
	y := out[0]
	x, j := in[0][:len(y)], 0
	for ; j < len(x) && state[0] < k.full; j++ {
		y[j] = k.seed(state, x[j])
	}
	value, weight := state[1], k.k
	for ; j < len(x); j++ {
		value = math.FMA(x[j]-value, weight, value)
		y[j] = value
	}
	state[1] = value
}

func (k *ema) StepOne(state []float64, x, _, _ float64) (float64, float64, float64) {
	state = state[:2]
	if state[0] < k.full {
		return k.seed(state, x), 0, 0
	}
	y := math.FMA(x-state[1], k.k, state[1])
	state[1] = y
	return y, 0, 0
}
