package incremental

// haRow is the Heikin-Ashi candle, the "average bar".
func haRow() *Row {
	return &Row{
		Name: "ha", Title: "Heikin-Ashi Candles", Group: GroupPrice,
		Inputs: []Input{Open, High, Low, Close},
		Outputs: []Output{
			{Name: "haopen", Aliases: []string{"open"}},
			{Name: "hahigh", Aliases: []string{"high"}},
			{Name: "halow", Aliases: []string{"low"}},
			{Name: "haclose", Aliases: []string{"close"}},
		},
		Doc: "Candles smoothed into each other: the close is the bar's mean price, the open the middle of the " +
			"previous Heikin-Ashi body. " +
			"A run of one colour without shadows on its side marks a trend. These prices were never traded.",
		Source:   "TA-Lib HA; Valcu, Using the Heikin-Ashi Technique, Stocks & Commodities 22:2 (2004)",
		TALib:    "HA",
		Examples: []string{"ha().close > ha().open and ha().low == ha().open"},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(_ Args, eps float64) int { return halvings(eps) },
		Bind:     func(Args) Build { return Build{Kernel: ha{}, State: 3} },
	}
}

// halvings returns how often 1 is halved until it is below eps.
func halvings(eps float64) int {
	n := 0
	for w := 1.0; w >= eps && n < 1074; w /= 2 {
		n++
	}
	return n
}

type ha struct{}

// State: bars seen (at most 1), open, close.
func (ha) Step(state []float64, in, out [][]float64) {
	n := len(out[0])
	o, h, l, c := in[0][:n], in[1][:n], in[2][:n], in[3][:n]
	haOpen, haHigh, haLow, haClose := out[0], out[1][:n], out[2][:n], out[3][:n]
	seen, prevOpen, prevClose := state[0], state[1], state[2]
	for j := range haOpen {
		if seen == 0 {
			seen, prevOpen, prevClose = 1, o[j], c[j]
		}
		prevOpen = (prevOpen + prevClose) / 2
		prevClose = (o[j] + h[j] + l[j] + c[j]) / 4
		haOpen[j], haClose[j] = prevOpen, prevClose
		haHigh[j] = max(h[j], prevOpen, prevClose)
		haLow[j] = min(l[j], prevOpen, prevClose)
	}
	state[0], state[1], state[2] = seen, prevOpen, prevClose
}
