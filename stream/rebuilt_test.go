package stream

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"streamd/candle"
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
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 3))
	cs := testCandles(rng, 6000)
	from := 100 + rng.IntN(1000)
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	run := func(cs []candle.Candle, rebuilt bool) (map[string]bool, []string, *Series) {
		e := New(rules, Options{})
		s := e.Series(key)
		s.Rebuilt = rebuilt
		var out Output
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
			t.Fatalf("seed %d: nothing was withheld: the test shows nothing", seed)
		}
		return all, last, s
	}
	want, wantLast, _ := run(cs, false)
	got, gotLast, s := run(cs[from:], true)
	for line := range got {
		if !want[line] {
			t.Fatalf("seed %d: a rebuilt series says what an uninterrupted one does not: %s", seed, line)
		}
	}
	never := func(line string) bool { return strings.Contains(line, `"formula":"never"`) }
	wantLast = slices.DeleteFunc(wantLast, never)
	if !slices.Equal(gotLast, wantLast) {
		t.Errorf("seed %d: it says %d of %d things once it is warm", seed, len(gotLast), len(wantLast))
	}
	if s.Settle() {
		t.Error("a series with a formula that never forgets has settled")
	}
	e := New(rules, Options{})
	s = e.Series(key)
	s.Rebuilt = true
	var out Output
	for _, c := range cs[:300] {
		e.PushSeries(s, c, true, &out)
	}
	for name, want := range map[string]string{"ema": "bars more", "never": "depends on all of it"} {
		x, err := e.Explain(key, name, 0, nil)
		if err != nil || x.Fired || !slices.ContainsFunc(x.Reasons, func(r Reason) bool { return r.Code == ReasonRebuilt && strings.Contains(r.Text, want) }) {
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
	var out Output
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
// values may differ, and from then on they do not.
func TestReloadSaysWhatIsUnsettled(t *testing.T) {
	before := []Formula{{Name: "old", Expression: "close > ema(close, 20)"}}
	after := append(slices.Clone(before), Formula{Name: "new", Expression: "close > ema(close, 90)"})
	rules := func(fs []Formula) *Rules {
		r, problems := NewRules(RulesConfig{Formulas: fs})
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		return r
	}
	cs := testCandles(rand.New(rand.NewPCG(8, 9)), 5000)
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	whole, e := New(rules(after), Options{}), New(rules(before), Options{})
	w, s := whole.Series(key), e.Series(key)
	var out, outWhole Output
	unsettled := func() (all [2]int) {
		i := 0
		s.Waiting(func(_ *Formula, _, n int) { all[i], i = n, i+1 })
		return all
	}
	settled := false
	for i, c := range cs {
		if i == 2000 {
			e.Reload(rules(after))
		}
		e.PushSeries(s, c, true, &out)
		whole.PushSeries(w, c, true, &outWhole)
		if i == 2000 {
			if n := unsettled(); n[0] != 0 || n[1] < 500 || n[1] > 3000 {
				t.Fatalf("unsettled for %d bars", n)
			}
		}
		if i > 2000 && unsettled() == [2]int{} {
			if !settled {
				settled = true
				out.Drop()
				outWhole.Drop()
			}
		}
	}
	if !settled || len(out.Matches) == 0 || len(out.Matches) != len(outWhole.Matches) {
		t.Fatalf("settled %v, %d matches afterwards, want %d", settled, len(out.Matches), len(outWhole.Matches))
	}
	for i := range out.Matches {
		if got, want := out.Matches[i].AppendJSON(nil), outWhole.Matches[i].AppendJSON(nil); string(got) != string(want) {
			t.Fatalf("after it has settled: %s, want %s", got, want)
		}
	}
}
