package incremental

import (
	"math"

	"streamd/incremental/window"
)

// hmaRow is Hull's average.
func hmaRow() *Row {
	return &Row{
		Name: "hma", Title: "Hull Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(20, 1)}, Outputs: real1,
		Doc: "Twice the weighted mean of half the window less that of the whole, smoothed by a weighted mean " +
			"over the square root of its length: it follows turns with little lag and overshoots them. Half and root " +
			"are cut to whole bars.",
		Source: "TA-Lib HMA; Hull, alanhull.com (2005)",
		TALib:  "HMA",
		Differs: runningTotals + "on a tape with one spike, hma(low, 77) at bar 192 is -0.9343890028, " +
			"TA-Lib has -0.9343890042",
		Examples: []string{"hma(close, 20) > hma(close, 20)[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 + hmaRoot(a.Int(0)) - 1 },
		Bind:     func(a Args) Build { return bindHMA(a.Int(0)) },
	}
}

func hmaRoot(n int) int { return int(math.Sqrt(float64(n))) }

func bindHMA(n int) Build {
	if n == 1 {
		return Build{Kernel: copyKernel{}}
	}
	k := &hma{window.NewWeighted(n), window.NewWeighted(n / 2), window.NewWeighted(hmaRoot(n))}
	return Build{Kernel: k, State: k.full.Len() + k.half.Len() + k.smooth.Len()}
}

type hma struct{ full, half, smooth window.Weighted }

// State: that of the three windows.
func (k *hma) Step(state []float64, in, out [][]float64) {
	a := k.full.Len()
	b := a + k.half.Len()
	for j, x := range in[0] {
		full, half := k.full.Push(state[:a], x), k.half.Push(state[a:b], x)
		y := full
		if full == full {
			y = k.smooth.Push(state[b:], 2*half-full)
		}
		out[0][j] = y
	}
}
