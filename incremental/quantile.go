package incremental

import "math"

// Quantiles of a window: the median and the percentiles by either definition,
// over one sorted window.

func medianRow() *Row {
	return quantile("median", "Median", 5, false,
		"The middle of the last length values in order; of an even number the mean of the two in the middle.",
		"Pine ta.median", "close > median(close, 21)",
		func(v []float64, _ float64) float64 {
			n := len(v)
			if lo, hi := v[(n-1)/2], v[n/2]; lo != hi {
				return lo + (hi-lo)/2
			}
			return v[n/2]
		})
}

func percentileNearestRankRow() *Row {
	return quantile("percentile_nearest_rank", "Percentile by Nearest Rank", 15, true,
		"The least of the last length values that at least percentage percent of them do not exceed. Always one of the values.",
		"Pine ta.percentile_nearest_rank", "volume > percentile_nearest_rank(volume, 100, 90)",
		func(v []float64, percentage float64) float64 {
			rank := int(math.Ceil(percentage * float64(len(v)) / 100))
			return v[max(rank, 1)-1]
		})
}

func percentileLinearRow() *Row {
	return quantile("percentile_linear_interpolation", "Percentile by Linear Interpolation", 15, true,
		"The percentile of the last length values, interpolated between the two nearest in order: 0 is the least, 100 the greatest.",
		"Pine ta.percentile_linear_interpolation", "close > percentile_linear_interpolation(close, 100, 75)",
		func(v []float64, percentage float64) float64 {
			place := percentage * float64(len(v)-1) / 100
			i := int(place)
			if i+1 == len(v) {
				return v[i]
			}
			return v[i] + float64((place-float64(i))*(v[i+1]-v[i]))
		})
}

// quantile is a row over a sorted window; f picks from the values in order.
func quantile(name, title string, length float64, percent bool, doc, source, example string, f func(v []float64, percentage float64) float64) *Row {
	params := []Param{lengthParam(length, 1)}
	if percent {
		params = append(params, Param{Name: "percentage", Kind: Float, Default: 50, Min: 0, Max: 100})
	}
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real}, Params: params, Outputs: real1,
		Doc: doc, Source: source, Examples: []string{example},
		OrderStatistic: true,
		Lookback:       func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n, percentage := a.Int(0), 0.0
			if percent {
				percentage = a.Float(1)
			}
			var l layout
			values := l.sorted(n)
			return l.build(n, func(s []float64, in, out [][]float64, j int) {
				v := values.push(s, in[0][j:j+n+1])
				out[0][j] = math.NaN()
				if len(v) == n {
					out[0][j] = f(v, percentage)
				}
			})
		},
	}
}
