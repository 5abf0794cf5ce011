package incremental

import (
	"math"

	"streamd/incremental/window"
)

// coppockRow is Coppock's curve.
func coppockRow() *Row {
	return &Row{
		Name: "coppock", Title: "Coppock Curve", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Outputs: real1,
		Params: []Param{
			periodNamed("wmaperiod", 10, 1), periodNamed("roc1period", 11, 1),
			periodNamed("roc2period", 14, 1),
		},
		Doc: "The weighted mean over wmaperiod bars of the sum of two rates of change in percent. On monthly bars, a " +
			"turn upwards from below 0 is Coppock's signal to buy stocks for the long term; " +
			"he chose 11 and 14 months because bishops told him that bereavement takes as long.",
		Source: "TA-Lib COPPOCK; Coppock, Barron's (October 1962)",
		TALib:  "COPPOCK",
		Differs: runningTotals + "on a tape with one spike, coppock(close - open, 9, 310, 135) real at " +
			"bar 1105 is -10.41363376, TA-Lib has -10.41363378",
		Examples: []string{"coppock(close) < 0 and coppock(close) > coppock(close)[1]"},
		Known:    knownCoppock(),
		Lookback: func(a Args) int { return max(a.Int(1), a.Int(2)) + a.Int(0) - 1 },
		Bind: func(a Args) Build {
			k := &coppock{mean: window.NewWeighted(a.Int(0)), back1: a.Int(1), back2: a.Int(2)}
			return Build{Kernel: k, State: 1 + k.mean.Len(), History: max(k.back1, k.back2)}
		},
	}
}

// knownCoppock are the cases in which rates of change of a million percent leave
// their rounding behind in TA-Lib's running sums.
func knownCoppock() map[string]string {
	const why = "by exact fractions bar 323 of the defaults is -1.5514261820852784, TA-Lib has -1.56373"
	return map[string]string{
		"mags": why,
		"mags roc1period=21 roc2period=15 wmaperiod=23": why,
		"mags roc1period=10 roc2period=27 wmaperiod=12": why,
	}
}

type coppock struct {
	mean         window.Weighted
	back1, back2 int
}

// State: bars seen (at most the longer way back), window of the mean.
func (k *coppock) Step(state []float64, in, out [][]float64) {
	longest := max(k.back1, k.back2)
	x, y := in[0], out[0]
	for j := range y {
		y[j] = math.NaN()
		if state[0] < float64(longest) {
			state[0]++
			continue
		}
		i := j + longest
		y[j] = k.mean.Push(state[1:], percentChange(x[i], x[i-k.back1])+percentChange(x[i], x[i-k.back2]))
	}
}

// percentChange is the change from before to now in percent, 0 from 0.
func percentChange(now, before float64) float64 {
	if before == 0 {
		return 0
	}
	return (now/before - 1) * 100
}
