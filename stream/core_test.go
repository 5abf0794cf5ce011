package stream

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"streamd/candle"
	"streamd/internal/seed"
)

// alertFormulas draws formulas as many people would write them: of few shapes, of any numbers, for one symbol, for
// some or for all.
func alertFormulas(rng *rand.Rand, n int, symbols []string) []Formula {
	number := func() string {
		return []string{"0", "1", "1.0", "0.97", "1.02", "99", "100", "100.5", "101", "50", "-1", "2"}[rng.IntN(12)]
	}
	shapes := []func() string{
		func() string { return "close > " + number() },
		func() string { return "close < " + number() },
		func() string { return "close > sma(close, 20) * " + number() },
		func() string { return "rsi(close, 14) < " + number() + " and close > " + number() },
		func() string { return number() + " < rsi(close, 14) < " + number() },
		func() string { return "close - open > " + number() + " or volume > " + number() + " * 5" },
		func() string { return "not (close == " + number() + ")" },
		func() string { return "(close * " + number() + ")[1] < close" },
		func() string { return "x = " + number() + "\nclose > sma_20 + x" },
		func() string { return "close > highest(high, 5)[1] + " + number() + " * atr(7)" },
		func() string { return `close > tf("5m", sma(close, 3)) - ` + number() },
		func() string { return "crossover(close, 100)" },
	}
	fs := make([]Formula, n)
	for i := range fs {
		f := Formula{Name: fmt.Sprint("alert ", i), Expression: shapes[rng.IntN(len(shapes))]()}
		switch rng.IntN(6) {
		case 0:
			f.Mode, f.Resolve = Edge, true
		case 1:
			f.Mode, f.Rearm = Edge, "close < "+number()
		case 2:
			f.For, f.Cooldown = 2, 3
		case 3:
			f.Mode, f.Metadata, f.Intrabar = Edge, map[string]string{"by": number()}, true
		}
		switch rng.IntN(4) {
		case 0:
			f.Symbols = []string{"A*"}
		case 1:
			f.Symbols = []string{symbols[0], symbols[len(symbols)-1]}
		case 2:
			f.Symbols = []string{symbols[rng.IntN(len(symbols))]}
		}
		fs[i] = f
	}
	return fs
}

// asWhole has the engine's series run under programs that share nothing.
func asWhole(e *Engine, keys []candle.Series) {
	for _, key := range keys {
		e.program(key)
		selected := slices.Clone(e.selected)
		whole := e.cores.alone(e.rules, selected, key.Timeframe, e.options).program(selected, key.Timeframe)
		e.programs[string(e.key)] = whole
	}
}

func keysOf(t testing.TB, symbols []string) []candle.Series {
	var keys []candle.Series
	for _, s := range symbols {
		keys = append(keys, candle.Series{Symbol: s, Timeframe: minute(t)})
	}
	return keys
}

// linesOf pushes candles to a series, the last one as forming as well, and returns what that says.
func linesOf(e *Engine, key candle.Series, cs []candle.Candle, live bool) []string {
	var lines []string
	var out Effects
	s := e.Series(key)
	if live {
		for _, c := range cs {
			e.PushSeries(s, c, false, &out)
			e.PushSeries(s, c, true, &out)
		}
	} else {
		b := newBlock(0)
		for _, c := range cs {
			b.Append(c)
		}
		e.PushBlock(s, &b, &out)
	}
	for i := range out.Matches {
		lines = append(lines, string(out.Matches[i].AppendJSON(nil)))
	}
	return lines
}

