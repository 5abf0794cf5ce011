package incremental_test

import (
	"math"
	"math/big"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// The difference of two means keeps its digits however large the prices are:
// judged by exact fractions where TA-Lib's own rounding shows.
func TestSpreadsOfMeansAreExact(t *testing.T) {
	const fast, slow = 10, 46
	prices := loadReference(t).series["bigoffset"]["close"]
	x := make([]float64, len(prices))
	for i, p := range prices {
		x[i] = float64(p)
	}
	table := catalog.New()
	sma := incremental.Arg{Num: 0}
	number := func(n float64) incremental.Arg { return incremental.Arg{Num: n} }
	apo, _ := run(bind(t, table.Row("apo"), incremental.Args{number(fast), number(slow), sma}), [][]float64{x}, 7)
	ppo, _ := run(bind(t, table.Row("ppo"), incremental.Args{number(slow), number(fast), sma}), [][]float64{x}, 7)
	macd, _ := run(bind(t, table.Row("macdext"),
		incremental.Args{number(fast), sma, number(slow), sma, number(1), sma}), [][]float64{x}, 7)
	for i := slow - 1; i < len(x); i++ {
		long := exactMean(x[i+1-slow : i+1])
		diff := new(big.Rat).Sub(exactMean(x[i+1-fast:i+1]), long)
		want, _ := diff.Float64()
		percent, _ := diff.Quo(diff.Mul(diff, big.NewRat(100, 1)), long).Float64()
		if !near(apo[0][i], want, 1e-11) || !near(macd[0][i], want, 1e-11) || !near(ppo[0][i], percent, 1e-11) {
			t.Fatalf("bar %d: apo %v, macdext %v, exact %v; ppo %v, exact %v", i, apo[0][i], macd[0][i], want,
				ppo[0][i], percent)
		}
	}
	if !math.IsNaN(apo[0][slow-2]) {
		t.Errorf("a value within the lookback: %v", apo[0][slow-2])
	}
}

func exactMean(w []float64) *big.Rat {
	sum := new(big.Rat)
	for _, v := range w {
		sum.Add(sum, new(big.Rat).SetFloat64(v))
	}
	return sum.Quo(sum, big.NewRat(int64(len(w)), 1))
}
