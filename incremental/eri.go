package incremental

import (
	"math"

	"streamd/incremental/window"
)

// eriRow is Elder's bull and bear power.
func eriRow() *Row {
	return &Row{
		Name: "eri", Title: "Elder Ray Index", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low, Close}, Params: []Param{period(13, 1)},
		Outputs: []Output{
			{Name: "bullpower", Aliases: []string{"bull"}},
			{Name: "bearpower", Aliases: []string{"bear"}},
		},
		Doc: "The high (bullpower) and the low (bearpower) less the exponential average of the close: how far " +
			"buyers and sellers can push away from the consensus. Elder buys in a rising average when bearpower is " +
			"below 0 and rising.",
		Source:   "TA-Lib ERI; Elder, Trading for a Living (1993)",
		TALib:    "ERI",
		Examples: []string{"eri(13).bear < 0 and eri(13).bear > eri(13).bear[1]"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return Build{Kernel: &eri{mean: window.NewEMA(a.Int(0))}, State: 2}
		},
	}
}

type eri struct{ mean window.Smoother }

// State: that of the average.
func (k *eri) Step(state []float64, in, out [][]float64) {
	for j, c := range in[2] {
		m := k.mean.Push(state, c)
		if math.IsNaN(m) {
			out[0][j], out[1][j] = m, m
			continue
		}
		out[0][j], out[1][j] = in[0][j]-m, in[1][j]-m
	}
}
