package incremental

// macdRow is Appel's moving average convergence/divergence.
func macdRow() *Row {
	return &Row{
		Name: "macd", Title: "Moving Average Convergence/Divergence", Group: GroupMomentum,
		Inputs: []Input{Real},
		Params: []Param{
			periodNamed("fastperiod", 12, 2), periodNamed("slowperiod", 26, 2), periodNamed("signalperiod", 9, 1),
		},
		Outputs: macdOutputs(),
		Doc: "macd is a fast exponential average less a slow one, macdsignal an exponential average of that, macdhist their difference. " +
			"Both averages have their first value on the same bar, and all three lines begin together.",
		Source:   "TA-Lib MACD",
		TALib:    "MACD",
		Examples: []string{"macd(close).hist > 0", "crossover(macd(close).macd, macd(close).signal)"},
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) + a.Int(2) - 2 },
		Warmup: func(a Args, eps float64) int {
			return emaWarmup(max(a.Int(0), a.Int(1)), eps) + emaWarmup(a.Int(2), eps)
		},
		Bind: bindMACD,
	}
}

func bindMACD(a Args) Build {
	e := Arg{Num: float64(maEMA)}
	return bindMACDEXT(Args{a[0], e, a[1], e, a[2], e})
}
