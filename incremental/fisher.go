package incremental

import (
	"math"

	"streamd/incremental/window"
)

// fisherRow makes turning points sharp.
func fisherRow() *Row {
	return &Row{
		Name: "fisher", Title: "Fisher Transform", Group: GroupMomentum,
		Scale:  ofConstant(1),
		Inputs: []Input{High, Low}, Params: []Param{lengthParam(9, 1)},
		Outputs: []Output{{Name: "fisher"}, {Name: "trigger"}},
		Doc: "The place of the bar's middle in the range of the middles of the last length bars, from -1 to 1 and " +
			"smoothed, through 0.5·ln((1+v)/(1-v)), which stretches the ends; trigger is its value a bar before. " +
			"A range of zero, up to rounding, counts as its middle. Both begin together.",
		Source:   "Ehlers, Using the Fisher Transform, Stocks & Commodities (2002)",
		Examples: []string{"crossover(fisher().fisher, fisher().trigger) and fisher().fisher < -1.5"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(_ Args, eps float64) int { return smoothWarmup(0.33, eps) + smoothWarmup(0.5, eps) },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l window.Layout
			bars, high, low, value, fish := l.Clock(), l.Max(n), l.Min(n), l.Slots(1), l.Slots(1)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				allNA(out, j)
				x := (in[0][j] + in[1][j]) / 2
				top, bottom := high.Next(s, x), low.Next(s, x)
				bar := bars.Tick(s)
				if bar < n {
					return
				}
				place := 0.0
				if Compare(top, bottom) > 0 {
					place = (x-bottom)/(top-bottom) - 0.5
				}
				s[value] = float64(0.66*place) + float64(0.67*s[value])
				if math.Abs(s[value]) > 0.99 { // the transform has no value at 1
					s[value] = math.Copysign(0.999, s[value])
				}
				trigger := s[fish]
				s[fish] = 0.5*math.Log((1+s[value])/(1-s[value])) + float64(0.5*trigger)
				if bar > n {
					out[0][j], out[1][j] = s[fish], trigger
				}
			})
		},
	}
}
