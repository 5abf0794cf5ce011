package stream

import (
	"bytes"
	"slices"
	"testing"

	"streamd/candle"
	"streamd/internal/seed"
)

// TestFormulasDoNotDependOnBlocks runs hundreds of formulas of all modes over the
// same candles: bar by bar, in blocks of any size, with forming candles in
// between, and by an engine that is stopped and restored from its record over and
// over. All have to give the same bytes, matches and state.
func TestFormulasDoNotDependOnBlocks(t *testing.T) {
	rng := seed.Rand(t)
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	formulas := append(variedFormulas(120), sharedFormulas(100)...)
	for i := range formulas {
		f := &formulas[i]
		f.Intrabar = i%7 == 0
		f.Mode, f.For, f.Cooldown, f.MinBars = []Mode{Every, Edge}[rng.IntN(2)], rng.IntN(4), rng.IntN(3)*rng.IntN(90),
			rng.IntN(2)*rng.IntN(100)
		f.Resolve, f.Expires = f.Mode == Edge && i%3 == 0, 0
		if f.Mode == Edge && i%5 == 0 {
			f.Expires = 1 + rng.IntN(70)
		}
		if f.Once = i%11 == 0; !f.Once && i%4 == 0 {
			f.Rearm = "close < open"
		}
	}
	rules := benchRules(t, formulas)
	key := candle.Series{Symbol: "A", Timeframe: tf}
	cs := tradedCandles(450)
	run := func(o Options, restart bool) ([]string, []byte) {
		e := New(rules, o)
		s := e.Series(key)
		var out Effects
		var block Block
		var lines []string
		for i := 0; i < len(cs); {
			forming := cs[i]
			forming.Close, forming.Volume = forming.Low, 3*forming.Volume
			e.PushSeries(s, forming, false, &out) // leaves no trace
			out.Reset()
			n := min(1+rng.IntN(2*o.BlockMax), len(cs)-i)
			block.Reset()
			for _, c := range cs[i : i+n] {
				block.Append(c)
			}
			e.PushBlock(s, &block, &out)
			i += n
			for k := range out.Matches {
				lines = append(lines, string(out.Matches[k].AppendJSON(nil)))
			}
			out.Reset()
			if restart && rng.IntN(4) == 0 {
				record := s.AppendRecord(nil, nil)
				e = New(rules, o)
				if s, err = e.Restore(record); err != nil {
					t.Fatal(err)
				}
			}
		}
		slices.Sort(lines)
		return lines, s.AppendRecord(nil, nil)
	}
	want, wantRecord := run(Options{BlockMax: 1}, false)
	if len(want) < 1000 {
		t.Fatalf("only %d matches", len(want))
	}
	for _, o := range []Options{{BlockMax: 1}, {BlockMax: 2 + rng.IntN(70)}, {BlockMax: 256, Slack: 300}} {
		for _, restart := range []bool{false, true} {
			got, record := run(o, restart)
			if !slices.Equal(got, want) || !bytes.Equal(record, wantRecord) {
				t.Errorf("blocks of up to %d, restarts %v: %d matches, want %d; equal state %v",
					o.BlockMax, restart, len(got), len(want), bytes.Equal(record, wantRecord))
			}
		}
	}
}
