package incremental

import "math"

func roundRow() *Row {
	return mathRow("round", "Round", math.Round, "The nearest whole number; halves go away from zero.",
		"close > round(close[1])")
}
