package stream

import (
	"fmt"
	"testing"
)

// TestReads finds what formulas look at, below other functions and timeframes, too.
func TestReads(t *testing.T) {
	const high, low, last, volume = 1 << 1, 1 << 2, 1 << 3, 1 << 4
	for _, test := range []struct {
		expressions []string
		want        PriceSet
	}{
		{[]string{"close > sma(close, 20) and rsi(close, 14) > 70 and volume > 2 * sma(volume, 20)"}, last | volume},
		{[]string{"close > 1", "tf(\"1h\", obv(close)) > 5"}, last | volume},
		{[]string{"atr_14 > 1"}, high | low | last},
		{[]string{"x = low\nx > 3"}, low},
		{[]string{"hour > 3 and bar_index % 2 == 0"}, last},
		{[]string{"close > 1", "close > sym(\"SPY\", close)"}, PricesAll},
	} {
		c := RulesConfig{Others: true}
		for i, e := range test.expressions {
			c.Formulas = append(c.Formulas, Formula{Name: fmt.Sprint("f", i), Expression: e})
		}
		rules, problems := NewRules(c)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := rules.Reads(); got != test.want {
			t.Errorf("%q reads %b, want %b", test.expressions, got, test.want)
		}
	}
}
