package formula

import "streamd/incremental"

// priceRows are the means of one candle's prices, written as words.
func priceRows() []*incremental.Row {
	const (
		open, high, low, cls = incremental.Open, incremental.High, incremental.Low, incremental.Close
	)
	row := func(name, title, doc, example string, of ...incremental.Input) *incremental.Row {
		return &incremental.Row{
			Name: name, Title: title, Group: incremental.GroupPrice,
			Inputs: of, Outputs: []incremental.Output{{Name: "real"}},
			Doc: doc, Source: "Pine " + name, Examples: []string{example},
			Lookback: func(incremental.Args) int { return 0 },
			Bind:     func(incremental.Args) incremental.Build { return incremental.Build{Kernel: mean{}} },
		}
	}
	return []*incremental.Row{
		row("hl2", "Middle of the Bar", "Half of high and low.", "close > sma(hl2, 34)", high, low),
		row("hlc3", "Typical Price", "A third of high, low and close.", "crossover(hlc3, ema(hlc3, 21))", high, low,
			cls),
		row("ohlc4", "Average Price", "A quarter of open, high, low and close.", "ohlc4 > ohlc4[1]", open, high, low,
			cls),
		row("hlcc4", "Weighted Close", "A quarter of high, low and twice the close.", "hlcc4 > sma(hlcc4, 10)", high,
			low, cls, cls),
	}
}

// mean is the mean of its inputs on each bar.
type mean struct{}

func (mean) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	copy(y, in[0])
	for _, x := range in[1:] {
		for j := range y {
			y[j] += x[j]
		}
	}
	for j := range y {
		y[j] /= float64(len(in))
	}
}
