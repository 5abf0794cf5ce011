package incremental

import (
	"math"

	"streamd/incremental/window"
)

// natrRow is Wilder's average true range in percent of the price.
func natrRow() *Row {
	return &Row{
		Name: "natr", Title: "Normalized Average True Range", Group: GroupVolatility,
		Scale:  ofConstant(100),
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 1)}, Outputs: real1,
		Doc: "The average true range in percent of the close, so that volatility compares between symbols and " +
			"over years. 0 where the close is 0. A timeperiod of 1 gives the true range itself, not in percent, as " +
			"TA-Lib does.",
		Source:   "TA-Lib NATR; Forman, Stocks & Commodities 24:5 (2006)",
		TALib:    "NATR",
		Examples: []string{"natr(14) > 3", "natr(14) < min(natr(14), 100)[1]"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			k := natr{average: window.NewRMA(a.Int(0))}
			return Build{Kernel: k, State: 1 + k.average.Len(), History: 1}
		},
	}
}

type natr struct{ average window.Smoother }

// State: bars seen (at most 1), then the average's.
func (k natr) Step(state []float64, in, out [][]float64) {
	y := out[0]
	h, l, c := in[0], in[1], in[2]
	for j := range y {
		y[j] = math.NaN()
		if state[0] == 0 { // no close to start from
			state[0] = 1
			continue
		}
		reach := window.TrueRange(h[j+1], l[j+1], c[j])
		if k.average.N == 1 {
			y[j] = reach
			continue
		}
		average := k.average.Push(state[1:], reach)
		switch {
		case average != average:
		case c[j+1] == 0:
			y[j] = 0
		default:
			y[j] = 100 * (average / c[j+1])
		}
	}
}
