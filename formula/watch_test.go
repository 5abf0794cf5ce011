package formula

import (
	"slices"
	"strings"
	"testing"

	"streamd/candle"
	"streamd/incremental/catalog"
)

// TestWatchedCalls wants each numeric call of a formula as it stands in the canonical
// text, with its history index, and the call without one only where it stands so.
func TestWatchedCalls(t *testing.T) {
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ formula, want string }{
		{"close > highest(high, 60)[1]", "highest(high, 60)[1]"},
		{"lag(highest(high, 60), 1) < close", "highest(high, 60)[1]"},
		{"highest(high, 3)[1] < highest(high, 3)", "highest(high, 3); highest(high, 3)[1]"},
		{"highest(high, 3)[0] < close", "highest(high, 3)"},
		{"(sma(close, 3))[1] > close", "sma(close, 3)[1]"},
		{"sma(close, 3)[1][2] > close", "sma(close, 3)[1][2]"},
		{"macd(close).signal[1] > 0", "macd(close, 12, 26, 9).macdsignal[1]"},
		{"m = macd(close)\nm.signal[1] > m.macd", "macd(close, 12, 26, 9).macd; macd(close, 12, 26, 9).macdsignal[1]"},
		{"sma(rsi(close, 3), 5)[1] > 50", "rsi(close, 3); sma(rsi(close, 3), 5)[1]"},
		{"(sma(close, 3) - sma(close, 5))[1] > 0", "sma(close, 3); sma(close, 5)"},
		{"x = sma(close, 3)\nclose > x[1]", "sma(close, 3)[1]"},
		{"x = sma(close, 3)\nclose > x[1] and close > x", "sma(close, 3); sma(close, 3)[1]"},
		{"x = sma(close, 3)[1]\nclose > x", "sma(close, 3)[1]"},
		{"x = sma(close, 3)\ny = x\nclose > y[2]", "sma(close, 3)[2]"},
		{"x = rsi(close, 3)\nclose > 5", "rsi(close, 3)"},
		{"def above(x) = close > x[1]\nabove(sma(close, 3))", "sma(close, 3)[1]"},
		{"def rises(x) = x > x[1]\nrises(sma(close, 3))", "sma(close, 3); sma(close, 3)[1]"},
		{`tf("1h", rsi(close, 3))[1] > 30`, `tf("1h", rsi(close, 3))[1]`},
		{`tf("1h", rsi(close, 3)[1]) > 30`, `tf("1h", rsi(close, 3)[1])`},
		{"crossover(close, sma(close, 3))[1]", "sma(close, 3)"},
		{"rsi_3[1] < 30", ""},
	} {
		b := NewBuilder(Env{Timeframe: minute, Table: catalog.New(), Named: []Named{{Name: "rsi_3", Expression: "rsi(close, 3)"}}})
		compiled, problems := b.Add(c.formula)
		if len(problems) > 0 {
			t.Fatalf("%q: %v", c.formula, problems)
		}
		var names []string
		for _, w := range compiled.Watch {
			names = append(names, w.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, "; "); got != c.want {
			t.Errorf("%q shows %s, want %s", c.formula, got, c.want)
		}
	}
}
