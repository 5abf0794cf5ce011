package incremental

import (
	"math"

	"streamd/incremental/window"
)

// The multiple exponential averages run the output of one stage into the next;
// each stage is seeded with the mean of its own first n inputs.

// demaRow is Mulloy's double exponential average.
func demaRow() *Row {
	return &Row{
		Name: "dema", Title: "Double Exponential Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "Twice the exponential average less the exponential average of it, which takes out most of the lag " +
			"of one.",
		Source:   "TA-Lib DEMA; Mulloy, Stocks & Commodities 12:1 (1994)",
		TALib:    "DEMA",
		Examples: []string{"crossover(close, dema(close, 21))"},
		Lookback: func(a Args) int { return 2 * (a.Int(0) - 1) },
		Warmup:   func(a Args, eps float64) int { return stagesWarmup(2, a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindDEMA(a.Int(0)) },
	}
}

// temaRow is Mulloy's triple exponential average.
func temaRow() *Row {
	return &Row{
		Name: "tema", Title: "Triple Exponential Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "Three times the exponential average, less three times its own average, plus the average of that: " +
			"less lag than dema, more overshoot.",
		Source:   "TA-Lib TEMA; Mulloy, Stocks & Commodities 12:1 (1994)",
		TALib:    "TEMA",
		Examples: []string{"tema(close, 10) > tema(close, 30)"},
		Lookback: func(a Args) int { return 3 * (a.Int(0) - 1) },
		Warmup:   func(a Args, eps float64) int { return stagesWarmup(3, a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindTEMA(a.Int(0)) },
	}
}

// t3Row is Tillson's T3.
func t3Row() *Row {
	return &Row{
		Name: "t3", Title: "Triple Exponential Moving Average (T3)", Group: GroupOverlap,
		Inputs:  []Input{Real},
		Params:  []Param{period(5, 1), {Name: "vfactor", Kind: Float, Default: 0.7, Min: 0, Max: 1}},
		Outputs: real1,
		Doc: "Six exponential averages in a row, combined so that the volume factor trades smoothness (0) for " +
			"overshoot (1). A period of 1 is the input itself.",
		Source: "TA-Lib T3; Tillson, Stocks & Commodities 16:1 (1998)",
		TALib:  "T3", Examples: []string{"crossover(close, t3(close, 8))"},
		Lookback: func(a Args) int { return 6 * (a.Int(0) - 1) },
		Warmup:   func(a Args, eps float64) int { return stagesWarmup(6, a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindT3(a.Int(0), a.Float(1)) },
	}
}

// stagesWarmup bounds the bars until a chain of exponential averages forgets
// its seeds: each is slower than one alone by a polynomial, covered by adding
// their warm-ups.
func stagesWarmup(stages, n int, eps float64) int { return stages * emaWarmup(n, eps) }

func bindDEMA(n int) Build {
	if n == 1 {
		return Build{Kernel: copyKernel{}}
	}
	return Build{Kernel: &multiEMA{stage: window.NewEMA(n), stages: 2, weights: [3]float64{2, -1}}, State: 4}
}

func bindTEMA(n int) Build {
	if n == 1 {
		return Build{Kernel: copyKernel{}}
	}
	return Build{Kernel: &multiEMA{stage: window.NewEMA(n), stages: 3, weights: [3]float64{3, -3, 1}}, State: 6}
}

func bindT3(n int, v float64) Build {
	if n == 1 {
		return Build{Kernel: copyKernel{}}
	}
	v2 := float64(v * v)
	v3 := float64(v2 * v)
	k := &t3{stage: window.NewEMA(n)}
	k.weights = [4]float64{
		math.FMA(3, v2, math.FMA(3, v, 1)+v3),
		float64(-6*v2) - float64(3*(v+v3)),
		3 * (v2 + v3),
		-v3,
	}
	return Build{Kernel: k, State: 12}
}

// t3 is the weighted sum of the last four of a chain of six equal exponential
// averages. It is rounded step by step as TA-Lib's, which differs here from its
// EMA: the weights cancel, and the difference of two T3 shows the last bits.
// State: that of each stage.
type t3 struct {
	stage   window.Smoother
	weights [4]float64
}

func (k *t3) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, v := range in[0] {
		y[j] = math.NaN()
		for i := range 6 {
			s := state[2*i : 2*i+2]
			if int(s[0]) < k.stage.N {
				v = k.stage.Seed(s, v)
				if v != v {
					break
				}
			} else {
				s[1] = math.FMA(s[1], k.stage.Rest, float64(v*k.stage.K))
				v = s[1]
			}
		}
		if v == v {
			c := &k.weights
			sum := math.FMA(c[3], v, float64(c[2]*state[9]))
			y[j] = math.FMA(c[0], state[5], math.FMA(c[1], state[7], sum))
		}
	}
}

// multiEMA is the weighted sum of a chain of equal exponential averages.
// State: that of each stage.
type multiEMA struct {
	stage   window.Smoother
	stages  int
	weights [3]float64
}

func (k *multiEMA) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, v := range in[0] {
		sum := 0.0
		for i := range k.stages {
			v = k.stage.Push(state[2*i:2*i+2], v)
			if v != v {
				sum = math.NaN()
				break
			}
			sum += float64(k.weights[i] * v)
		}
		y[j] = sum
	}
}
