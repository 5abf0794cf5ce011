package incremental

import (
	"math"

	"streamd/incremental/window"
)

// The least-squares line through the last n values, and what is read off it.

func linearregRow() *Row {
	return regressionRow("linearreg", "Linear Regression", "LINEARREG",
		"The end of the straight line that fits the last timeperiod values best: an average that does not lag behind "+
			"a steady trend.",
		"crossover(close, linearreg(close, 20))",
		func(w window.Regression) Kernel { return fitValue{w, w.Mid} })
}

func linearregAngleRow() *Row {
	r := regressionRow("linearreg_angle", "Linear Regression Angle", "LINEARREG_ANGLE",
		"The angle in degrees, per bar and unit of price, of the line that fits the last timeperiod values best. It "+
			"depends on the price's scale.",
		"linearreg_angle(close, 14) > 30",
		func(w window.Regression) Kernel { return fitAngle{w} })
	r.Tolerance = 1e-6
	r.Scale = Magnitude{From: FromInput, Times: 180 / math.Pi}
	r.Known = map[string]string{
		"flats":               "dust of running sums in flat windows: bar 312 is exactly 0, TA-Lib has -1.9e-11",
		"flats timeperiod=24": "likewise: bar 543 is exactly 0, TA-Lib has 4.6e-11",
		"flats timeperiod=21": "likewise: bar 559 is exactly 0, TA-Lib has -9.7e-11",
		"bigoffset timeperiod=21": "running sums of prices far from 0 leave 6 digits: bar 464 is -0.12656959923 in " +
			"rational arithmetic, TA-Lib has -0.12656897279",
	}
	return r
}

func linearregInterceptRow() *Row {
	return regressionRow("linearreg_intercept", "Linear Regression Intercept", "LINEARREG_INTERCEPT",
		"The beginning, timeperiod - 1 bars ago, of the straight line that fits the last timeperiod values best.",
		"linearreg(close, 14) > 1.05 * linearreg_intercept(close, 14)",
		func(w window.Regression) Kernel { return fitValue{w, -w.Mid} })
}

func linearregSlopeRow() *Row {
	r := regressionRow("linearreg_slope", "Linear Regression Slope", "LINEARREG_SLOPE",
		"By how much the straight line that fits the last timeperiod values best rises per bar.",
		"crossover(linearreg_slope(close, 50), 0)",
		func(w window.Regression) Kernel { return fitSlope{w} })
	r.Scale = ofInput(0)
	r.Known = map[string]string{
		"flats timeperiod=5": "dust of running sums in flat windows: bar 323 is exactly 0, TA-Lib has -3.8e-12",
		"mags timeperiod=5": "rounding that a jump leaves behind: bar 453 is 16.059018688393 in rational " +
			"arithmetic, TA-Lib has 16.059018639773",
		"bigoffset": "running sums of prices far from 0 leave 8 digits: bar 460 is -1.252313383601 in " +
			"rational arithmetic, TA-Lib has -1.252313391717",
		"bigoffset timeperiod=16": "likewise: bar 525 is -4.205496552410, TA-Lib has -4.205496558240",
		"bigoffset timeperiod=5":  "likewise: bar 483 is -1.094273668004, TA-Lib has -1.094273716956",
	}
	return r
}

func tsfRow() *Row {
	return regressionRow("tsf", "Time Series Forecast", "TSF",
		"Where the straight line that fits the last timeperiod values best will be on the next bar.",
		"close > 1.02 * tsf(close, 14)[1]",
		func(w window.Regression) Kernel { return fitValue{w, w.Mid + 1} })
}

func regressionRow(name, title, talib, doc, example string, kernel func(window.Regression) Kernel) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupStatistic,
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: doc, Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		Differs: runningTotals + "on IBM of us-minute, linearreg_angle(close, 2) at bar 890 is 0, " +
			"TA-Lib has 1.690324869e-09",
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			w := window.NewRegression(a.Int(0))
			return Build{Kernel: kernel(w), State: w.Len()}
		},
	}
}

// fitValue is the line's height, so many bars right of the window's middle.
type fitValue struct {
	w    window.Regression
	from float64
}

func (k fitValue) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		mean, slope := k.w.Push(state, x)
		y[j] = mean + float64(slope*k.from)
	}
}

type fitSlope struct{ w window.Regression }

func (k fitSlope) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		_, y[j] = k.w.Push(state, x)
	}
}

type fitAngle struct{ w window.Regression }

func (k fitAngle) Step(state []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		_, slope := k.w.Push(state, x)
		y[j] = math.Atan(slope) * window.Degrees
	}
}
