package incremental

import (
	"math"

	"streamd/incremental/window"
)

// bbandsRow is Bollinger's bands.
func bbandsRow() *Row {
	return &Row{
		Name: "bbands", Title: "Bollinger Bands", Group: GroupOverlap,
		Inputs:  []Input{Real},
		Params:  []Param{period(20, 2), deviations("nbdevup", 2), deviations("nbdevdn", 2), maParam("matype", maSMA)},
		Outputs: bandOutputs(),
		Doc: "A moving average with a band of so many standard deviations above and below it. The deviation is " +
			"the population's about the plain mean, whatever the type of the average.",
		Source: "TA-Lib BBANDS; Bollinger, Bollinger on Bollinger Bands (2001)",
		TALib:  "BBANDS",
		Differs: "it rounds where nearly equal numbers are subtracted: on a tape with one spike, bbands(close, 2, " +
			"3.28753, 2.0, \"kama\") upperband at bar 399 is 60937.07882, TA-Lib has 60937.07875",
		Examples: []string{"close > bbands(close, 20, 2).upper", "crossover(close, bbands(close).lower)"},
		Lookback: func(a Args) int { return max(maLookback(a.Int(0), a.MAType(3)), a.Int(0)-1) },
		Warmup:   func(a Args, eps float64) int { return maWarmup(a.Int(0), a.MAType(3), eps) },
		Bind: func(a Args) Build {
			w := window.NewSpread(a.Int(0))
			if a.MAType(3) == maSMA {
				return Build{Kernel: &bbands{w, a.Float(1), a.Float(2)}, State: w.Len()}
			}
			k := &bbandsMA{spread: w, up: a.Float(1), down: a.Float(2), average: newCell(bindMA(a.Int(0), a.MAType(3)))}
			return Build{Kernel: k, State: w.Len() + k.average.Len()}
		},
	}
}

// bandOutputs are the outputs of a band around a line.
func bandOutputs() []Output {
	return []Output{
		{Name: "upperband", Aliases: []string{"upper"}},
		{Name: "middleband", Aliases: []string{"middle", "mid"}},
		{Name: "lowerband", Aliases: []string{"lower"}},
	}
}

type bbands struct {
	window.Spread
	up, down float64
}

// Step puts the deviations where the upper band goes.
func (k *bbands) Step(state []float64, in, out [][]float64) {
	x := in[0]
	upper, middle, lower := out[0][:len(x)], out[1][:len(x)], out[2][:len(x)]
	k.Block(state, x, middle, upper)
	for j, mean := range middle {
		dev := upper[j]
		upper[j], lower[j] = mean+float64(dev*k.up), mean-float64(dev*k.down)
	}
}

func (k *bbands) StepOne(state []float64, x, _, _ float64) (upper, middle, lower float64) {
	mean, v := k.Push(state, x)
	dev := math.Sqrt(v)
	return mean + float64(dev*k.up), mean, mean - float64(dev*k.down)
}

// bbandsMA is bbands about an average of another type.
type bbandsMA struct {
	spread   window.Spread
	up, down float64
	average  cell
}

// State: window, average.
func (k *bbandsMA) Step(state []float64, in, out [][]float64) {
	split := k.spread.Len()
	for j, x := range in[0] {
		_, v := k.spread.Push(state[:split], x)
		middle := k.average.Push(state[split:], x, in, out)
		dev := math.Sqrt(v)
		if dev != dev { // the average may be ready before the deviation
			middle = dev
		}
		out[0][j], out[1][j], out[2][j] = middle+float64(dev*k.up), middle, middle-float64(dev*k.down)
	}
}
