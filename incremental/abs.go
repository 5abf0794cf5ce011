package incremental

import "math"

func absRow() *Row {
	return mathRow("abs", "Absolute Value", math.Abs, "The distance from zero.", "abs(close - open) > atr(14)")
}

// mathRow is a function of single values by Pine's name. It takes infinite values too.
func mathRow(name, title string, f func(float64) float64, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupTransform,
		Inputs: []Input{Real}, Outputs: real1,
		Doc: doc, Source: "Pine math." + name, Examples: []string{example},
		NaAware:  true,
		Lookback: func(Args) int { return 0 },
		Bind:     func(Args) Build { return Build{Kernel: Pointwise{f}} },
	}
}
