package incremental

import "math"

// bbandsRow is Bollinger's bands.
func bbandsRow() *Row {
	return &Row{
		Name: "bbands", Title: "Bollinger Bands", Group: GroupOverlap,
		Inputs: []Input{Real},
		Params: []Param{
			period(20, 2),
			{Name: "nbdevup", Kind: Float, Default: 2, Min: -3e37, Max: 3e37},
			{Name: "nbdevdn", Kind: Float, Default: 2, Min: -3e37, Max: 3e37},
			maParam("matype", maSMA),
		},
		Outputs: []Output{
			{Name: "upperband", Aliases: []string{"upper"}},
			{Name: "middleband", Aliases: []string{"middle", "mid"}},
			{Name: "lowerband", Aliases: []string{"lower"}},
		},
		Doc:      "A moving average, and bands a number of standard deviations above and below it. The deviation is the population's about the plain mean, whatever the moving average.",
		Source:   "TA-Lib BBANDS; Bollinger, Bollinger on Bollinger Bands (2001)",
		TALib:    "BBANDS",
		Examples: []string{"close < bbands(close, 20, 2).lower", "close > bbands(close).upper"},
		Lookback: func(a Args) int { return max(a.Int(0)-1, maLookback(a.Int(0), a.MAType(3))) },
		Warmup:   func(a Args, eps float64) int { return maWarmup(a.Int(0), a.MAType(3), eps) },
		Bind: func(a Args) Build {
			k := &bbands{window: newSpreadWindow(a.Int(0)), up: a.Float(1), down: a.Float(2), plain: a.MAType(3) == maSMA}
			n := k.window.len()
			if !k.plain {
				k.middle = newCell(bindMA(a.Int(0), a.MAType(3)))
				n += k.middle.len()
			}
			return Build{Kernel: k, State: n}
		},
	}
}

type bbands struct {
	window   spreadWindow
	middle   cell
	up, down float64
	plain    bool // the middle is the mean itself
}

// State: window, middle.
func (k *bbands) Step(state []float64, in, out [][]float64) {
	window, middle := state[:k.window.len()], state[k.window.len():]
	for j := range out[0] {
		x := in[0][j]
		mid, variance := k.window.push(window, x)
		if !k.plain {
			mid = k.middle.push(middle, x, in, out)
			mid += variance - variance // na until both have a value
			variance += mid - mid
		}
		deviation := math.Sqrt(variance)
		out[0][j], out[1][j], out[2][j] = mid+float64(k.up*deviation), mid, mid-float64(k.down*deviation)
	}
}
