package incremental

// The four operations of TA-Lib's Math Operators group; a formula writes them
// as + - * /, of which the first three are these rows' kernels; division by zero
// is another matter there.

func addRow() *Row {
	return operationRow("add", "Addition", "ADD", Sum, FromTerms, Addition{}, false,
		"The sum of two series; the same as a + b.", "add(high, low) / 2 > sma(close, 20)")
}

func subRow() *Row {
	return operationRow("sub", "Subtraction", "SUB", Difference, FromTerms, Subtraction{}, false,
		"The difference of two series; the same as a - b.", "sub(high, low) > atr(14)")
}

func multRow() *Row {
	return operationRow("mult", "Multiplication", "MULT", Product, FromProduct, Multiplication{}, false,
		"The product of two series; the same as a * b.", "mult(close, volume) > 1000000")
}

func divRow() *Row {
	return operationRow("div", "Division", "DIV", Quotient, FromQuotient, division{}, true,
		"The quotient of two series; the same as a / b. Zero by zero is na, any other number by zero infinite.",
		"div(close, open) > 1.02")
}

func operationRow(name, title, talib string, o Operation, from From, k Kernel, sparse bool, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupOperator, Operation: o, Scale: Magnitude{From: from},
		Inputs: []Input{Real, Real}, Outputs: real1,
		Doc: doc, Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		NaAware:  true, // and infinite ones too, as the signs do
		Sparse:   sparse,
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: k} },
	}
}

// The kernels of the operations on two values of a bar. They take na as a value
// and give na for it.
type (
	Addition       struct{} // a + b
	Subtraction    struct{} // a - b
	Multiplication struct{} // a * b
	division       struct{}
)

// Of adds the inputs.
func (Addition) Of(a, b float64) float64 { return a + b }

// Of subtracts the second input from the first.
func (Subtraction) Of(a, b float64) float64 { return a - b }

// Of multiplies the inputs.
func (Multiplication) Of(a, b float64) float64 { return a * b }

// Step adds the inputs.
func (Addition) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	a, b := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = a[j] + b[j]
	}
}

// Step subtracts the second input from the first.
func (Subtraction) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	a, b := in[0][:len(y)], in[1][:len(y)]
	for j := range y {
		y[j] = a[j] - b[j]
	}
}

// Step multiplies the inputs.
func (Multiplication) Step(_ []float64, in, out [][]float64) {
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
