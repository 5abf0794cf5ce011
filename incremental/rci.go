package incremental

import "math"

// rciRow correlates the order of values with the order of time.
func rciRow() *Row {
	return &Row{
		Name: "rci", Title: "Rank Correlation Index", Group: GroupSeries,
		Inputs: []Input{Real}, Params: []Param{lengthParam(9, 2)}, Outputs: real1,
		Doc:      "Spearman's correlation of the last length values with time, times 100: 100 when each is above the one before, -100 when each is below. Equal values share their mean rank; 0 in a flat window. Costs O(length log length) per bar.",
		Source:   "Pine ta.rci; Spearman 1904",
		Examples: []string{"crossover(rci(close, 9), -80)"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			n := a.Int(0)
			var l layout
			values := l.sorted(n)
			return l.build(n, func(s []float64, in, out [][]float64, j int) {
				w := in[0][j : j+n+1]
				v := values.push(s, w)
				out[0][j] = math.NaN()
				if len(v) == n {
					out[0][j] = 100 * rankCorrelation(w[1:], v)
				}
			})
		},
	}
}

// rankCorrelation is Pearson's correlation of the places of values in time with
// their ranks in v, which holds them in order. Ranks are doubled, so that all
// sums are of whole numbers.
func rankCorrelation(values, v []float64) float64 {
	n := float64(len(v))
	cross, ranks := 0.0, 0.0
	for i, x := range values {
		lo, hi := placeOf(v, x)
		cross += (2*float64(i) - (n - 1)) * (float64(lo+hi) - 1 - (n - 1))
	}
	for from := 0; from < len(v); {
		lo, hi := placeOf(v, v[from])
		d := float64(lo+hi) - 1 - (n - 1)
		ranks += float64(hi-lo) * d * d
		from = hi
	}
	if ranks == 0 {
		return 0
	}
	return cross / math.Sqrt(ranks*(n*(n*n-1)/3))
}

// placeOf returns the half-open range of places at which x is in v.
func placeOf(v []float64, x float64) (from, to int) {
	from, high := 0, len(v)
	for from < high {
		if mid := (from + high) / 2; v[mid] < x {
			from = mid + 1
		} else {
			high = mid
		}
	}
	for to = from; to < len(v) && v[to] == x; to++ {
	}
	return from, to
}
