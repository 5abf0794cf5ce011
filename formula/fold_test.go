package formula_test

import (
	"testing"

	"streamd/formula"
	"streamd/incremental/catalog"
	"streamd/internal/plantest"
)

// Constants show as the decimals that they are.
func TestConstantsAreComputedAsDecimals(t *testing.T) {
	env := formula.Env{Table: catalog.New(), Timeframe: plantest.Frame(t, "1m"), LookbackMax: 500}
	for text, want := range map[string]string{
		"close > 0.1 + 0.2":           "close > 0.3",
		"close > 10000.1 - 10000":     "close > 0.1",
		"close > 1 / 3 * 3":           "close > 1",
		"close > -(1 / 3) * 3":        "close > -1",
		"close > sqrt(2) ^ 2 - 2":     "close > 0",
		"close > 0 * -1":              "close > -0",
		"close > 1e308 * 10 * 10":     "close > (2 ^ 1024)",
		"close > 1e-300 * 1e-300":     "close > 0",
		"close > 1e-10 - 2e-10":       "close > -1e-10",
		"sma(close, 2 + 3) > 1.1 * 3": "sma(close, 5) > 3.3",
	} {
		b := formula.NewBuilder(env)
		c, d := b.Add(text)
		if len(d) > 0 {
			t.Fatal(d.Render(text))
		}
		if c.Canon != want {
			t.Errorf("%s is %s, want %s", text, c.Canon, want)
		}
	}
}
