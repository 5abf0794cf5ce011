package incremental

import (
	"math"

	"streamd/incremental/window"
)

// cviRow is Chaikin's volatility.
func cviRow() *Row {
	return &Row{
		Name: "cvi", Title: "Chaikin's Volatility", Group: GroupVolatility,
		Scale:  ofConstant(100),
		Inputs: []Input{High, Low},
		Params: []Param{
			{Name: "timeperiod", Kind: Int, Default: 10, Min: 2, Max: PeriodMax},
			{Name: "rocperiod", Kind: Int, Default: 10, Min: 1, Max: PeriodMax},
		},
		Outputs: real1,
		Doc: "By how many percent the exponential average of high - low has grown in rocperiod bars. A rise in " +
			"little time is the nervousness of a bottom, a slow fall the ease of a top. " +
			"0 where the average was 0.",
		Source:   "TA-Lib CVI; Chaikin",
		TALib:    "CVI",
		Examples: []string{"crossover(cvi(10, 10), 50)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 + a.Int(1) },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return Build{Kernel: cvi{average: window.NewEMA(a.Int(0)), back: a.Int(1)}, State: 4 + a.Int(1)}
		},
	}
}

type cvi struct {
	average window.Smoother
	back    int
}

// State: the average's, averages kept (at most back), next slot, the last back averages.
func (k cvi) Step(state []float64, in, out [][]float64) {
	y := out[0]
	h, l := in[0][:len(y)], in[1][:len(y)]
	kept, next, ring := int(state[2]), int(state[3]), state[4:4+k.back]
	for j := range y {
		y[j] = math.NaN()
		average := k.average.Push(state[:2], h[j]-l[j])
		if average != average {
			continue
		}
		before := ring[next]
		ring[next] = average
		if next++; next == k.back {
			next = 0
		}
		switch {
		case kept < k.back:
			kept++
		case before == 0:
			y[j] = 0
		default:
			y[j] = 100 * ((average - before) / before)
		}
	}
	state[2], state[3] = float64(kept), float64(next)
}
