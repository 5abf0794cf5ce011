package stream

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"streamd/candle"
)

// versions are two series of bars, each sent some times while it forms, and the last versions.
func versions(t *testing.T) (all []candle.Message, last map[string][]candle.Candle) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	last = map[string][]candle.Candle{}
	for minute := range 60 {
		for range 1 + rng.IntN(4) {
			for _, symbol := range []string{"A", "B"} {
				m := at(t, symbol, minute)
				c := 100 + rng.Float64()
				m.Candle.Open, m.Candle.High, m.Candle.Low, m.Candle.Close = c, c+1, c-1, c
				all = append(all, *m)
				if bars := last[symbol]; len(bars) > 0 && bars[len(bars)-1].Time == m.Candle.Time {
					last[symbol] = bars[:len(bars)-1]
				}
				last[symbol] = append(last[symbol], m.Candle)
			}
		}
	}
	return all, last
}

func stageAll(e *Engine, all []candle.Message, from int) (lines []string) {
	var out Effects
	for i := from; i < len(all); i++ {
		e.Stage(&all[i], int64(i), &out)
		e.Flush(&out)
		for k := range out.Matches {
			m := &out.Matches[k]
			lines = append(lines, fmt.Sprintf("%d %s", m.Offset, m.AppendJSON(nil)))
		}
		out.Drop()
	}
	return lines
}

// A bar counts by its newest version, and a restart at any place changes nothing.
func TestClosedByNext(t *testing.T) {
	all, last := versions(t)
	o := Options{ClosedByNext: true}
	whole := expiring(t, o)
	want := stageAll(whole, all, 0)
	for symbol, bars := range last {
		s := whole.Find(candle.Series{Symbol: symbol, Timeframe: all[0].Timeframe})
		if got := s.Candles(nil); !slices.Equal(got, bars[:len(bars)-1]) {
			t.Errorf("%s has %d bars, want the last versions of %d", symbol, len(got), len(bars)-1)
		}
	}
	if len(want) < 10 {
		t.Fatalf("%d matches", len(want))
	}
	for cut := 1; cut < len(all); cut += 7 {
		e := expiring(t, o)
		before := stageAll(e, all[:cut], 0)
		again, back := expiring(t, o), max(0, cut-5) // some is read again
		for e.Changed() > 0 {
			if _, err := again.Restore(e.Snapshot(nil, nil)); err != nil {
				t.Fatal(err)
			}
		}
		if got := append(before, stageAll(again, all, back)...); !slices.Equal(got, want) {
			t.Fatalf("restarted at %d: %d matches, want %d", cut, len(got), len(want))
		}
	}
}

// What comes behind its time is told apart: the bar before is closed.
func TestClosedByNextLate(t *testing.T) {
	e := expiring(t, Options{ClosedByNext: true})
	other := at(t, "A", 1)
	other.Candle.High = 2
	for i, step := range []struct {
		m    *candle.Message
		want Verdict
	}{
		{at(t, "A", 1), Forming},
		{at(t, "A", 1), Duplicate},
		{at(t, "A", 0), Late},
		{at(t, "A", 4), Forming},
		{at(t, "A", 1), Duplicate},
		{other, Correction},
		{at(t, "A", 3), Late},
		{at(t, "A", 5), Forming},
	} {
		if v := stage(e, step.m, int64(i)); v != step.want {
			t.Errorf("step %d: %v, want %v", i, v, step.want)
		}
	}
	if s := e.Find(seriesA(t)); s.Bars() != 2 {
		t.Errorf("%d bars", s.Bars())
	}
}
