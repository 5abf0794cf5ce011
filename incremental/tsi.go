package incremental

import (
	"math"

	"streamd/incremental/window"
)

// tsiRow is Blau's true strength.
func tsiRow() *Row {
	return &Row{
		Name: "tsi", Title: "True Strength Index", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{-100, 100},
		Inputs: []Input{Real}, Outputs: real1,
		Params: []Param{periodNamed("firstperiod", 25, 2), periodNamed("secondperiod", 13, 2)},
		Doc: "The change per bar, smoothed twice, in relation to the absolute change smoothed likewise, from " +
			"-100 to 100: momentum with little noise and little delay. It is 0 where nothing moved.",
		Source:   "TA-Lib TSI; Blau, Technical Analysis of Stocks & Commodities 9:11 (1991)",
		TALib:    "TSI",
		Examples: []string{"crossover(tsi(close), 0)", "tsi(close, 25, 13) < -25"},
		Lookback: func(a Args) int { return a.Int(0) + a.Int(1) - 1 },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) + emaWarmup(a.Int(1), eps) },
		Bind: func(a Args) Build {
			k := &tsi{first: window.NewEMA(a.Int(0)), second: window.NewEMA(a.Int(1))}
			return Build{Kernel: k, State: 9, History: 1}
		},
	}
}

type tsi struct{ first, second window.Smoother }

// State: 1 after the first bar; first and second average of the change, first
// and second average of the absolute change.
func (k *tsi) Step(state []float64, in, out [][]float64) {
	x, y := in[0], out[0]
	net, gross := state[1:], state[5:]
	for j := range y {
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		d := x[j+1] - x[j]
		n, g := k.first.Push(net, d), k.first.Push(gross, math.Abs(d))
		if math.IsNaN(n) {
			continue
		}
		n, g = k.second.Push(net[2:], n), k.second.Push(gross[2:], g)
		if math.IsNaN(n) {
			continue
		}
		y[j] = 0
		if g > 0 {
			y[j] = 100 * n / g
		}
	}
}
