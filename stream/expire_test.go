package stream

import (
	"fmt"
	"testing"
	"time"

	"streamd/candle"
)

func expiring(t *testing.T, o Options) *Engine {
	t.Helper()
	rules, problems := NewRules(RulesConfig{Formulas: []Formula{{Name: "f", Expression: "close > sma(close, 3)"}}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	return New(rules, o)
}

func at(t *testing.T, symbol string, minute int) *candle.Message {
	t.Helper()
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	return &candle.Message{
		Symbol: []byte(symbol), Timeframe: tf, Closed: true,
		Candle: candle.Candle{
			Time: time.Date(2024, 1, 2, 0, minute, 0, 0, time.UTC).UnixNano(), Open: 1, High: 1, Low: 1, Close: 1,
		},
	}
}

func seriesA(t *testing.T) candle.Series {
	t.Helper()
	return candle.Series{Symbol: "A", Timeframe: at(t, "A", 0).Timeframe}
}

// stage stages one candle and applies it.
func stage(e *Engine, m *candle.Message, offset int64) Verdict {
	var out Effects
	v := e.Stage(m, offset, &out)
	e.Flush(&out)
	return v
}

// A series that has ended makes room for a new one, in the engine and over a restart.
func TestSeriesExpire(t *testing.T) {
	o := Options{SeriesMax: 2, Expire: time.Hour}
	e := expiring(t, o)
	steps := []struct {
		symbol string
		minute int
		want   Verdict
	}{
		{"A", 0, Applied},
		{"B", 60, Applied},
		{"C", 60, TooManySeries},
		{"B", 71, Applied},
		{"C", 72, Applied},
		{"D", 73, TooManySeries},
	}
	for i, s := range steps {
		if v := stage(e, at(t, s.symbol, s.minute), int64(i)); v != s.want {
			t.Errorf("%s at minute %d: %v, want %v", s.symbol, s.minute, v, s.want)
		}
	}
	if e.Count() != 2 || e.Expired() != 1 {
		t.Errorf("%d series, %d expired", e.Count(), e.Expired())
	}
	again := expiring(t, o)
	for e.Changed() > 0 {
		if _, err := again.Restore(e.Snapshot(nil, nil)); err != nil {
			t.Fatal(err)
		}
	}
	if again.Count() != 2 {
		t.Errorf("%d series after a restart", again.Count())
	}
	for i, s := range steps[:4] { // what is read again changes nothing
		if v := stage(again, at(t, s.symbol, s.minute), int64(i)); v != Held {
			t.Errorf("read again, %s at minute %d: %v", s.symbol, s.minute, v)
		}
	}
	if v := stage(again, at(t, "A", 200), 10); v != Applied || again.Count() != 1 {
		t.Errorf("A comes back: %v, %d series", v, again.Count())
	}
}

// A series that is reset starts over, also where the record of before is still there.
func TestSeriesReset(t *testing.T) {
	e := expiring(t, Options{})
	for i := range 5 {
		stage(e, at(t, "A", i), int64(i))
	}
	before := e.Snapshot(nil, nil)
	if !e.Reset(seriesA(t), 5) || e.Count() != 0 {
		t.Fatalf("%d series", e.Count())
	}
	again := expiring(t, Options{})
	again.Partial = true
	for _, record := range [][]byte{before, e.Snapshot(nil, nil)} {
		if _, err := again.Restore(record); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []*Engine{e, again} {
		if v := stage(e, at(t, "A", 4), 4); v != Held {
			t.Errorf("a candle from before: %v", v)
		}
		if v := stage(e, at(t, "A", 3), 5); v != Applied {
			t.Errorf("a candle from behind: %v", v)
		}
		if s := e.Find(seriesA(t)); s == nil || s.Bars() != 1 || s.Rebuilt {
			t.Errorf("%+v", s)
		}
	}
}

// Series are refused before they take more memory than there may be, and what an engine had
// is given back with it.
func TestBudget(t *testing.T) {
	one := new(Estimate).Need(expiring(t, Options{}).rules, []candle.Series{seriesA(t)}, 1, Options{})
	b := NewBudget(3*one + one/2)
	e, other := expiring(t, Options{Budget: b}), expiring(t, Options{Budget: b})
	for i := range 3 {
		if v := stage(e, at(t, fmt.Sprint(i), 0), int64(i)); v != Applied {
			t.Errorf("series %d: %v", i, v)
		}
	}
	if v := stage(other, at(t, "3", 0), 0); v != OverBudget || b.Used() != 3*one {
		t.Errorf("one too many: %v with %d of %d bytes used", v, b.Used(), b.Limit())
	}
	e.Release()
	if v := stage(other, at(t, "3", 0), 1); v != Applied || b.Used() != one {
		t.Errorf("after the others have gone: %v with %d bytes used", v, b.Used())
	}
}
