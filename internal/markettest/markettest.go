// Package markettest draws markets, for the tests of formulas that look at other series, and compares their matches.
package markettest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"streamd/candle"
	"streamd/history"
)

// Draw draws series of one minute with holes, late starts, halts and decimal prices, so that values tie.
func Draw(t testing.TB, rng *rand.Rand, symbols, bars int) []history.Tape {
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	var tapes []history.Tape
	for s := range symbols {
		tape := history.Tape{Key: candle.Series{Symbol: fmt.Sprintf("S%02d", s), Timeframe: tf}}
		start, halt := rng.IntN(3)*rng.IntN(bars/2), rng.IntN(bars)
		price := 100 + rng.IntN(100)
		for i := start; i < bars; i++ {
			if rng.IntN(20) == 0 || s%4 == 3 && i >= halt && i < halt+12 {
				continue
			}
			open := price
			price = max(10, price+rng.IntN(7)-3)
			tape.Block.Append(candle.Candle{
				Time: int64(i) * int64(time.Minute), Open: float64(open) / 10, Close: float64(price) / 10,
				High: float64(max(open, price)+1) / 10, Low: float64(min(open, price)-1) / 10,
				Volume: float64(rng.IntN(9)),
			})
		}
		tapes = append(tapes, tape)
	}
	return tapes
}

// Difference shows the first line of either that the other lacks. Both may be in any order.
func Difference(got, want []string) string {
	for _, line := range got {
		if !slices.Contains(want, line) {
			return "too many: " + line
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			return "missing: " + line
		}
	}
	return "the order differs, or one comes twice"
}
