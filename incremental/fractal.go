package incremental

import (
	"math"

	"streamd/incremental/window"
)

// fractalRow marks Bill Williams' fractals.
func fractalRow() *Row {
	return &Row{
		Name: "fractal", Title: "Williams Fractal", Group: GroupMomentum,
		Inputs: []Input{High, Low},
		Params: []Param{
			{Name: "leftbars", Kind: Int, Default: 2, Min: 1, Max: PeriodMax},
			{Name: "rightbars", Kind: Int, Default: 2, Min: 1, Max: PeriodMax},
		},
		Outputs: []Output{
			{Name: "swinghigh", Aliases: []string{"high", "up"}},
			{Name: "swinglow", Aliases: []string{"low", "down"}},
		},
		Doc: "100 on the bar that confirms a turning point rightbars ago: a high (or low) strictly beyond those of " +
			"the leftbars bars before it and the rightbars bars after it; else 0. " +
			"Nothing later than the current bar is looked at. For the price of the pivot see pivothigh and pivotlow.",
		Source:   "TA-Lib FRACTAL; Williams, Trading Chaos (1995)",
		TALib:    "FRACTAL",
		Examples: []string{"fractal().swinglow == 100", "fractal(5, 5).swinghigh == 100 and close < high[5]"},
		Lookback: func(a Args) int { return a.Int(0) + a.Int(1) },
		Bind: func(a Args) Build {
			n, right := a.Int(0)+a.Int(1)+1, a.Int(1)
			var l window.Layout
			high, low := newSwing(&l, n, 1), newSwing(&l, n, -1)
			return byBar(&l, n, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = high.Push(s, in[0][j:j+n+1], right)
				out[1][j] = low.Push(s, in[1][j:j+n+1], right)
			})
		},
	}
}

// swing finds the only extreme of a window: where the newest of its equals is
// also the oldest.
type swing struct{ newest, oldest window.Peak }

func newSwing(l *window.Layout, n int, sign float64) swing {
	t := swing{newest: l.Highest(n), oldest: l.Highest(n)}
	t.newest.Sign, t.oldest.Sign, t.oldest.Oldest = sign, sign, true
	return t
}

// Push takes the newest value of w and returns 100 where the only extreme was
// that many bars ago, na until the window is full.
func (t swing) Push(state, w []float64, ago int) float64 {
	last, full := t.newest.Push(state, w)
	first, _ := t.oldest.Push(state, w)
	switch {
	case !full:
		return math.NaN()
	case last == ago && first == ago:
		return 100
	}
	return 0
}
