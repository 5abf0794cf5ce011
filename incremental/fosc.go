package incremental

import "math"

// foscRow is the error of a straight line's forecast.
func foscRow() *Row {
	return &Row{
		Name: "fosc", Title: "Forecast Oscillator", Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{period(5, 2)}, Outputs: real1,
		Doc:      "The value less what the regression line through the timeperiod values before it forecast for this bar, in percent of the value: above 0 prices run ahead of their trend. It is 0 where the value is 0.",
		Source:   "TA-Lib FOSC; Chande and Kroll, The New Technical Trader (1994)",
		TALib:    "FOSC",
		Known:    knownFOSC(),
		Examples: []string{"crossover(fosc(close, 14), 0)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Bind: func(a Args) Build {
			w := newRegressionWindow(a.Int(0))
			return Build{Kernel: &fosc{w}, State: 3 + w.len()}
		},
	}
}

// knownFOSC are the cases in which the rounding of TA-Lib's unshifted sums shows.
func knownFOSC() map[string]string {
	const why = "the forecast is within 1e-5 of the price, and the sums behind it are rounded to 1e-15 of the price; " +
		"by exact fractions bar 134 of walk (3) is 0.002415283821101, to which TA-Lib's 0.002415283817290 has 1.6e-9, and on flat tapes 0, where TA-Lib has 1e-11"
	return map[string]string{
		"flats":                  why,
		"mags":                   why,
		"bigoffset":              why,
		"walk timeperiod=3":      why,
		"flats timeperiod=3":     why,
		"mags timeperiod=3":      why,
		"bigoffset timeperiod=3": why,
		"bigoffset timeperiod=4": why,
	}
}

type fosc struct{ line regressionWindow }

// State: 1 after the first bar; the first value of the run, from which the
// others are taken so that the difference keeps its digits; the forecast for
// the next bar, na until there is one; window of the regression.
func (k *fosc) Step(state []float64, in, out [][]float64) {
	for j, x := range in[0] {
		if state[0] == 0 {
			state[0], state[1], state[2] = 1, x, math.NaN()
		}
		d := x - state[1]
		switch miss := d - state[2]; {
		case miss == miss && x == 0:
			out[0][j] = 0
		default:
			out[0][j] = 100 * miss / x
		}
		mean, slope := k.line.push(state[3:], d)
		state[2] = mean + float64(slope*(k.line.mid+1))
	}
}
