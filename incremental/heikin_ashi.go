package incremental

import "streamd/incremental/window"

// The Heikin-Ashi prices as series of their own, for formulas that use one of
// them often.

func haOpenRow() *Row  { return heikinAshi("open", 0, "ha_close() > ha_open()") }
func haHighRow() *Row  { return heikinAshi("high", 1, "ha_high() > highest(ha_high(), 20)[1]") }
func haLowRow() *Row   { return heikinAshi("low", 2, "ha_low() == ha_open()") }
func haCloseRow() *Row { return heikinAshi("close", 3, "crossover(ha_close(), sma(ha_close(), 20))") }

func heikinAshi(price string, which int, example string) *Row {
	return &Row{
		Name: "ha_" + price, Title: "Heikin-Ashi " + price, Group: GroupPrice,
		Inputs: []Input{Open, High, Low, Close}, Outputs: []Output{{Name: "ha" + price}},
		Doc:      "The " + price + " of ha(), the smoothed candle.",
		Source:   "TA-Lib HA",
		TALib:    "HA",
		Examples: []string{example},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(_ Args, eps float64) int { return halvings(eps) },
		Bind: func(Args) Build {
			var l window.Layout
			begun, open, cls := l.Slots(1), l.Slots(1), l.Slots(1)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				o, h, low, c := in[0][j], in[1][j], in[2][j], in[3][j]
				if s[begun] == 0 {
					s[begun], s[open], s[cls] = 1, o, c
				}
				s[open] = (s[open] + s[cls]) / 2
				s[cls] = (o + h + low + c) / 4
				out[0][j] = [...]float64{s[open], max(h, s[open], s[cls]), min(low, s[open], s[cls]), s[cls]}[which]
			})
		},
	}
}
