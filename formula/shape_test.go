package formula

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"streamd/formula/plan"
	"streamd/internal/seed"
)

// numbered puts other numbers into a formula, in place of those of its shape.
func numbered(shape string, number func() string) string {
	var b strings.Builder
	for _, c := range []byte(shape) {
		if c == numberMark {
			b.WriteString(number())
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// A formula whose shape is remembered compiles to what it compiles to by itself.
func TestShapesCompileAsWhole(t *testing.T) {
	rng := seed.Rand(t)
	env := Env{Named: NamedDefaults(), LookbackMax: 500}
	reader := NewBuilder(env)
	numbers := []string{"0", "1", "2", "0.5", "1e-3", "30", "70", "190.5", "1e300", "100"}
	again := 0
	for range 60 {
		g := newGenerator(rng, Functions(nil))
		text := g.cond(3)
		text = strings.TrimPrefix(text, "(")
		if len(text) > 0 && strings.HasSuffix(text, ")") && strings.Count(text, "(") < strings.Count(text, ")") {
			text = text[:len(text)-1]
		}
		shape, _, ok := reader.AppendShape(nil, text, nil)
		if !ok {
			continue
		}
		b := NewBuilder(env)
		for range 3 {
			variant := numbered(string(shape), func() string { return numbers[rng.IntN(len(numbers))] })
			got, d := b.Add(variant)
			whole := NewBuilder(env)
			want, wantD := whole.Add(variant)
			if a, b := describe(b.Graph(), got, d), describe(whole.Graph(), want, wantD); a != b {
				t.Fatalf("%s\n got %s\nwant %s", variant, a, b)
			}
			if sh, _ := b.shapeOf(variant); sh != nil {
				again++
			}
			if c, _, d := b.Try(variant); len(d) == 0 && (c.Canon != want.Canon || c.Type != want.Type) {
				t.Fatalf("%s: tried %s, want %s", variant, c.Canon, want.Canon)
			}
		}
	}
	if again < 60 {
		t.Errorf("%d formulas of remembered shapes: too few to say anything", again)
	}
}

func describe(g *plan.Graph, c Compiled, d Diagnostics) string {
	if len(d) > 0 {
		return fmt.Sprint(d)
	}
	var watch []string
	for _, w := range c.Watch {
		watch = append(watch, w.Name+" is "+g.Canon(w.Ref))
	}
	var below []string
	for _, r := range g.Below(c.Root) {
		below = append(below, fmt.Sprint(g.Canon(r), " behind ", g.Lookback(r)))
	}
	slices.Sort(below)
	return fmt.Sprint(c.Type, c.Bool, c.Lookback, c.Canon, watch, c.Named, len(c.Warnings), below)
}

// What is taken back leaves nothing behind that later formulas could stand on.
func TestRewind(t *testing.T) {
	b := NewBuilder(Env{Named: NamedDefaults()})
	if _, d := b.Add("close > 1"); len(d) > 0 {
		t.Fatal(d)
	}
	mark := b.Mark()
	for range 3 {
		for _, text := range []string{
			"sma_20 > 3", "close > 7 and rsi(close, 5) < 30", `close > tf("5m", sma_50)`, "close > ema(close, 7) * 1.5",
		} {
			c, d := b.Add(text)
			if len(d) > 0 {
				t.Fatal(d)
			}
			whole := NewBuilder(b.env)
			want, _ := whole.Add(text)
			if a, b := describe(b.Graph(), c, nil), describe(whole.Graph(), want, nil); a != b {
				t.Errorf("%s\n got %s\nwant %s", text, a, b)
			}
		}
		b.Rewind(mark)
	}
	if n := len(b.Graph().Nodes); n != mark.Nodes() {
		t.Errorf("%d nodes, %d before", n, mark.Nodes())
	}
}

func TestShapeOfText(t *testing.T) {
	b := NewBuilder(Env{Named: []Named{{"strong", `rank(roc(close, 20)) <= 10`}}, Others: true})
	for text, want := range map[string]string{
		"close > 190.5":                              "close > #",
		"close>-3e2 and (rsi(close, 14) < 30)":       "close>-# and (rsi(close, 14) < #)",
		"close > sma(close, 20)[3] * 1.02":           "close > sma(close, 20)[3] * #",
		"macd(close, 12, 26, signalperiod=9).hist>0": "macd(close, 12, 26, signalperiod=9).hist>#",
		"not (close > 5 or 30 < rsi_14 < 70)":        "not (close > # or # < rsi_14 < #)",
		"x = 5\nclose > x":                           "",
		"x = 5; close > x":                           "",
		`close > sym("SPY", close) * 2`:              "",
		"strong and close > 5":                       "",
		"close > 5 # why":                            "",
		"close > 1e999":                              "",
	} {
		shape, _, ok := b.AppendShape(nil, text, nil)
		got := strings.ReplaceAll(string(shape), string(numberMark), "#")
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q has shape %q, want %q", text, got, want)
		}
	}
}
