package incremental

import "streamd/incremental/window"

// williamsFractalRow lets a turning point rest on equal bars before it.
func williamsFractalRow() *Row {
	return &Row{
		Name: "williams_fractal", Title: "Williams Fractals", Group: GroupMomentum,
		Inputs:  []Input{High, Low},
		Params:  []Param{{Name: "periods", Kind: Int, Default: 2, Min: 1, Max: 100}},
		Outputs: []Output{{Name: "up", Bool: true}, {Name: "down", Bool: true}},
		Doc: "True on the bar that confirms a turning point periods bars ago: up when that high is above all highs " +
			"of the periods bars after it and of periods bars before it, " +
			"between which and it up to four bars may lie that only do not exceed it; down likewise for the lows. " +
			"fractal, which is TA-Lib's, allows no such bars. " +
			"Nothing later than the current bar is looked at. Costs O(periods) per bar.",
		Source:   "Williams, Trading Chaos (1995), with the ties of Pine's built-in indicator",
		Examples: []string{"williams_fractal().down and close > sma(close, 50)"},
		Linear:   true,
		Lookback: func(a Args) int { return 2 * a.Int(0) },
		Warmup:   func(Args, float64) int { return fractalTies },
		Bind: func(a Args) Build {
			n := a.Int(0)
			history := 2*n + fractalTies
			var l window.Layout
			bars := l.Clock()
			return byBar(&l, history, func(s []float64, in, out [][]float64, j int) {
				known := bars.Tick(s)
				if known <= 2*n {
					allNA(out, j)
					return
				}
				w := min(known, history+1)
				out[0][j] = truth(isFractal(in[0][history+j+1-w:history+j+1], n, 1))
				out[1][j] = truth(isFractal(in[1][history+j+1-w:history+j+1], n, -1))
			})
		},
	}
}

// fractalTies is how many bars before a fractal may equal it.
const fractalTies = 4

// isFractal judges the value n bars before the end of w.
func isFractal(w []float64, n int, sign float64) bool {
	at := len(w) - 1 - n
	top := sign * w[at]
	for _, x := range w[at+1:] {
		if sign*x >= top {
			return false
		}
	}
	below := 0 // strictly, in a row, going back
	for i, ties := at-1, 0; i >= 0; i-- {
		switch x := sign * w[i]; {
		case x > top:
			return false
		case x < top:
			below++
		default: // bars up to the farthest tie are not of the run
			ties, below = at-i, 0
			if ties > fractalTies {
				return false
			}
		}
		if below == n {
			return true
		}
	}
	return false
}
