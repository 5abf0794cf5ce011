package incremental

import "math"

// avgdevRow is the mean absolute deviation from the mean.
func avgdevRow() *Row {
	return &Row{
		Name: "avgdev", Title: "Average Deviation", Group: GroupPrice,
		Scale:  ofInput(0),
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "How far the last timeperiod values lie from their mean, on average: a spread that one outlier moves " +
			"less than a standard deviation. " +
			"Each value costs a pass over the window, O(n), as the mean moves under all of them.",
		Source:   "TA-Lib AVGDEV",
		TALib:    "AVGDEV",
		Examples: []string{"abs(close - sma(close, 20)) > 2 * avgdev(close, 20)"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind:     func(a Args) Build { return bindAvgdev(a.Int(0)) },
	}
}

func bindAvgdev(n int) Build {
	return Build{Kernel: avgdev{n: n}, State: 1, History: n - 1}
}

type avgdev struct{ n int }

// State: bars seen, at most n.
func (k avgdev) Step(state []float64, in, out [][]float64) {
	x, y, count := in[0], out[0], int(state[0])
	for j := range y {
		count = min(count+1, k.n)
		if count < k.n {
			y[j] = math.NaN()
			continue
		}
		y[j] = meanDeviation(x[j : j+k.n])
	}
	state[0] = float64(count)
}

// meanDeviation returns the mean distance of the values from their mean. The
// mean is taken about the newest value, so that equal values deviate by 0.
func meanDeviation(w []float64) float64 {
	anchor := w[len(w)-1]
	sum := 0.0
	for _, v := range w {
		sum += v - anchor
	}
	mean := sum / float64(len(w))
	dev := 0.0
	for _, v := range w {
		dev += math.Abs(v - anchor - mean)
	}
	return dev / float64(len(w))
}
