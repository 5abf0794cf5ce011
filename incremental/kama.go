package incremental

import (
	"math"

	"streamd/incremental/window"
)

// kamaRow is Kaufman's adaptive average.
func kamaRow() *Row {
	return &Row{
		Name: "kama", Title: "Kaufman Adaptive Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "An exponential average whose speed follows the efficiency ratio, the net change over timeperiod " +
			"bars divided by the path travelled: as a 2-bar average in a straight move, as a 30-bar one in noise. A " +
			"period of 1 is the input itself.",
		Source: "TA-Lib KAMA; Kaufman, Trading Systems and Methods, ch. 17",
		TALib:  "KAMA",
		Differs: "it rounds where nearly equal numbers are subtracted: on a tape with one spike, kama(low, 17) real " +
			"at bar 1212 is 403336.8924, TA-Lib has 403336.8906",
		Examples: []string{"crossover(close, kama(close, 10))"},
		Lookback: func(a Args) int { return kamaLookback(a.Int(0)) },
		// The slowest it can move is a 30-bar constant squared.
		Warmup: func(a Args, eps float64) int {
			return int(math.Ceil(math.Log(eps) / math.Log(1-kamaSlow*kamaSlow)))
		},
		Bind: func(a Args) Build { return bindKAMA(a.Int(0)) },
	}
}

const (
	kamaFast = 2.0 / (2 + 1)
	kamaSlow = 2.0 / (30 + 1)
)

func kamaLookback(n int) int {
	if n == 1 {
		return 0
	}
	return n
}

func bindKAMA(n int) Build {
	if n == 1 {
		return Build{Kernel: copyKernel{}}
	}
	return Build{Kernel: &kama{window.Sum{N: n}}, State: 2 + window.Sum{N: n}.Len(), History: n}
}

// State: stage (0 before the first bar, 1 before the first value, 2), value,
// then the path of the last n changes.
type kama struct{ path window.Sum }

func (k *kama) Step(state []float64, in, out [][]float64) {
	n, x, y := k.path.N, in[0], out[0]
	for j := range y {
		yesterday, today := x[n+j-1], x[n+j]
		y[j] = math.NaN()
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		path := k.path.Push(state[2:], math.Abs(today-yesterday))
		if path != path {
			continue
		}
		if state[0] == 1 {
			state[0], state[1] = 2, yesterday
		}
		state[1] = kamaStep(state[1], today, today-x[j], path)
		y[j] = state[1]
	}
}

// kamaStep moves the average towards the value today, as fast as the change is
// direct.
func kamaStep(value, today, change, path float64) float64 {
	efficiency := 1.0
	if path > 0 && path > change {
		efficiency = min(math.Abs(change/path), 1)
	}
	c := math.FMA(efficiency, kamaFast-kamaSlow, kamaSlow)
	return math.FMA(today-value, float64(c*c), value)
}
