package incremental

import (
	"math"

	"streamd/incremental/window"
)

// mamaRow is Ehlers' adaptive average and its follower.
func mamaRow() *Row {
	return &Row{
		Name: "mama", Title: "MESA Adaptive Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real},
		Params: []Param{
			{Name: "fastlimit", Kind: Float, Default: 0.5, Min: 0.01, Max: 0.99},
			{Name: "slowlimit", Kind: Float, Default: 0.05, Min: 0.01, Max: 0.99},
		},
		Outputs: []Output{{Name: "mama"}, {Name: "fama"}},
		Doc: "An exponential average whose speed follows how fast the phase of the price's cycle turns, between " +
			"the two limits; fama follows it at half the speed, and their crossings are the signals.",
		Source:   "TA-Lib MAMA; Ehlers, Stocks & Commodities 19:9 (2001)",
		TALib:    "MAMA",
		Examples: []string{"mama(close).mama > mama(close).fama"},
		Lookback: func(Args) int { return 32 },
		Warmup:   func(a Args, eps float64) int { return 200 + mamaWarmup(min(a.Float(0), a.Float(1)), eps) },
		Bind:     func(a Args) Build { return bindMAMA(a.Float(0), a.Float(1)) },
	}
}

// mamaWarmup returns the bars until fama, at its slowest, forgets its seed.
func mamaWarmup(slowest, eps float64) int {
	return int(math.Ceil(math.Log(eps) / math.Log(1-slowest/2)))
}

func bindMAMA(fast, slow float64) Build {
	k := &mama{hilbert: window.Hilbert{Start: 12}, fast: fast, slow: slow}
	return Build{Kernel: k, State: 4 + k.hilbert.Len()}
}

// bindMAMAOnly is MAMA as one of the moving averages of ma.
func bindMAMAOnly() Build {
	b := bindMAMA(0.5, 0.05)
	b.Kernel.(*mama).alone = true
	return b
}

// State: values withheld (at most 20), phase, mama, fama, then the discriminator's.
type mama struct {
	hilbert    window.Hilbert
	fast, slow float64
	alone      bool // no second output
}

func (k *mama) Step(state []float64, in, out [][]float64) {
	for j, x := range in[0] {
		y, follower := math.NaN(), math.NaN()
		if wave, ok := k.hilbert.Push(state[4:], x); ok {
			y, follower = k.follow(state, x, wave)
		}
		out[0][j] = y
		if !k.alone {
			out[1][j] = follower
		}
	}
}

func (k *mama) follow(state []float64, x float64, wave window.HilbertWave) (y, follower float64) {
	phase := 0.0
	if wave.InPhase != 0 {
		phase = math.Atan(wave.Quadrature/wave.InPhase) * window.Degrees
	}
	turn := state[1] - phase
	alpha := k.fast
	if turn > 1 {
		alpha = max(k.slow, k.fast/turn)
	}
	half := alpha * 0.5
	state[1] = phase
	state[2] = math.FMA(1-alpha, state[2], float64(alpha*x))
	state[3] = math.FMA(1-half, state[3], float64(half*state[2]))
	if state[0] < 20 { // bars 12 to 31 are TA-Lib's warm-up
		state[0]++
		return math.NaN(), math.NaN()
	}
	return state[2], state[3]
}
