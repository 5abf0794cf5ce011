package incremental

import (
	"math"

	"streamd/incremental/window"
)

// risingRow and fallingRow compare with every one of the previous values, not
// each value with the one before it.
func risingRow() *Row {
	return monotone("rising", "Rising", "above", 1, Compares{What: ComparesPast, Above: true},
		"rising(volume, 3)")
}

func fallingRow() *Row {
	return monotone("falling", "Falling", "below", -1, Compares{What: ComparesPast, Below: true},
		"falling(rsi(close, 14), 5)")
}

func monotone(name, title, side string, sign float64, compares Compares, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real, Scale}, Outputs: []Output{{Name: "real", Bool: true}}, Compares: compares,
		Params: []Param{{Name: "length", Kind: Int, Default: 1, Min: 1, Max: PeriodMax}},
		Doc: "True when the value is strictly " + side + " each of the previous length values (which need not " +
			"be in order among themselves). Values within 1e-12 of each other are equal.",
		Source:   "Pine ta." + name,
		Examples: []string{example},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			bars, previous, extreme := l.Clock(), l.Max(n), l.Slots(1)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				x := in[0][j]
				out[0][j] = math.NaN()
				if bars.Tick(s) > n {
					out[0][j] = truth(sign*float64(CompareAt(x, sign*s[extreme], in[1][j])) > 0)
				}
				s[extreme] = previous.Next(s, sign*x) // na only while bars are few, and never compared
			})
		},
	}
}
