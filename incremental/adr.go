package incremental

import "streamd/incremental/window"

// adrRow is the mean range of a bar.
func adrRow() *Row {
	return &Row{
		Name: "adr", Title: "Average Day Range", Group: GroupVolatility,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc: "The mean of high - low over the last timeperiod bars: how far price travels within a bar. Unlike " +
			"atr it leaves the gaps between bars out.",
		Source:   "TA-Lib ADR",
		TALib:    "ADR",
		Examples: []string{"high - low > 2 * adr(20)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.NewMean(a.Int(0))
			return Build{Kernel: adr{w}, State: w.Len()}
		},
	}
}

type adr struct{ window.Mean }

func (k adr) Step(state []float64, in, out [][]float64) {
	y := out[0]
	h, l := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = k.Push(state, h[j]-l[j])
	}
}
