package replay

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/history"
	"streamd/stream"
)

// TestConditionsCompile holds the library to the language.
func TestConditionsCompile(t *testing.T) {
	names := map[string]bool{}
	for _, c := range Conditions() {
		e, err := NewEvaluator([]string{c.Expression}, nil, 0, timeframe(t, "1d"))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if !e.Bool(0) || names[c.Name] {
			t.Errorf("%s is no condition, or comes twice", c.Name)
		}
		names[c.Name] = true
	}
	if len(names) < 61*2+40 {
		t.Fatalf("%d conditions", len(names))
	}
}

// TestDiscoverFindsWhatIsThere plants a rise of 2 % behind every bar of great
// volume in random walks: that condition comes first, and one by chance is not
// significant.
func TestDiscoverFindsWhatIsThere(t *testing.T) {
	d := walks(t, 20, 1000)
	for i := range d.Memory {
		b := &d.Memory[i].Block
		r := rand.New(rand.NewPCG(uint64(i), 99))
		scale := 1.0
		for k := range b.Len() {
			b.Open[k], b.High[k], b.Low[k], b.Close[k] = b.Open[k]*scale, b.High[k]*scale, b.Low[k]*scale,
				b.Close[k]*scale
			if b.Volume[k] = 100; r.IntN(40) == 0 {
				b.Volume[k] = 10_000
				scale *= 1.02
			}
		}
	}
	conditions := []Condition{
		{Name: "spike", Expression: "volume > 1000"}, {Name: "monday", Expression: "dayofweek == 1"}, {Name: "tuesday", Expression: "dayofweek == 2"}, {Name: "never", Expression: "close < 0"},
	}
	findings, errs, _, err := Discover(t.Context(), &Job{Data: d, Workers: 3}, DiscoverOptions{Conditions: conditions})
	if err != nil || len(errs) > 0 {
		t.Fatal(err, errs)
	}
	first := findings[0]
	if first.Name != "spike" || first.Bars != 1 || first.Q > 1e-6 || math.Abs(first.Excess-0.02) > 0.004 ||
		first.Symbols != 20 {
		t.Fatalf("first is %+v", first)
	}
	for _, f := range findings {
		if f.Name == "never" {
			t.Fatal("a condition that never held was tested")
		}
		if f.Name != "spike" && f.Q < 0.01 {
			t.Errorf("%s after %d bars is significant by chance: q %g", f.Name, f.Bars, f.Q)
		}
	}
	again, _, _, err := Discover(t.Context(), &Job{Data: d, Workers: 1}, DiscoverOptions{Conditions: conditions})
	if err != nil || !slices.Equal(again, findings) {
		t.Fatal("another number of workers gives other numbers")
	}
}

// TestForwardReturnsLeaveOutSplits has a four-for-one split in the middle.
func TestForwardReturnsLeaveOutSplits(t *testing.T) {
	b := walk(t, "A", 100, 3).Block
	for i := 50; i < 100; i++ {
		b.Open[i], b.Close[i] = b.Open[i]/4, b.Close[i]/4
	}
	for h, bars := range Horizons {
		for i, r := range forwardReturns(&b, timeframe(t, "1d"), SplitsStop, FromClose, Horizons[:]).returns[h] {
			across := i < 50 && i+bars >= 50
			if (across || i+bars >= 100) != math.IsNaN(r) {
				t.Fatalf("after %d bars from %d: %v", bars, i, r)
			}
		}
	}
}

// TestFindSimilarIsExact compares with every distance computed by definition.
func TestFindSimilarIsExact(t *testing.T) {
	d := walks(t, 6, 400)
	d.Memory = append(d.Memory, walk(t, "FLAT", 400, 8))
	flat := &d.Memory[6].Block
	for i := range 200 {
		flat.Close[i] = 7 // a stretch without a shape
	}
	for i := range d.Memory[2].Block.Close {
		d.Memory[2].Block.Close[i] += 1e6 // a shape on a great height
	}
	q := &d.Memory[3]
	w := Window{Symbol: q.Key.Symbol, From: q.Block.Time[100], To: q.Block.Time[129]}
	const k = 25
	found, _, _, err := FindSimilar(t.Context(), &Job{Data: d, Workers: 2}, w, k)
	if err != nil {
		t.Fatal(err)
	}
	want := naiveSimilar(d.Memory, w, normalise(q.Block.Close[100:130]), k)
	if len(found) != k || len(want) != k {
		t.Fatalf("%d found, %d wanted", len(found), len(want))
	}
	for i := range found {
		if found[i].Symbol != want[i].Symbol || !found[i].From.Equal(want[i].From) ||
			math.Abs(found[i].Distance-want[i].Distance) > 1e-9 {
			t.Fatalf("%d: %+v, want %+v", i, found[i], want[i])
		}
	}
	if found[0].Returns[0] == nil {
		t.Error("no outcome")
	}
}

