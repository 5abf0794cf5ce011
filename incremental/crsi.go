package incremental

import (
	"math"

	"streamd/incremental/window"
)

// crsiRow is the mean of three short-term measures.
func crsiRow() *Row {
	return &Row{
		Name: "crsi", Title: "Connors RSI", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real, Scale}, Outputs: real1,
		Params: []Param{
			lengthParam(3, 1),
			{Name: "streaklength", Kind: Int, Default: 2, Min: 1, Max: PeriodMax},
			{Name: "ranklength", Kind: Int, Default: 100, Min: 1, Max: PeriodMax},
		},
		Doc: "The mean of the RSI of the value, the RSI of its streak (the number of rises in a row, negative for " +
			"falls, 0 when unchanged), and the percentage of the previous ranklength one-bar returns that are below " +
			"the latest, equal up to rounding not among them. " +
			"Low values are oversold within an uptrend.",
		Source:         "Connors and Alvarez, An Introduction to ConnorsRSI (2012); RSI as TA-Lib's",
		Examples:       []string{"crsi(close) < 10 and close > sma(close, 200)"},
		OrderStatistic: true,
		Lookback:       func(a Args) int { return max(a.Int(0), 1+a.Int(1), 1+a.Int(2)) },
		Warmup: func(a Args, eps float64) int {
			return max(rmaWarmup(a.Int(0), eps), rmaWarmup(a.Int(1), eps))
		},
		Bind: func(a Args) Build {
			n := a.Int(2)
			price, streaks := gainLoss{n: a.Int(0)}, gainLoss{n: a.Int(1)}
			var l window.Layout
			bars, streak, priceAt, streakAt := l.Clock(), l.Slots(1), l.Slots(gainLossState), l.Slots(gainLossState)
			past, past1 := l.Ranks(n), l.Delay(n)
			return byBar(&l, 1, func(s []float64, in, out [][]float64, j int) {
				bar, before, now, scale := bars.Tick(s), in[0][j], in[0][j+1], in[1][j+1]
				y := rsiOf(price.PushNear(s[priceAt:priceAt+gainLossState], now, scale))
				if bar == 1 {
					out[0][j] = math.NaN()
					return
				}
				d := moved(now, before, scale)
				s[streak] = streakAfter(s[streak], d)
				y += rsiOf(streaks.Push(s[streakAt:streakAt+gainLossState], s[streak]))
				change, near := 0.0, 0.0
				if size := math.Abs(before); CompareAt(before, 0, scale) != 0 {
					change = d / before
					near = band(now, max(scale, size)) / size * max(1, math.Abs(change))
				}
				if bar > n+1 {
					y += 100 * float64(past.Below(s, change-near)) / float64(n)
				} else {
					y = math.NaN()
				}
				past.Push(s, change, past1.Next(s, change))
				out[0][j] = y / 3
			})
		},
	}
}

// rsiOf is TA-Lib's RSI of average gain and loss: 0 where nothing moved.
func rsiOf(up, down float64) float64 {
	if up+down == 0 {
		return 0
	}
	return 100 * up / (up + down)
}

// streakAfter returns how many changes of one sign come in a row.
func streakAfter(streak, change float64) float64 {
	switch {
	case change > 0:
		return max(streak, 0) + 1
	case change < 0:
		return min(streak, 0) - 1
	}
	return 0
}
