package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"streamd/formula"
	"streamd/formula/plan"
	"streamd/incremental/catalog"
	"streamd/internal/plantest"
	"streamd/internal/seed"
)

// comparisonText writes a comparison of a kind that shares ladders with others:
// few columns, many constants, some of which prices hit exactly.
func comparisonText(rng *rand.Rand) string {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	column := func() string {
		return pick("close", "close", "open", "high", "sma(close, 3)", "rsi(close, 3)", "close - open",
			"close / (open - close)", "(close - 100) * 1e308", "na", "volume")
	}
	number := func() string {
		return pick(fmt.Sprint(90+rng.IntN(20)), fmt.Sprint(rng.IntN(3)-1), fmt.Sprintf("1.0%d", rng.IntN(10)),
			"100.00000000001", "1e300", "1e-320")
	}
	side := func() string {
		switch c := column(); rng.IntN(6) {
		case 0:
			return number()
		case 1:
			return c + " * " + number()
		case 2:
			return number() + " * (" + c + ")"
		case 3:
			return c + " + " + number()
		case 4:
			return c + " - " + number()
		default:
			return c
		}
	}
	switch rng.IntN(8) {
	case 0:
		return pick("crossover(close, open)", "rising(close, 2)", "close[1] > open[1]", `tf("5m", close > open)`)
	case 1:
		return "(" + side() + pick(" < ", " <= ") + side() + " < " + side() + ")"
	}
	return side() + pick(" < ", " <= ", " > ", " >= ", " == ", " != ") + side()
}

func conditionText(rng *rand.Rand, depth int) string {
	if depth == 0 || rng.IntN(4) == 0 {
		return comparisonText(rng)
	}
	x, y := conditionText(rng, depth-1), conditionText(rng, depth-1)
	switch rng.IntN(5) {
	case 0:
		return "not (" + x + ")"
	case 1, 2:
		return "(" + x + " or " + y + ")"
	}
	return "(" + x + " and " + y + ")"
}

// TestJudge holds what a Judge says of many formulas together to the columns
// that the laid makes of their roots, whatever the cuts.
func TestJudge(t *testing.T) {
	rng := seed.Rand(t)
	for range 30 {
		b := formula.NewBuilder(formula.Env{Table: catalog.New(), Timeframe: plantest.Frame(t, "1m"), LookbackMax: 500})
		var roots []plan.Ref
		var texts []string
		for range 60 {
			src := conditionText(rng, rng.IntN(4))
			c, d := b.Add(src)
			if len(d) > 0 {
				t.Fatalf("%s", d.Render(src))
			}
			roots, texts = append(roots, c.Root), append(texts, c.Canon)
		}
		bars := roundBars(rng, 400)
		most := 1 + rng.IntN(150)
		whole := plan.NewPlan(b.Graph(), roots,
			plan.Options{Timeframe: plantest.Frame(t, "1m"), BlockMax: most, Slack: most})
		want, _ := plantest.Run(whole, roots, bars, rng, func() int { return 1 + rng.IntN(most) })
		got := plantest.Judge(t, b.Graph(), roots, bars, rng, most)
		for i := range roots {
			plantest.EqualBits(t, texts[i], got[i], want[i])
		}
	}
}

// roundBars are bars whose prices are whole numbers near 100, so that they often
// equal each other and the constants.
func roundBars(rng *rand.Rand, n int) plan.Columns {
	b := plantest.Bars(rng, n)
	for i := range b.Close {
		b.Open[i], b.Close[i] = 100+float64(rng.IntN(7)-3), 100+float64(rng.IntN(7)-3)
		b.High[i], b.Low[i] = max(b.Open[i], b.Close[i]), min(b.Open[i], b.Close[i])
		b.Volume[i] = float64(rng.IntN(3))
	}
	return b
}

// Formulas over the same columns share one ladder, whichever way they are written.
func TestConditionsShareLadders(t *testing.T) {
	b := formula.NewBuilder(formula.Env{Table: catalog.New(), Timeframe: plantest.Frame(t, "1m"), LookbackMax: 500})
	var roots []plan.Ref
	for _, src := range []string{
		"close > sma(close, 20) * 1.02 and rsi(close, 14) < 30", "1.01 * sma(close, 20) <= close",
		"sma(close, 20) < close",
		"rsi(close, 14) < 25 or 70 < rsi(close, 14)", "close < sma(close, 20) - 2", "not (close - open > 1)",
	} {
		c, d := b.Add(src)
		if len(d) > 0 {
			t.Fatal(d.Render(src))
		}
		roots = append(roots, c.Root)
	}
	c := plan.NewConditions(b.Graph(), roots)
	want := `close | sma(close, 20) 1,0 1.01,0 1.02,0
rsi(close, 14) | 0,25 0,30 0,70
close | sma(close, 20) 1,-2
close - open | 0,1
`
	if got := c.String(); got != want {
		t.Errorf("ladders:\n%s\nwant:\n%s", got, want)
	}
}
