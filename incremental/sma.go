package incremental

import "math"

// smaRow is the plain mean of the last n values.
func smaRow() *Row {
	return &Row{
		Name: "sma", Title: "Simple Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc:      "The arithmetic mean of the last timeperiod values. A window of equal values returns that value.",
		Source:   "TA-Lib SMA",
		TALib:    "SMA",
		Examples: []string{"close > sma(close, 20)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindSMA(a.Int(0)) },
	}
}

func bindSMA(n int) Build {
	return Build{Kernel: &sma{n: n}, State: 4, History: n}
}

type sma struct{ n int }

// State: bars seen (at most n), sum, its error, length of the run of equal values (at most n).
func (k *sma) Step(state []float64, in, out [][]float64) {
	x, old, y := in[0][k.n:], in[0], out[0]
	count, sum, low, run := int(state[0]), state[1], state[2], int(state[3])
	for j, v := range x {
		var e float64
		if count == k.n {
			sum, e = twoSum(sum, -old[j])
			low += e
		} else {
			count++
		}
		sum, e = twoSum(sum, v)
		low += e
		if count > 1 && v == in[0][k.n+j-1] {
			run = min(run+1, k.n)
		} else {
			run = 1
		}
		switch {
		case count < k.n:
			y[j] = math.NaN()
		case run == k.n:
			y[j] = v
		default:
			y[j] = (sum + low) / float64(k.n)
		}
	}
	state[0], state[1], state[2], state[3] = float64(count), sum, low, float64(run)
}
