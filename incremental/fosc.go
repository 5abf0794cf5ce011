package incremental

import "math"

// foscRow is the error of a straight line's forecast.
func foscRow() *Row {
	return &Row{
		Name: "fosc", Title: "Forecast Oscillator", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Params: []Param{period(5, 2)}, Outputs: real1,
		Doc: "The value less what the regression line through the timeperiod values before it forecast for this " +
			"bar, in percent of the value: above 0 prices run ahead of their trend. It is 0 where the value is 0.",
		Source: "TA-Lib FOSC; Chande and Kroll, The New Technical Trader (1994)",
		TALib:  "FOSC",
		Differs: runningTotals + "on a tape of single ticks, fosc(close, 2) real at bar 960 is 0, " +
			"TA-Lib has -2.376177183e-11",
		Known:    knownFOSC(),
		Examples: []string{"crossover(fosc(close, 14), 0)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			return Build{Kernel: newFOSC(a.Int(0)), State: foscState, History: a.Int(0) + 1}
		},
	}
}

// knownFOSC are the cases in which TA-Lib's rounding makes a forecast of flat
// tapes miss.
func knownFOSC() map[string]string {
	const why = "in a window of equal values the line runs through them all; where the next value is the same the " +
		"miss is 0, TA-Lib has 1e-11 (bar 304 of the defaults)"
	return map[string]string{"flats": why, "flats timeperiod=3": why}
}

// fosc sums as TA-Lib does: the miss is often a millionth of the price, and
// sums otherwise rounded miss 1e-9 of that. The sums slide, and are taken again
// every 32 windows, and when what left dwarfs what remains.
type fosc struct {
	n             int
	sumX, divisor float64
}

func newFOSC(n int) *fosc {
	f := float64(n)
	sumX, squares := f*(f-1)*0.5, f*(f-1)*(2*f-1)/6
	return &fosc{n: n, sumX: sumX, divisor: float64(sumX*sumX) - float64(f*squares)}
}

// Indices into the state.
const (
	foscSeen = iota // bars seen, at most n+1
	foscRun         // newest values that are equal, at most n
	foscLeft        // bars until the sums are taken again
	foscY           // sum of the n values before this one
	foscXY          // the same, weighted 0 (newest) to n-1
	foscAbs         // sum of their absolute values
	foscState
)

func (k *fosc) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j := range y {
		w := in[0][j : j+k.n+2] // the value that left last, n values, this one
		x, seen := w[k.n+1], int(state[foscSeen])
		y[j] = math.NaN()
		if seen >= k.n {
			k.slide(state, w, seen)
			forecast := w[k.n]
			if int(state[foscRun]) < k.n {
				forecast = k.forecast(state)
			}
			y[j] = 0
			if x != 0 {
				y[j] = 100 * (x - forecast) / x
			}
		}
		if seen > 0 && x == w[k.n] {
			state[foscRun] = min(state[foscRun]+1, float64(k.n))
		} else {
			state[foscRun] = 1
		}
		state[foscSeen] = float64(min(seen+1, k.n+1))
	}
}

// slide moves the sums on to the n values before the newest.
func (k *fosc) slide(state, w []float64, seen int) {
	if seen > k.n {
		left := w[0]
		heavy := float64(k.n) * left
		state[foscXY] = state[foscXY] + state[foscY] - heavy
		state[foscY] = state[foscY] - left + w[k.n]
		state[foscAbs] = state[foscAbs] - math.Abs(left) + math.Abs(w[k.n])
		state[foscLeft]--
		if state[foscLeft] > 0 && math.Abs(heavy) <= 100*state[foscAbs] {
			return
		}
	}
	state[foscLeft] = float64(32 * k.n)
	sum, weighted, size := 0.0, 0.0, 0.0
	for i, v := range w[1 : k.n+1] {
		sum += v
		weighted += float64(float64(k.n-1-i) * v)
		size += math.Abs(v)
	}
	state[foscY], state[foscXY], state[foscAbs] = sum, weighted, size
}

// forecast is the value of the line through the n values on the bar after them.
func (k *fosc) forecast(state []float64) float64 {
	n := float64(k.n)
	slope := (float64(n*state[foscXY]) - float64(k.sumX*state[foscY])) / k.divisor
	base := (state[foscY] - float64(slope*k.sumX)) / n
	return math.FMA(slope, n, base)
}
