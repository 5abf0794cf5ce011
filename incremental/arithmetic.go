package incremental

// The four operations of TA-Lib's Math Operators group; a formula writes them
// as + - * /, which compile to these rows' arithmetic.

func addRow() *Row {
	return operationRow("add", "Addition", "ADD", addition{}, false,
		"The sum of two series; the same as a + b.", "add(high, low) / 2 > sma(close, 20)")
}

func subRow() *Row {
	return operationRow("sub", "Subtraction", "SUB", subtraction{}, false,
		"The difference of two series; the same as a - b.", "sub(high, low) > atr(14)")
}

func multRow() *Row {
	return operationRow("mult", "Multiplication", "MULT", multiplication{}, false,
		"The product of two series; the same as a * b.", "mult(close, volume) > 1000000")
}

func divRow() *Row {
	return operationRow("div", "Division", "DIV", division{}, true,
		"The quotient of two series; the same as a / b. Zero by zero is na, any other number by zero infinite.", "div(close, open) > 1.02")
}

func operationRow(name, title, talib string, k Kernel, sparse bool, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupOperator,
		Inputs: []Input{Real, Real}, Outputs: real1,
		Doc: doc, Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		Sparse:   sparse,
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: k} },
	}
}

type (
	addition       struct{}
	subtraction    struct{}
	multiplication struct{}
	division       struct{}
)

func (addition) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	a, b := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = a[j] + b[j]
	}
}

func (subtraction) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	a, b := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = a[j] - b[j]
	}
}

func (multiplication) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	a, b := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = a[j] * b[j]
	}
}

func (division) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	a, b := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = a[j] / b[j]
	}
}
