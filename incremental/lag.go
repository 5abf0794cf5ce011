package incremental

import "math"

// lagRow is the history operator: close[3] is lag(close, 3).
func lagRow() *Row {
	return &Row{
		Name: "lag", Title: "History", Group: GroupSeries,
		TakesConditions: true, Subscript: true,
		Inputs: []Input{Real}, Outputs: real1,
		Params:   []Param{{Name: "bars", Kind: Int, Default: 1, Min: 0, Max: PeriodMax}},
		Doc:      "The value a number of bars ago. `x[n]` is the same.",
		Source:   "Pine's history operator",
		Examples: []string{"close > close[1]"},
		NaAware:  true,
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) },
		Bind:     func(a Args) Build { return Build{Kernel: lag{n: a.Int(0)}, State: 1, History: a.Int(0)} },
	}
}

type lag struct{ n int }

// State: bars seen, at most n.
func (k lag) Step(state []float64, in, out [][]float64) {
	y, count := out[0], int(state[0])
	copy(y, in[0])
	for j := 0; j < len(y) && count < k.n; j++ {
		y[j] = math.NaN()
		count++
	}
	state[0] = float64(count)
}
