package incremental

import "math"

// Pointwise is the kernel of a function of the newest value alone.
type Pointwise struct{ F func(x float64) float64 }

// Step applies the function to every bar.
func (k Pointwise) Step(_ []float64, in, out [][]float64) {
	y := out[0]
	for j, x := range in[0][:len(y)] {
		y[j] = k.F(x)
	}
}

// pointwiseRow is a row of TA-Lib's Math Transform group. Where a function is
// not defined (the root of a negative number) the value is na, as in TA-Lib.
func pointwiseRow(name, title, talib string, f func(float64) float64, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupTransform,
		Inputs: []Input{Real}, Outputs: real1,
		Doc: doc, Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		Sparse:   true,
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: Pointwise{f}} },
	}
}

func acosRow() *Row {
	r := pointwiseRow("acos", "Arc Cosine", "ACOS", math.Acos,
		"The angle, in radians, whose cosine is the value; na outside -1 to 1.", "acos(correl(close, open, 20)) < 0.5")
	r.Scale = ofConstant(1)
	return r
}

func asinRow() *Row {
	r := pointwiseRow("asin", "Arc Sine", "ASIN", math.Asin,
		"The angle, in radians, whose sine is the value; na outside -1 to 1.", "asin(ht_sine(close).sine) > 1")
	r.Scale = ofConstant(1)
	return r
}

func atanRow() *Row {
	r := pointwiseRow("atan", "Arc Tangent", "ATAN", math.Atan,
		"The angle, in radians, whose tangent is the value: an unbounded slope squeezed into -1.57 to 1.57.",
		"atan(linearreg_slope(close, 14)) > 0.5")
	r.Scale = ofConstant(1)
	return r
}

func ceilRow() *Row {
	return pointwiseRow("ceil", "Ceiling", "CEIL", math.Ceil,
		"The least whole number that is not below the value."+bitForBit, "high >= ceil(close[1])")
}

func cosRow() *Row {
	r := pointwiseRow("cos", "Cosine", "COS", math.Cos,
		"The cosine of an angle in radians.", "cos(ht_dcphase(close) * 0.017453292519943295) > 0")
	r.Scale = ofConstant(1)
	return r
}

func coshRow() *Row {
	return pointwiseRow("cosh", "Hyperbolic Cosine", "COSH", math.Cosh,
		"The hyperbolic cosine; infinite from about 710 on.", "cosh(roc(close, 10) / 10) > 2")
}

func expRow() *Row {
	return pointwiseRow("exp", "Exponential", "EXP", math.Exp,
		"e to the power of the value; infinite from about 710 on.", "exp(sma(ln(close), 20)) < close")
}

func floorRow() *Row {
	return pointwiseRow("floor", "Floor", "FLOOR", math.Floor,
		"The greatest whole number that is not above the value."+bitForBit, "crossover(close, floor(close[1]) + 1)")
}

func lnRow() *Row {
	r := pointwiseRow("ln", "Natural Logarithm", "LN", math.Log,
		"The natural logarithm, so that differences are returns; minus infinity at zero, na below.",
		"stddev(ln(close / close[1]), 20) < 0.01")
	r.Scale = ofConstant(1)
	return r
}

func log10Row() *Row {
	r := pointwiseRow("log10", "Logarithm to Base 10", "LOG10", math.Log10,
		"The logarithm to base 10; minus infinity at zero, na below.", "log10(volume) > 6")
	r.Scale = ofConstant(1)
	return r
}

func sinRow() *Row {
	r := pointwiseRow("sin", "Sine", "SIN", math.Sin,
		"The sine of an angle in radians.", "sin(ht_dcphase(close) * 0.017453292519943295) > 0")
	r.Scale = ofConstant(1)
	return r
}

func sinhRow() *Row {
	return pointwiseRow("sinh", "Hyperbolic Sine", "SINH", math.Sinh,
		"The hyperbolic sine; infinite beyond about 710.", "sinh(roc(close, 10) / 10) > 2")
}

func sqrtRow() *Row {
	r := pointwiseRow("sqrt", "Square Root", "SQRT", math.Sqrt,
		"The square root; na below zero.", "sqrt(var(close, 20)) > atr(20)")
	r.Scale = Magnitude{From: FromSquareRoot}
	return r
}

func tanRow() *Row {
	r := pointwiseRow("tan", "Tangent", "TAN", math.Tan,
		"The tangent of an angle in radians.", "tan(linearreg_angle(close, 14) * 0.017453292519943295) > 0.5")
	r.Scale = ofConstant(1)
	return r
}

func tanhRow() *Row {
	r := pointwiseRow("tanh", "Hyperbolic Tangent", "TANH", math.Tanh,
		"The hyperbolic tangent: any value squeezed into -1 to 1.", "tanh(roc(close, 10) / 10) > 0.5")
	r.Scale = ofConstant(1)
	return r
}
