package incremental

import (
	"math"

	"streamd/incremental/window"
)

// kcRow is Keltner's channel.
func kcRow() *Row {
	return &Row{
		Name: "kc", Title: "Keltner Channels", Group: GroupOverlap,
		Inputs:  []Input{High, Low, Close},
		Params:  []Param{period(20, 2), periodNamed("atrperiod", 10, 1), deviations("nbdev", 2)},
		Outputs: bandOutputs(),
		Doc: "The exponential average of the typical price, with a band of so many average true ranges above " +
			"and below it.",
		Source:   "TA-Lib KC; Keltner, How to Make Money in Commodities (1960), as Raschke draws it",
		TALib:    "KC",
		Differs:  runningTotals + "see wma",
		Examples: []string{"close > kc(20, 10, 2).upper", "bbands(close, 20, 2).upper < kc(20, 10, 1.5).upper"},
		Lookback: func(a Args) int { return max(a.Int(0)-1, a.Int(1)) },
		Warmup: func(a Args, eps float64) int {
			return max(emaWarmup(a.Int(0), eps), rmaWarmup(a.Int(1), eps))
		},
		Bind: func(a Args) Build {
			start := max(a.Int(0)-1, a.Int(1))
			return Build{Kernel: &kc{
				middle: window.NewEMA(a.Int(0)), waitMiddle: start - (a.Int(0) - 1),
				reach: window.NewRMA(a.Int(1)), waitReach: start - a.Int(1) + 1,
				width: a.Float(2),
			}, State: 5, History: 1}
		},
	}
}

// The averages begin so late that both have their first value on the same bar.
type kc struct {
	middle, reach         window.Smoother
	waitMiddle, waitReach int // bars before they begin
	width                 float64
}

// State: bars seen (until both averages run), average of the price, average of
// the range.
func (k *kc) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		high, low, cls := in[0][j+1], in[1][j+1], in[2][j+1]
		middle, reach := math.NaN(), math.NaN()
		seen := int(state[0])
		if seen >= k.waitMiddle {
			middle = k.middle.Push(state[1:3], (high+low+cls)/3)
		}
		if seen >= k.waitReach {
			reach = k.reach.Push(state[3:5], window.TrueRange(high, low, in[2][j]))
		}
		state[0] = float64(min(seen+1, max(k.waitMiddle, k.waitReach)))
		band := float64(reach * k.width)
		out[0][j], out[1][j], out[2][j] = middle+band, middle, middle-band
	}
}
