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
	k := 2 / float64(n+1)
	return Build{Kernel: &ema{n: n, k: k, rest: 1 - k}, State: 2}
}

type ema struct {
	n       int
	k, rest float64
}

// State: bars seen (at most n), value (the sum while seeding).
func (k *ema) Step(state []float64, in, out [][]float64) {
	x, y := in[0], out[0]
	count, value := int(state[0]), state[1]
	j := 0
	for ; j < len(x) && count < k.n; j++ {
		value += x[j]
		count++
		y[j] = math.NaN()
		if count == k.n {
			value /= float64(k.n)
			y[j] = value
		}
	}
	for ; j < len(x); j++ {
		value = math.FMA(value, k.rest, float64(x[j]*k.k))
		y[j] = value
	}
	state[0], state[1] = float64(count), value
}
