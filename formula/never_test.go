package formula_test

import (
	"testing"

	"streamd/formula"
)

// A comparison is warned of only where no value that its sides can have makes it true.
func TestNeverTrue(t *testing.T) {
	for src, want := range map[string]string{
		"rsi(close, 14) > 120":        "1:1: rsi(close, 14) > 120 can never be true: the left side is from 0 to 100, the right side 120",
		"rsi(close, 14) > 100":        "1:1: rsi(close, 14) > 100 can never be true: the left side is from 0 to 100, the right side 100",
		"rsi(close, 14) >= 100":       "",
		"close > 1 and willr() > 5":   "1:15: willr() > 5 can never be true: the left side is from -100 to 0, the right side 5",
		"dayofweek() >= 10":           "1:1: dayofweek() >= 10 can never be true: the left side is from 1 to 7, the right side 10",
		"0 > volume":                  "1:1: 0 > volume can never be true: the left side is 0, the right side at least 0",
		"close - open < 0":            "",
		"rsi(close) - 50 < -50":       "1:1: rsi(close) - 50 < -50 can never be true: the left side is from -50 to 50, the right side -50",
		"rsi(close)[1] * -1 > 0":      "1:1: rsi(close)[1] * -1 > 0 can never be true: the left side is from -100 to 0, the right side 0",
		`tf("1h", adx(14)) == 101`:    "1:1: tf(\"1h\", adx(14)) == 101 can never be true: the left side is from 0 to 100, the right side 101",
		"crossover(rsi(close), 100)":  "1:1: crossover(rsi(close), 100) can never be true: the left side is from 0 to 100, the right side 100",
		"crossover(rsi(close), 0)":    "",
		"crossunder(rsi(close), 0)":   "1:1: crossunder(rsi(close), 0) can never be true: the left side is from 0 to 100, the right side 0",
		"cross(rsi(close), 70)":       "",
		"20 < rsi(close, 2) < 30":     "",
		"rsi_14 == 101":               "1:1: rsi_14 == 101 can never be true: the left side is from 0 to 100, the right side 101",
		"1 > 2":                       "",
		"na > rsi(close)":             "",
		"close / rsi(close) > -1":     "",
		"close * (rsi(close)-50) < 0": "",
	} {
		c, d := formula.NewBuilder(formula.Env{Named: formula.NamedDefaults()}).Add(src)
		if len(d) > 0 {
			t.Fatal(d.Render(src))
		}
		got := ""
		for _, w := range c.Warnings {
			got += w.String()
		}
		if got != want {
			t.Errorf("%s:\n got %q\nwant %q", src, got, want)
		}
	}
}
