package incremental

import (
	"math"

	"streamd/incremental/window"
)

// aroonRow is Chande's Aroon pair.
func aroonRow() *Row {
	return &Row{
		Name: "aroon", Title: "Aroon", Group: GroupMomentum,
		Range:  [2]float64{0, 100},
		Inputs: []Input{High, Low}, Params: []Param{period(14, 2)},
		Outputs: []Output{
			{Name: "aroondown", Aliases: []string{"down"}},
			{Name: "aroonup", Aliases: []string{"up"}},
		},
		Doc: "How lately the highest high (aroonup) and the lowest low (aroondown) of the last timeperiod+1 " +
			"bars were: 100 on this bar, 0 timeperiod bars ago. Of equal extremes the newest counts.",
		Source:   "TA-Lib AROON; Chande, Technical Analysis of Stocks & Commodities 13:9 (1995)",
		TALib:    "AROON",
		Examples: []string{"crossover(aroon(25).up, aroon(25).down)", "aroon(14).aroonup == 100"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			l, ages := newExtremeAges(a.Int(0) + 1)
			n := float64(a.Int(0))
			return byBar(&l, a.Int(0)+1, func(s []float64, in, out [][]float64, j int) {
				down, up := ages.Push(s, in, j)
				out[0][j], out[1][j] = 100/n*(n-down), 100/n*(n-up)
			})
		},
	}
}

// aroonoscRow is the difference of the pair.
func aroonoscRow() *Row {
	return &Row{
		Name: "aroonosc", Title: "Aroon Oscillator", Group: GroupMomentum,
		Range:  [2]float64{-100, 100},
		Inputs: []Input{High, Low}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "aroonup less aroondown, from -100 to 100: positive while the last new high is more recent than " +
			"the last new low.",
		Source:   "TA-Lib AROONOSC; Chande, Technical Analysis of Stocks & Commodities 13:9 (1995)",
		TALib:    "AROONOSC",
		Examples: []string{"aroonosc(25) > 50"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			l, ages := newExtremeAges(a.Int(0) + 1)
			n := float64(a.Int(0))
			return byBar(&l, a.Int(0)+1, func(s []float64, in, out [][]float64, j int) {
				down, up := ages.Push(s, in, j)
				out[0][j] = 100 / n * (down - up)
			})
		},
	}
}

// extremeAges counts the bars since the lowest low and the highest high of the
// last n bars, the newest of equals.
type extremeAges struct{ low, high window.Peak }

func newExtremeAges(n int) (window.Layout, extremeAges) {
	var l window.Layout
	ages := extremeAges{low: l.Lowest(n), high: l.Highest(n)}
	return l, ages
}

// Push takes bar j of the block, whose tapes of highs and lows begin n bars
// before it, and returns both ages, na until the window is full.
func (e extremeAges) Push(state []float64, in [][]float64, j int) (low, high float64) {
	h, _ := e.high.Push(state, in[0][j:j+e.high.N+1])
	l, full := e.low.Push(state, in[1][j:j+e.low.N+1])
	if !full {
		return math.NaN(), math.NaN()
	}
	return float64(l), float64(h)
}
