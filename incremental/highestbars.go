package incremental

import (
	"math"

	"streamd/incremental/window"
)

// highestbarsRow and lowestbarsRow say where the extreme of the window is.
func highestbarsRow() *Row {
	return extremeBars("highestbars", "Highest Bar Offset", "greatest", 1, High, "highestbars(high, 20) == 0")
}

func lowestbarsRow() *Row {
	return extremeBars("lowestbars", "Lowest Bar Offset", "least", -1, Low, "lowestbars(low, 52) > -5")
}

func extremeBars(name, title, which string, sign float64, implied Input, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real, Scale}, Params: []Param{lengthParam(14, 1)}, Outputs: real1, Implied: implied,
		Doc: "The offset of the " + which + " of the last length values: 0 for the current bar, -1 for the bar " +
			"before, down to 1-length. Of equal values, up to rounding, the newest counts.",
		Source:   "Pine ta." + name,
		Examples: []string{example},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			best := l.Highest(n)
			best.Sign = sign
			return byBar(&l, n, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n+1]
				_, full := best.Push(s, w)
				out[0][j] = math.NaN()
				if full {
					top := w[n-best.Age(s, 0)]
					out[0][j] = float64(-best.Last(s, w, band(top, in[1][j+n]))) + 0 // not -0
				}
			})
		},
	}
}

// lengthParam is the window's length in Pine's words.
func lengthParam(byDefault, least float64) Param {
	return Param{Name: "length", Kind: Int, Default: byDefault, Min: least, Max: PeriodMax}
}
