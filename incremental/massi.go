package incremental

import (
	"math"

	"streamd/incremental/window"
)

// massiRow is Dorsey's mass index.
func massiRow() *Row {
	return &Row{
		Name: "massi", Title: "Mass Index", Group: GroupVolatility,
		Inputs: []Input{High, Low},
		Params: []Param{
			{Name: "fastperiod", Kind: Int, Default: 9, Min: 2, Max: PeriodMax},
			{Name: "slowperiod", Kind: Int, Default: 25, Min: 2, Max: PeriodMax},
		},
		Outputs: real1,
		Doc: "The sum over slowperiod bars of the ratio between the average range of a bar and its own average. A " +
			"widening of the range, whatever the direction, pushes it over slowperiod; " +
			"Dorsey's reversal bulge is a rise above 27 and a fall below 26.5. A flat market counts as the ratio 1.",
		Source:   "TA-Lib MASSI; Dorsey, The Mass Index, Stocks & Commodities 10:6 (1992)",
		TALib:    "MASSI",
		Examples: []string{"crossunder(massi(9, 25), 26.5) and max(massi(9, 25), 20) > 27"},
		Lookback: func(a Args) int { return 2*(a.Int(0)-1) + a.Int(1) - 1 },
		Warmup:   func(a Args, eps float64) int { return stagesWarmup(2, a.Int(0), eps) + a.Int(1) },
		Bind: func(a Args) Build {
			k := massi{average: window.NewEMA(a.Int(0)), total: window.Sum{N: a.Int(1)}}
			return Build{Kernel: k, State: 4 + k.total.Len()}
		},
	}
}

type massi struct {
	average window.Smoother
	total   window.Sum
}

// State: the average's, that of its average, the sum's.
func (k massi) Step(state []float64, in, out [][]float64) {
	y := out[0]
	h, l := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = math.NaN()
		first := k.average.Push(state[:2], h[j]-l[j])
		if first != first {
			continue
		}
		second := k.average.Push(state[2:4], first)
		if second != second {
			continue
		}
		ratio := 1.0
		if second != 0 {
			ratio = first / second
		}
		y[j] = k.total.Push(state[4:], ratio)
	}
}
