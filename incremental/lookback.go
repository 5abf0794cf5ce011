package incremental

import "math"

// skip writes na for those bars of the block that lie within the lookback, and
// returns their number. seen is the state's count of bars, which stops at the
// lookback.
func skip(seen *float64, lookback int, out [][]float64) int {
	n := min(lookback-int(*seen), len(out[0]))
	for _, y := range out {
		for j := range y[:n] {
			y[j] = math.NaN()
		}
	}
	*seen = min(*seen+float64(len(out[0])), float64(lookback))
	return n
}
