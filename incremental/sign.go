package incremental

func signRow() *Row {
	return mathRow("sign", "Sign", signOf, "1 above zero, -1 below, 0 at zero.", "sign(close - open) == 1")
}

func signOf(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0 and na
}