func naiveSimilar(tapes []history.Tape, w Window, query []float64, k int) []Similar {
	m := len(query)
	var all []Similar
	for i := range tapes {
		t := &tapes[i]
		var own []Similar
		for start := 0; start+m <= t.Block.Len(); start++ {
			if normalise(t.Block.Close[start:start+m]) == nil || t.Key.Symbol == w.Symbol && overlaps(t.Block.Time[start:start+m], w) {
				continue
			}
			after := forwardReturns(&t.Block, t.Key.Timeframe, SplitsStop, FromClose, Horizons[:])
			own = append(own, similarAt(t.Key, &t.Block, query, start, after))
		}
		slices.SortFunc(own, func(a, b Similar) int { return cmp.Compare(a.Distance, b.Distance) })
		var chosen []Similar
		for _, s := range own {
			if !slices.ContainsFunc(chosen, func(c Similar) bool {
				return max(c.start-s.start,
					s.start-c.start) <= m/2
			}) {
				chosen = append(chosen, s)
			}
		}
		all = append(all, chosen...)
	}
	slices.SortFunc(all, func(a, b Similar) int { return cmp.Compare(a.Distance, b.Distance) })
	return all[:min(k, len(all))]
}

// TestFindSimilarRefuses says what is wrong with a window.
func TestFindSimilarRefuses(t *testing.T) {
	d := walks(t, 1, 100)
	day := int64(24 * time.Hour)
	if _, _, _, err := FindSimilar(t.Context(), &Job{Data: d}, Window{Symbol: "NOPE", To: 10 * day}, 5); !errors.Is(err,
		ErrNoData) {
		t.Errorf("unknown symbol: %v", err)
	}
	if _, _, _, err := FindSimilar(t.Context(), &Job{Data: d}, Window{Symbol: "S00000", To: day}, 5); err == nil {
		t.Error("two bars are no window")
	}
	d.Memory[0].Block = stream.Block{}
	if _, _, _, err := FindSimilar(t.Context(), &Job{Data: d}, Window{Symbol: "S00000", To: 50 * day}, 0); err == nil {
		t.Error("0 windows asked for")
	}
}

// TestConditionsOfTheirOwn: a condition is looked at with its parameters, and on the series that it selects.
func TestConditionsOfTheirOwn(t *testing.T) {
	j := &Job{Data: walks(t, 6, 400), Workers: 2, Others: true}
	key := j.Data.Memory[0].Key
	found, failed, _, err := Discover(t.Context(), j, DiscoverOptions{CountMin: 2, Conditions: []Condition{
		{Name: "plain", Expression: "param n = 5\nclose > sma(close, n)"},
		{Name: "set", Expression: "param n = 5\nclose > sma(close, n)", Params: map[string]formula.ParamSetting{"n": "40"}},
		{Name: "same as set", Expression: "close > sma(close, 40)"},
		{Name: "one", Expression: "close > sma(close, 40)", Symbols: []string{key.Symbol}},
		{Name: "none", Expression: "close > sma(close, 40)", Timeframes: []candle.Timeframe{timeframe(t, "5m")}},
		{Name: "first of two", Expression: "rank(close) == 1", Symbols: []string{key.Symbol, j.Data.Memory[1].Key.Symbol}},
		{Name: "first", Expression: "rank(close) == 1"},
	}})
	if err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	counts, symbols := map[string]int{}, map[string]int{}
	for _, f := range found {
		if f.Bars == 1 {
			counts[f.Name], symbols[f.Name] = f.Count, f.Symbols
		}
	}
	if counts["set"] != counts["same as set"] || counts["set"] == counts["plain"] || counts["none"] != 0 {
		t.Errorf("counts are %v", counts)
	}
	if symbols["one"] != 1 || symbols["set"] != 6 || counts["one"] >= counts["set"] {
		t.Errorf("counts are %v, on %v symbols", counts, symbols)
	}
	if n := j.Data.Memory[0].Block.Len() - 3; counts["first of two"] < n || symbols["first of two"] > 2 {
		t.Errorf("the greater of two is so on %d bars of %d, on %d symbols; of all on %d", counts["first of two"], n,
			symbols["first of two"], counts["first"])
	}
}
