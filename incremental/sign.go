package incremental

func signRow() *Row {
	return &Row{
		Name: "sign", Title: "Sign", Group: GroupTransform,
		Inputs: []Input{Real, Scale}, Outputs: real1,
		Doc: "1 above zero, -1 below, 0 at zero. What is within 1e-12 of the prices that a value was made from " +
			"is zero.",
		Source: "Pine math.sign", Examples: []string{"sign(close - open) == 1"},
		NaAware:  true,
		Range:    [2]float64{-1, 1},
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: sign{}} },
	}
}

type sign struct{}

func (sign) Step(_ []float64, in, out [][]float64) {
	for j, x := range in[0] {
		y := x // na
		if x == x {
			y = float64(CompareAt(x, 0, in[1][j]))
		}
		out[0][j] = y
	}
}
