package incremental

import "math"

func logRow() *Row {
	r := mathRow("log", "Logarithm", logarithm,
		"The natural logarithm; na for numbers that are not above zero, where ln is minus infinity at zero.",
		"log(close / close[1]) > 0.01")
	r.Scale = ofConstant(1)
	r.Sparse, r.Undefined = true, "a number that is not above zero"
	return r
}

func logarithm(x float64) float64 {
	if x <= 0 {
		return math.NaN()
	}
	return math.Log(x)
}