// Formulas that share a plan by their shapes say what they say under plans of their own, to the byte.
func TestSharedPlansSayTheSame(t *testing.T) {
	rng := seed.Rand(t)
	symbols := []string{"A", "AB", "B", "C"}
	keys := keysOf(t, symbols)
	matches := 0
	for round := range 4 {
		formulas := alertFormulas(rng, 40, symbols)
		rules := benchRules(t, formulas)
		o := Options{BlockMax: 1 + 31*(round%2)}
		shared, whole := New(rules, o), New(rules, o)
		asWhole(whole, keys)
		if round == 0 && len(shared.cores.byShapes) != 0 {
			t.Fatal("cores before there are series")
		}
		for i, key := range keys {
			cs := testCandles(rng, 150)
			for k := 0; k < len(cs); k += 50 {
				got := linesOf(shared, key, cs[k:k+50], round%2 == 0)
				want := linesOf(whole, key, cs[k:k+50], round%2 == 0)
				if !slices.Equal(got, want) {
					t.Fatalf("round %d, %s: %d matches, want %d:\n%s\nwant\n%s", round, key, len(got), len(want),
						strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				matches += len(got)
			}
			a, b := shared.Find(keys[i]), whole.Find(keys[i])
			for k := range a.program.rules {
				if x, y := a.program.rules[k].gate, b.program.rules[k].gate; fmt.Sprint(x) != fmt.Sprint(y) {
					t.Errorf("%s: the gate is %v, want %v", a.program.rules[k].Expression, x, y)
				}
			}
		}
	}
	if matches < 300 {
		t.Errorf("%d matches: too few to say anything", matches)
	}
}

// Series whose formulas are of the same shapes share one core, whatever the numbers and their order.
func TestCoresAreShared(t *testing.T) {
	var formulas []Formula
	symbols := []string{"A", "B", "C", "D", "E"}
	for i, s := range symbols {
		texts := []string{fmt.Sprint("close > ", 100+i), fmt.Sprint("rsi(close, 14) < ", 20+i), "close > open"}
		for k := range texts {
			formulas = append(formulas, Formula{
				Name: fmt.Sprint(s, k), Expression: texts[(k+i)%3], Symbols: []string{s}, Mode: Edge,
			})
		}
	}
	e := New(benchRules(t, formulas), Options{})
	var first *program
	for _, key := range keysOf(t, symbols) {
		p := e.program(key)
		if first == nil {
			first = p
		}
		if p.core != first.core || len(p.rules) != 3 {
			t.Errorf("%s: %d rules, a core of its own: %v", key, len(p.rules), p.core != first.core)
		}
	}
	if n := len(e.cores.byShapes); n != 1 {
		t.Errorf("%d cores", n)
	}
}

// Rules that are changed one formula at a time are those that are made at once: series whose formulas are the same
// are not touched, and all go on as they would behind a restart.
func TestChangeIsARestart(t *testing.T) {
	rng := seed.Rand(t)
	symbols := []string{"A", "AB", "B", "C", "D"}
	keys := keysOf(t, symbols)
	formulas := alertFormulas(rng, 60, symbols)
	rules := benchRules(t, formulas)
	e := New(rules, Options{})
	candles := map[string][]candle.Candle{}
	for _, key := range keys {
		candles[key.Symbol] = testCandles(rng, 250)
		linesOf(e, key, candles[key.Symbol][:100], true)
	}
	for step := range 12 {
		at := 100 + 10*step
		put, removed := drawChange(rng, &formulas, symbols, step)
		changed, problems := rules.Change(put, removed...)
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		restarted := New(benchRules(t, formulas), Options{})
		for _, key := range keys {
			if _, err := restarted.Restore(e.Find(key).AppendRecord(nil, nil)); err != nil {
				t.Fatal(err)
			}
		}
		before := map[string]*program{}
		for _, key := range keys {
			before[key.Symbol] = e.Find(key).program
		}
		rules = changed
		e.Reload(rules)
		for _, key := range keys {
			cs := candles[key.Symbol][at : at+10]
			got, want := linesOf(e, key, cs, true), linesOf(restarted, key, cs, true)
			if !slices.Equal(got, want) {
				t.Fatalf("step %d, %s: %d matches, want %d", step, key, len(got), len(want))
			}
			a, b := e.Find(key), restarted.Find(key)
			if !bytes.Equal(a.AppendRecord(nil, nil), b.AppendRecord(nil, nil)) {
				t.Fatalf("step %d, %s: the record is another one", step, key)
			}
			touched := slices.ContainsFunc(append(put, Formula{Symbols: removedSymbols(removed)}), func(f Formula) bool {
				return f.Selects(key)
			})
			if !touched && a.program != before[key.Symbol] {
				t.Errorf("step %d: %s has another program, though none of its formulas has changed", step, key)
			}
		}
	}
}

// removedSymbols selects all series where something was removed: for whom it was is not known any more.
func removedSymbols(removed []string) []string {
	if len(removed) > 0 {
		return nil
	}
	return []string{"none"}
}

// drawChange adds, replaces or removes formulas of a list that stands for the whole set.
func drawChange(rng *rand.Rand, all *[]Formula, symbols []string, step int) (put []Formula, removed []string) {
	drawn := alertFormulas(rng, 2, symbols)
	switch k := rng.IntN(len(*all)); step % 3 {
	case 0:
		for i := range drawn {
			drawn[i].Name = fmt.Sprint("new ", step, i)
			drawn[i].Rank.Index = int64(len(*all))
			*all = append(*all, drawn[i])
		}
		return drawn, nil
	case 1:
		drawn[0].Name, drawn[0].Rank.Index = (*all)[k].Name, int64(k)
		was := (*all)[k]
		drawn[0].Symbols = was.Symbols
		(*all)[k] = drawn[0]
		return drawn[:1], nil
	default:
		k = len(*all) - 1
		removed = []string{(*all)[k].Name}
		*all = (*all)[:k]
		return nil, removed
	}
}
