package stream

import (
	"bytes"
	"fmt"
	"testing"

	"streamd/candle"
	"streamd/internal/seed"
)

// Snapshots at any time, of any series, and candles again from the low-water on:
// that is the same state. What the records hold is not applied twice.
func TestSnapshotsInRotation(t *testing.T) {
	rng := seed.Rand(t)
	rules := testRules(t)
	tapes := make([][]candle.Candle, 7)
	for i := range tapes {
		tapes[i] = testCandles(rng, 400)
	}
	type message struct {
		series, bar int
	}
	var input []message
	for bar := range 400 {
		for s := range tapes {
			if s < 5 || bar < 50 { // two fall silent
				input = append(input, message{s, bar})
			}
		}
	}
	feed := func(e *Engine, from, to int, out *Effects) (verdicts map[Verdict]int) {
		verdicts = map[Verdict]int{}
		for i := from; i < to; i++ {
			m := input[i]
			verdicts[e.Stage(&candle.Message{
				Symbol: fmt.Appendf(nil, "S%d", m.series), Timeframe: minute(t), Candle: tapes[m.series][m.bar],
				Closed: true,
			}, int64(i), out)]++
			if rng.IntN(10) == 0 {
				e.Flush(out)
			}
		}
		e.Flush(out)
		out.Drop()
		return verdicts
	}
	var out Effects
	whole := New(rules, Options{BlockMax: 8})
	feed(whole, 0, len(input), &out)

	e := New(rules, Options{BlockMax: 8})
	records := map[string][]byte{}
	var low int64
	held := 0
	for at := 0; at < len(input); {
		to := min(len(input), at+rng.IntN(60))
		feed(e, at, to, &out)
		at = to
		for range min(rng.IntN(5), e.Changed()) {
			s, _ := e.Oldest()
			key := s.Key.String()
			records[key] = e.Snapshot(nil, []byte("in"))
		}
		low = int64(at)
		if s, offset := e.Oldest(); s != nil {
			low = offset
		}
		if rng.IntN(6) > 0 {
			continue
		}
		e = New(rules, Options{BlockMax: 8}) // a crash
		for _, r := range records {
			if _, err := e.Restore(r); err != nil {
				t.Fatal(err)
			}
		}
		held += feed(e, int(low), at, &out)[Held]
	}
	if held == 0 {
		t.Fatal("no record was ahead of the low-water: the test shows nothing")
	}
	whole.All(func(s *SeriesState) {
		want := s.AppendRecord(nil, nil)
		if got := e.Find(s.Key).AppendRecord(nil, nil); !bytes.Equal(got, want) {
			t.Errorf("%s differs", s.Key)
		}
	})
}

// BenchmarkRecord snapshots and restores a series of 500 candles at cents.
func BenchmarkRecord(b *testing.B) {
	e := New(benchRules(b, benchFormulas(20)), Options{})
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		b.Fatal(err)
	}
	s := e.Series(candle.Series{Symbol: "AAPL", Timeframe: tf})
	var out Effects
	for _, c := range benchCandles(1500) {
		cents := func(v float64) float64 { return float64(int64(v*100)) / 100 }
		c.Open, c.High, c.Low, c.Close = cents(c.Open), cents(c.High), cents(c.Low), cents(c.Close)
		e.PushSeries(s, c, true, &out)
	}
	record := s.AppendRecord(nil, nil)
	b.Run("append", func(b *testing.B) {
		for b.Loop() {
			record = s.AppendRecord(record[:0], nil)
		}
		b.ReportMetric(float64(len(record)), "bytes")
	})
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			if _, err := e.Restore(record); err != nil {
				b.Fatal(err)
			}
		}
	})
}
