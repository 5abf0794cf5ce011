package incremental

import (
	"math"

	"streamd/incremental/window"
)

// rmaRow is Wilder's smoothing.
func rmaRow() *Row {
	return &Row{
		Name: "rma", Title: "Wilder's Smoothed Moving Average", Group: GroupOverlap,
		Inputs: []Input{Real}, Params: []Param{period(30, 1)}, Outputs: real1,
		Doc: "Each bar moves the average towards the value by 1/timeperiod of their distance, the smoothing " +
			"inside RSI, ATR and ADX. The seed is the mean of the first timeperiod values.",
		Source:   "TA-Lib RMA; Wilder, New Concepts in Technical Trading Systems (1978)",
		TALib:    "RMA",
		Examples: []string{"close > rma(close, 14)"},
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return bindRMA(a.Int(0)) },
	}
}

// rmaWarmup returns the bars until (1-1/n)^bars < eps.
func rmaWarmup(n int, eps float64) int {
	if n == 1 {
		return 0
	}
	return int(math.Ceil(math.Log(eps) / math.Log(1-1/float64(n))))
}

func bindRMA(n int) Build { return Build{Kernel: &ema{window.NewRMA(n)}, State: 2} }
