package incremental

// maRow is any moving average, by name.
func maRow() *Row {
	return &Row{
		Name: "ma", Title: "Moving Average", Group: GroupOverlap,
		Inputs:  []Input{Real},
		Params:  []Param{period(30, 1), maParam("matype", 0)},
		Outputs: real1,
		Doc: "The moving average of the given type: sma, ema, wma, dema, tema, trima, kama, mama, t3, hma, " +
			"zlema or rma. A timeperiod of 1 and the type disabled are the input itself; default is the type that " +
			"the function has without the parameter; mama has no period.",
		Source: "TA-Lib MA",
		TALib:  "MA",
		Differs: runningTotals + "on a tape with one spike, ma(close - open, 21, \"wma\") at bar 1123 " +
			"is 0.001212121212, TA-Lib has 0.001212121216",
		Examples: []string{`close > ma(close, 50, "kama")`, "ma(close, 20) > ma(close, 50)"},
		Lookback: func(a Args) int { return maLookback(a.Int(0), a.MAType(1)) },
		Warmup:   func(a Args, eps float64) int { return maWarmup(a.Int(0), a.MAType(1), eps) },
		Bind:     func(a Args) Build { return bindMA(a.Int(0), a.MAType(1)) },
	}
}

// The moving averages by TA-Lib's numbers.
const (
	maSMA MAType = iota
	maEMA
	maWMA
	maDEMA
	maTEMA
	maTRIMA
	maKAMA
	maMAMA
	maT3
	maHMA
	maDisabled
	_ // the default, which is resolved where the name is read
	maZLEMA
	maRMA
)

// maLookback returns the bars before the first value of a moving average.
func maLookback(n int, kind MAType) int {
	if n == 1 || kind == maDisabled {
		return 0
	}
	switch kind {
	case maDEMA:
		return 2 * (n - 1)
	case maTEMA:
		return 3 * (n - 1)
	case maKAMA:
		return n
	case maMAMA:
		return 32
	case maT3:
		return 6 * (n - 1)
	case maHMA:
		return n - 1 + hmaRoot(n) - 1
	case maZLEMA:
		return n - 1 + (n-1)/2
	}
	return n - 1
}

// maWarmup returns the further bars until a moving average forgets its seed, 0
// for those that are windows.
func maWarmup(n int, kind MAType, eps float64) int {
	if n == 1 {
		return 0
	}
	var r *Row
	switch kind {
	case maEMA, maZLEMA:
		return emaWarmup(n, eps)
	case maDEMA:
		return stagesWarmup(2, n, eps)
	case maTEMA:
		return stagesWarmup(3, n, eps)
	case maT3:
		return stagesWarmup(6, n, eps)
	case maRMA:
		return rmaWarmup(n, eps)
	case maKAMA:
		r = kamaRow()
	case maMAMA:
		r = mamaRow()
	default:
		return 0
	}
	return r.Warmup(r.Defaults(), eps)
}

// bindMA makes a moving average of any type; its first output is the average.
// mama runs at its default limits and t3 at its default factor.
func bindMA(n int, kind MAType) Build {
	if n == 1 || kind == maDisabled {
		return Build{Kernel: copyKernel{}}
	}
	switch kind {
	case maEMA:
		return bindEMA(n)
	case maWMA:
		return bindWMA(n)
	case maDEMA:
		return bindDEMA(n)
	case maTEMA:
		return bindTEMA(n)
	case maTRIMA:
		return bindTRIMA(n)
	case maKAMA:
		return bindKAMA(n)
	case maMAMA:
		return bindMAMAOnly()
	case maT3:
		return bindT3(n, 0.7)
	case maHMA:
		return bindHMA(n)
	case maZLEMA:
		return bindZLEMA(n)
	case maRMA:
		return bindRMA(n)
	}
	return bindSMA(n)
}
