package incremental

import (
	"math"

	"streamd/incremental/window"
)

// cmoTVRow is Chande's oscillator without smoothing.
func cmoTVRow() *Row {
	return &Row{
		Name: "cmo_tv", Title: "Chande Momentum Oscillator (Pine)", Group: GroupVariant,
		Scale:  ofConstant(100),
		Range:  [2]float64{-100, 100},
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(9, 1)}, Outputs: real1,
		Doc: "100 (gains - losses) / (gains + losses), with plain sums over the last length changes; na while " +
			"nothing moved. cmo, which is TA-Lib's, smooths as Wilder does; cmou is the same but 0 while nothing " +
			"moved.",
		Source:   "Pine ta.cmo; Chande and Kroll, The New Technical Trader (1994)",
		Examples: []string{"cmo_tv(close, 9) > 50"},
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			bars, gains, losses := l.Clock(), l.Sum(n), l.Sum(n)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = math.NaN()
				if bars.Tick(s) == 1 {
					return
				}
				change := moved(in[0][j+1], in[0][j], in[1][j+1])
				up, down := gains.Next(s, max(change, 0)), losses.Next(s, max(-change, 0))
				if sum := up + down; sum > 0 {
					out[0][j] = 100 * (up - down) / sum
				}
			})
		},
	}
}
