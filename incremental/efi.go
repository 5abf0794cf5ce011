package incremental

import (
	"math"

	"streamd/incremental/window"
)

// efiRow is Elder's force.
func efiRow() *Row {
	return &Row{
		Name: "efi", Title: "Elder's Force Index", Group: GroupVolume,
		Scale:  Magnitude{From: FromSizes},
		Inputs: []Input{Close, Volume}, Params: []Param{period(13, 1)}, Outputs: real1,
		Doc: "The change of the close times the volume, smoothed by an exponential average: direction, extent " +
			"and volume of moves in one number. With a period of 2 its dips below 0 time entries into a rising trend.",
		Source:   "TA-Lib EFI; Elder, Trading for a Living (1993)",
		TALib:    "EFI",
		Examples: []string{"close > ema(close, 22) and efi(2) < 0"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return emaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return Build{Kernel: &efi{mean: window.NewEMA(a.Int(0))}, State: 3, History: 1}
		},
	}
}

type efi struct{ mean window.Smoother }

// State: 1 after the first bar, average.
func (k *efi) Step(state []float64, in, out [][]float64) {
	cls, volume, y := in[0], in[1][1:], out[0]
	for j := range y {
		if state[0] == 0 {
			state[0], y[j] = 1, math.NaN()
			continue
		}
		y[j] = k.mean.Push(state[1:], float64((cls[j+1]-cls[j])*volume[j]))
	}
}
