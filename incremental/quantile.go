package incremental

import (
	"math"

	"streamd/incremental/window"
)

// Quantiles of a window: each lies at a place between two ranks, counted from 0
// at the least value.

func medianRow() *Row {
	return quantileRow("median", "Median", 5,
		"The middle of the last length values in order; of an even number the mean of the two in the middle.",
		"Pine ta.median", "close > median(close, 21)",
		func(a Args) float64 { return float64(a.Int(0)-1) / 2 })
}

func percentileNearestRankRow() *Row {
	return quantileRow("percentile_nearest_rank", "Percentile by Nearest Rank", 15,
		"The least of the last length values that at least percentage percent of them do not exceed. Always one of "+
			"the values.",
		"Pine ta.percentile_nearest_rank", "volume > percentile_nearest_rank(volume, 100, 90)",
		func(a Args) float64 { return max(math.Ceil(a.Float(1)*a.Float(0)/100), 1) - 1 }, percentage)
}

func percentileLinearRow() *Row {
	return quantileRow("percentile_linear_interpolation", "Percentile by Linear Interpolation", 15,
		"The percentile of the last length values in order: each stands for an equal share of 100 percent and lies in "+
			"the middle of it; what lies between two is interpolated. 1 2 3 4 at 25 percent is 1.5.",
		"Pine ta.percentile_linear_interpolation", "close > percentile_linear_interpolation(close, 100, 75)",
		func(a Args) float64 { return min(max(a.Float(0)*a.Float(1)/100-0.5, 0), a.Float(0)-1) }, percentage)
}

var percentage = Param{Name: "percentage", Kind: Float, Default: 50, Min: 0, Max: 100}

func quantileRow(name, title string, length float64, doc, source, example string, place func(a Args) float64,
	more ...Param,
) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real}, Params: append([]Param{lengthParam(length, 1)}, more...), Outputs: real1,
		Doc: doc + " O(log n) per bar.", Source: source, Examples: []string{example},
		OrderStatistic: true,
		Lookback:       func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			whole, part := math.Modf(place(a))
			rank := int(whole)
			above := min(rank+1, n-1)
			var l window.Layout
			values := l.Ranks(n)
			return byBar(&l, n, func(s []float64, in, out [][]float64, j int) {
				out[0][j] = math.NaN()
				if values.Push(s, in[0][j+n], in[0][j]) {
					lo, hi := values.Value(s, rank), values.Value(s, above)
					out[0][j] = lo + float64(part*(hi-lo))
				}
			})
		},
	}
}
