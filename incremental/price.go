package incremental

// Means of one bar's prices. Plain sums suffice: for three or four equal prices
// the rounded sum divides back to exactly that price.

func avgpriceRow() *Row {
	return priceRow("avgprice", "Average Price", "AVGPRICE", avgprice{}, []Input{Open, High, Low, Close},
		"The mean of open, high, low and close; the same as ohlc4.", "close > avgprice()")
}

func medpriceRow() *Row {
	return priceRow("medprice", "Median Price", "MEDPRICE", medprice{}, []Input{High, Low},
		"The middle of the bar's range, (high + low) / 2; the same as hl2.", "close > medprice()")
}

func typpriceRow() *Row {
	return priceRow("typprice", "Typical Price", "TYPPRICE", typprice{}, []Input{High, Low, Close},
		"The mean of high, low and close; the same as hlc3.", "typprice() > sma(typprice(), 20)")
}

func wclpriceRow() *Row {
	return priceRow("wclprice", "Weighted Close Price", "WCLPRICE", wclprice{}, []Input{High, Low, Close},
		"The mean of high, low and twice the close; the same as hlcc4.", "wclprice() > ema(close, 10)")
}

func priceRow(name, title, talib string, k Kernel, inputs []Input, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupPrice, Inputs: inputs, Outputs: real1,
		Doc: doc, Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: k} },
	}
}

type (
	avgprice struct{}
	medprice struct{}
	typprice struct{}
	wclprice struct{}
)

func (avgprice) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	o, h, l, c := in[0][:len(y)], in[1][:len(y)], in[2][:len(y)], in[3][:len(y)]
	for j := range y {
		y[j] = (o[j] + h[j] + l[j] + c[j]) / 4
	}
}

func (medprice) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	h, l := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = (h[j] + l[j]) / 2
	}
}

func (typprice) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	h, l, c := in[0][:len(y)], in[1][:len(y)], in[2][:len(y)]
	for j := range y {
		y[j] = (h[j] + l[j] + c[j]) / 3
	}
}

func (wclprice) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	h, l, c := in[0][:len(y)], in[1][:len(y)], in[2][:len(y)]
	for j := range y {
		y[j] = (h[j] + l[j] + 2*c[j]) / 4
	}
}
