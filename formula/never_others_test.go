package formula

import "testing"

// Comparisons with what other series say are looked at for what can never be true, too.
func TestComparisonsWithOtherSeriesCompile(t *testing.T) {
	for _, src := range []string{
		`close > sym("SPY", close)`, `sym("SPY", close > open) and sym("SPY", close)[1] - close > 0`,
		`rank(close) > across_mean(close) and crossover(breadth(close > open), 50)`,
		`pctrank(close) > sym("SPY", pctrank(close)) * 2`, `(rank(close) == 1 ? sym("SPY", close) : close) > 5`,
	} {
		if _, d := NewBuilder(testEnv(t)).Add(src); len(d) > 0 {
			t.Errorf("%s: %v", src, d)
		}
	}
}
