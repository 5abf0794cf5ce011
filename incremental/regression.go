package incremental

import "math"

// The least-squares line through the last n values, and what is read off it.

func linearregRow() *Row {
	return regressionRow("linearreg", "Linear Regression", "LINEARREG",
		"The end of the straight line that fits the last timeperiod values best: an average that does not lag behind a steady trend.",
		"crossover(close, linearreg(close, 20))",
		func(w regressionWindow) Kernel { return fitValue{w, w.mid} })
}

func linearregAngleRow() *Row {
	r := regressionRow("linearreg_angle", "Linear Regression Angle", "LINEARREG_ANGLE",
		"The angle in degrees, per bar and unit of price, of the line that fits the last timeperiod values best. It depends on the price's scale.",
		"linearreg_angle(close, 14) > 30",
		func(w regressionWindow) Kernel { return fitAngle{w} })
	r.Tolerance = 1e-6
	r.Known = map[string]string{
		"flats":                   "dust of running sums in flat windows: bar 312 is exactly 0, TA-Lib has -1.9e-11",
		"flats timeperiod=24":     "likewise: bar 543 is exactly 0, TA-Lib has 4.6e-11",
		"flats timeperiod=21":     "likewise: bar 559 is exactly 0, TA-Lib has -9.7e-11",
		"bigoffset timeperiod=21": "running sums of prices far from 0 leave 6 digits: bar 464 is -0.12656959923 in rational arithmetic, TA-Lib has -0.12656897279",
	}
	return r
}

func linearregInterceptRow() *Row {
	return regressionRow("linearreg_intercept", "Linear Regression Intercept", "LINEARREG_INTERCEPT",
		"The beginning, timeperiod - 1 bars ago, of the straight line that fits the last timeperiod values best.",
		"linearreg(close, 14) > 1.05 * linearreg_intercept(close, 14)",
		func(w regressionWindow) Kernel { return fitValue{w, -w.mid} })
}

func linearregSlopeRow() *Row {
	r := regressionRow("linearreg_slope", "Linear Regression Slope", "LINEARREG_SLOPE",
		"By how much the straight line that fits the last timeperiod values best rises per bar.",
		"crossover(linearreg_slope(close, 50), 0)",
		func(w regressionWindow) Kernel { return fitSlope{w} })
	r.Known = map[string]string{
		"flats timeperiod=5":      "dust of running sums in flat windows: bar 323 is exactly 0, TA-Lib has -3.8e-12",
		"mags timeperiod=5":       "rounding that a jump leaves behind: bar 453 is 16.059018688393 in rational arithmetic, TA-Lib has 16.059018639773",
		"bigoffset":               "running sums of prices far from 0 leave 8 digits: bar 460 is -1.252313383601 in rational arithmetic, TA-Lib has -1.252313391717",
		"bigoffset timeperiod=16": "likewise: bar 525 is -4.205496552410, TA-Lib has -4.205496558240",
		"bigoffset timeperiod=5":  "likewise: bar 483 is -1.094273668004, TA-Lib has -1.094273716956",
	}
	return r
}

func tsfRow() *Row {
	return regressionRow("tsf", "Time Series Forecast", "TSF",
		"Where the straight line that fits the last timeperiod values best will be on the next bar.",
		"close > 1.02 * tsf(close, 14)[1]",
		func(w regressionWindow) Kernel { return fitValue{w, w.mid + 1} })
}

func regressionRow(name, title, talib, doc, example string, kernel func(regressionWindow) Kernel) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupStatistic,
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: doc, Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		Differs:  "it keeps running sums, whose rounding stays when large values leave the window; started anew shortly before the bar it agrees: on IBM of us-minute, linearreg_angle(close, 2) at bar 890 is 0, TA-Lib has 1.690324869e-09",
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := newRegressionWindow(a.Int(0))
			return Build{Kernel: kernel(w), State: w.len()}
		},
	}
}

// fitValue is the line's height, so many bars right of the window's middle.
type fitValue struct {
	w    regressionWindow
	from float64
}

func (k fitValue) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		mean, slope := k.w.push(state, x)
		y[j] = mean + float64(slope*k.from)
	}
}

type fitSlope struct{ w regressionWindow }

func (k fitSlope) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		_, y[j] = k.w.push(state, x)
	}
}

type fitAngle struct{ w regressionWindow }

func (k fitAngle) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		_, slope := k.w.push(state, x)
		y[j] = math.Atan(slope) * degrees
	}
}

// regressionWindow is the least-squares line through the last n values: its
// height at the window's middle, which is the mean, and its slope per bar. It
// sums distances from an anchor as weightedWindow does, plain and weighted 1
// (oldest) to n (newest).
// State: position, anchor, prefix of d, prefix of (i+1)*d, slots of plain sums,
// slots of weighted sums.
type regressionWindow struct {
	n    int
	rcpN float64
	mid  float64 // half the distance between the window's ends
	unit float64 // 1 / sum of squared distances from the middle, in bars
}

func newRegressionWindow(n int) regressionWindow {
	f := float64(n)
	return regressionWindow{n: n, rcpN: 1 / f, mid: (f - 1) / 2, unit: 12 / (f * (f - 1) * (f + 1))}
}

func (w regressionWindow) len() int { return 4 + 2*w.n }

// push takes the next value and returns the line, na during the lookback.
func (w regressionWindow) push(state []float64, x float64) (mean, slope float64) {
	plains, ramps := state[4:4+w.n], state[4+w.n:4+2*w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, plains, ramps, x)
	}
	anchor := state[1]
	d := x - anchor
	prefix := state[2] + d
	ramp := state[3] + float64(d*float64(k+1))
	mean, slope = w.line(anchor, plains[k]+prefix, ramps[k]+float64(prefix*float64(w.n-k-1))+ramp)
	plains[k] = x
	state[0], state[2], state[3] = float64(w.n+k+1), prefix, ramp
	return mean, slope
}

func (w regressionWindow) turn(state, plains, ramps []float64, x float64) (mean, slope float64) {
	if m := int(state[0]); m < w.n-1 {
		plains[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2], state[3] = float64(w.n), x, 0, 0
	plains[w.n-1] = x
	plain, ramp := 0.0, 0.0
	for i := w.n - 1; i >= 0; i-- {
		d := plains[i] - x
		plains[i], ramps[i] = plain, ramp
		plain += d
		ramp += plain
	}
	return w.line(x, plain, ramp)
}

// line returns the line from the sums of the distances, plain and weighted.
func (w regressionWindow) line(anchor, plain, ramp float64) (mean, slope float64) {
	return anchor + float64(plain*w.rcpN), (ramp - float64(plain*(w.mid+1))) * w.unit
}
