package incremental

import (
	"math"

	"streamd/incremental/window"
)

// rviRow is Dorsey's relative volatility index.
func rviRow() *Row {
	return &Row{
		Name: "rvi", Title: "Relative Volatility Index", Group: GroupVolatility,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real},
		Params: []Param{
			{Name: "timeperiod", Kind: Int, Default: 14, Min: 1, Max: PeriodMax},
			{Name: "stddevperiod", Kind: Int, Default: 10, Min: 2, Max: PeriodMax},
		},
		Outputs: real1,
		Doc: "As the RSI, with the standard deviation in place of the change: the share, in percent, of the " +
			"volatility that came with rising values. " +
			"Above 50 volatility is to the upside; meant to confirm other signals. 50 where there was none." +
			bitForBit,
		Source:   "TA-Lib RVI; Dorsey, The Relative Volatility Index, Stocks & Commodities 11:6 (1993)",
		TALib:    "RVI",
		Examples: []string{"crossover(ema(close, 10), ema(close, 30)) and rvi(close, 14) > 50"},
		Lookback: func(a Args) int { return a.Int(0) - 1 + a.Int(1) - 1 },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			k := rvi{average: window.NewRMA(a.Int(0)), spread: window.NewSpread(a.Int(1))}
			return Build{Kernel: k, State: 4 + k.spread.Len(), History: 1}
		},
	}
}

type rvi struct {
	average window.Smoother
	spread  window.Spread
}

// State: the averages' with rising and with falling values, the deviation's.
func (k rvi) Step(state []float64, in, out [][]float64) {
	x, y := in[0], out[0]
	for j := range y {
		y[j] = math.NaN()
		_, variance := k.spread.Push(state[4:], x[j+1])
		if variance != variance {
			continue
		}
		rising, falling := 0.0, 0.0
		switch deviation := math.Sqrt(variance); {
		case x[j+1] > x[j]:
			rising = deviation
		case x[j+1] < x[j]:
			falling = deviation
		}
		up, down := k.average.Push(state[:2], rising), k.average.Push(state[2:4], falling)
		switch total := up + down; {
		case total == 0:
			y[j] = 50
		default:
			y[j] = 100 * (up / total)
		}
	}
}
