package stream

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"streamd/candle"
	"streamd/formula"
	"streamd/internal/seed"
)

// A series that begins in the middle of its history says nothing until it says
// what one with the whole history says, to the byte; one whose formulas never
// forget says nothing at all.
func TestRebuiltSeriesIsSilentUntilItIsRight(t *testing.T) {
	rules, problems := NewRules(RulesConfig{Formulas: []Formula{
		{Name: "ema", Expression: "close > ema(close, 30)"},
		{Name: "rsi", Expression: "rsi(close, 9) > 50", Mode: Edge},
		{Name: "never", Expression: "obv(close) > -1e18"},
	}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	rng := seed.Rand(t)
	cs := testCandles(rng, 6000)
	from := 100 + rng.IntN(1000)
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	run := func(cs []candle.Candle, rebuilt bool) (map[string]bool, []string, *SeriesState) {
		e := New(rules, Options{})
		s := e.Series(key)
		s.Rebuilt = rebuilt
		var out Effects
		all, last := map[string]bool{}, []string(nil)
		for i, c := range cs {
			e.PushSeries(s, c, true, &out)
			for k := range out.Matches {
				line := string(out.Matches[k].AppendJSON(nil))
				all[line] = true
				if len(cs)-i <= 2000 {
					last = append(last, line)
				}
			}
			out.Drop()
		}
		if rebuilt && out.Withheld == 0 {
			t.Fatal("nothing was withheld: the test shows nothing")
		}
		return all, last, s
	}
	want, wantLast, _ := run(cs, false)
	got, gotLast, s := run(cs[from:], true)
	for line := range got {
		if !want[line] {
			t.Fatalf("a rebuilt series says what an uninterrupted one does not: %s", line)
		}
	}
	never := func(line string) bool { return strings.Contains(line, `"formula":"never"`) }
	wantLast = slices.DeleteFunc(wantLast, never)
	if !slices.Equal(gotLast, wantLast) {
		t.Errorf("it says %d of %d things once it is warm", len(gotLast), len(wantLast))
	}
	if s.Settle() {
		t.Error("a series with a formula that never forgets has settled")
	}
	e := New(rules, Options{})
	s = e.Series(key)
	s.Rebuilt = true
	var out Effects
	for _, c := range cs[:300] {
		e.PushSeries(s, c, true, &out)
	}
	for name, want := range map[string]string{"ema": "bars more", "never": "depends on all of it"} {
		x, err := e.Explain(key, name, Newest, nil)
		if err != nil || x.Fired || !slices.ContainsFunc(x.Reasons,
			func(r Reason) bool { return r.Code == ReasonRebuilt && strings.Contains(r.Text, want) }) {
			t.Errorf("%s: %+v %v", name, x, err)
		}
	}
}

func TestSettle(t *testing.T) {
	rules, problems := NewRules(RulesConfig{Formulas: []Formula{{Name: "sma", Expression: "close > sma(close, 30)"}}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	e := New(rules, Options{})
	s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(t)})
	s.Rebuilt = true
	var out Effects
	settled := -1
	for i, c := range testCandles(rand.New(rand.NewPCG(5, 6)), 1000) {
		e.PushSeries(s, c, true, &out)
		if settled < 0 && s.Settle() {
			settled = i
		}
		if settled < 0 && len(out.Matches) > 0 {
			t.Fatalf("a match on bar %d, before it has settled", i)
		}
	}
	if settled < 199 || len(out.Matches) == 0 {
		t.Errorf("settled on bar %d with %d matches: sma_200 stands in every payload", settled, len(out.Matches))
	}
}

// A reload brings a node that never sees the whole history: it says for how long its
// values may differ, over further reloads and a restart, and from then on they do not.
func TestReloadSaysWhatIsUnsettled(t *testing.T) {
	sets := [][]Formula{{{Name: "old", Expression: "close > ema(close, 20)"}}}
	for i, more := range []string{"close > ema(close, 90)", "close > sma(close, 20)", "close < sma(close, 20)"} {
		sets = append(sets, append(slices.Clone(sets[i]), Formula{Name: fmt.Sprintf("new%d", i), Expression: more}))
	}
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	whole, e := New(benchRules(t, sets[3]), Options{}), New(benchRules(t, sets[0]), Options{BlockMax: 32})
	w, s := whole.Series(key), e.Series(key)
	unsettled := func() (all []int) {
		s.Waiting(func(_ *Formula, _, n int) { all = append(all, n) })
		return all
	}
	var out, outWhole Effects
	settled := 0
	for i, c := range testCandles(rand.New(rand.NewPCG(8, 9)), 6000) {
		switch i {
		case 2000, 2010:
			e.Reload(benchRules(t, sets[(i-2000)/10+1]))
		case 2020:
			var err error
			e = New(benchRules(t, sets[3]), Options{})
			if s, err = e.Restore(s.AppendRecord(nil, nil)); err != nil {
				t.Fatal(err)
			}
		}
		e.PushSeries(s, c, true, &out)
		whole.PushSeries(w, c, true, &outWhole)
		n := unsettled()
		switch {
		case i == 2000 || i == 2010 || i == 2020:
			if n[0] != 0 || n[1] < 500 || n[1] > 3000 {
				t.Fatalf("on bar %d unsettled for %d bars", i, n)
			}
		case i > 2000 && settled == 0 && slices.Max(n) == 0:
			settled = i
			out.Drop()
			outWhole.Drop()
		}
	}
	if settled == 0 || len(out.Matches) == 0 || len(out.Matches) != len(outWhole.Matches) {
		t.Fatalf("settled on bar %d, %d matches afterwards, want %d", settled, len(out.Matches), len(outWhole.Matches))
	}
	for i := range out.Matches {
		if got, want := out.Matches[i].AppendJSON(nil),
			outWhole.Matches[i].AppendJSON(nil); string(got) != string(want) {
			t.Fatalf("after it has settled: %s, want %s", got, want)
		}
	}
}

// Where the ring holds all that a young series has seen, nothing is missing to what a
// reload brings.
func TestReloadOfYoungSeries(t *testing.T) {
	one := []Formula{{Name: "old", Expression: "close > ema(close, 20)"}}
	two := append(slices.Clone(one), Formula{Name: "new", Expression: "close > ema(close, 90)"})
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	whole, e := New(benchRules(t, two), Options{}), New(benchRules(t, one), Options{})
	w, s := whole.Series(key), e.Series(key)
	var out, outWhole Effects
	for i, c := range testCandles(rand.New(rand.NewPCG(8, 9)), 1000) {
		if i == 400 {
			e.Reload(benchRules(t, two))
		}
		e.PushSeries(s, c, true, &out)
		whole.PushSeries(w, c, true, &outWhole)
		s.Waiting(func(f *Formula, _, n int) {
			if n != 0 {
				t.Fatalf("bar %d: %s is unsettled for %d bars", i, f.Name, n)
			}
		})
	}
	if !bytes.Equal(s.AppendRecord(nil, nil), w.AppendRecord(nil, nil)) {
		t.Error("the states differ")
	}
}

// A formula that cannot be computed on a timeframe stands in no one else's way there.
func TestFormulaWithoutTimeframe(t *testing.T) {
	rules, problems := NewRules(RulesConfig{
		Formulas: []Formula{
			{Name: "first", Expression: "close > 1"},
			{Name: "wide", Expression: `close > tf("5m", close)`},
			{Name: "last", Expression: "close > 2"},
		},
		Indicators: []formula.Named{{Name: "five", Expression: `tf("5m", close)`}},
	})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	hour, err := candle.ParseTimeframe("1h")
	if err != nil {
		t.Fatal(err)
	}
	e := New(rules, Options{})
	s := e.Series(candle.Series{Symbol: "A", Timeframe: hour})
	var out Effects
	e.PushSeries(s, candle.Candle{Open: 3, High: 3, Low: 3, Close: 3}, true, &out)
	var fired []string
	for _, m := range out.Matches {
		fired = append(fired, m.Formula().Name)
	}
	if !slices.Equal(fired, []string{"first", "last"}) {
		t.Errorf("fired %v", fired)
	}
	if err := s.Compiled(); err == nil || !strings.Contains(err.Error(), "wide") ||
		!strings.Contains(err.Error(), "five") || strings.Contains(err.Error(), "last") {
		t.Errorf("left out: %v", err)
	}
}
