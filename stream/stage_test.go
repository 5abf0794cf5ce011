package stream

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"streamd/candle"
	"streamd/internal/seed"
)

// TestStagingDoesNotMatter feeds one input with every kind of candle to an
// engine that pushes and to one that stages: verdicts, payloads and their
// order, counts and records are the same.
func TestStagingDoesNotMatter(t *testing.T) {
	rng := seed.Rand(t)
	rules := testRules(t)
	input := stagedInput(t, rng)
	for _, gaps := range []GapPolicy{GapSkip, GapFill, GapReset} {
		pushing := New(rules, Options{Gaps: gaps, SeriesMax: 7, Outcomes: []int{1, 3, 40}})
		staging := New(rules, Options{Gaps: gaps, SeriesMax: 7, Outcomes: []int{1, 3, 40}, BlockMax: 1 + rng.IntN(40)})
		var pushed, kept Effects
		var want, got []string
		for i := range input {
			m := &input[i]
			v := pushing.Push(m, &pushed)
			for k := range pushed.Matches {
				want = append(want, fmt.Sprintf("%d %s", i, pushed.Matches[k].AppendJSON(nil)))
			}
			for k := range pushed.Outcomes {
				want = append(want, fmt.Sprintf("%d %s", i, pushed.Outcomes[k].AppendJSON(nil)))
			}
			pushed.Drop()
			if w := staging.Stage(m, int64(i), &kept); w != v {
				t.Fatalf("candle %d is %v staged and %v pushed", i, w, v)
			}
			if rng.IntN(200) == 0 || staging.Staged() == StagedMax || i == len(input)-1 {
				staging.Flush(&kept)
				for k := range kept.Matches {
					got = append(got, fmt.Sprintf("%d %s", kept.Matches[k].Offset, kept.Matches[k].AppendJSON(nil)))
				}
				for k := range kept.Outcomes {
					got = append(got, fmt.Sprintf("%d %s", kept.Outcomes[k].Offset, kept.Outcomes[k].AppendJSON(nil)))
				}
				kept.Drop()
			}
		}
		byOffset := func(a, b string) int { // outcomes come behind the matches of a Flush
			kind := func(s string) int { return strings.Count(s, `"after":`) }
			return cmp.Compare(kind(a), kind(b))
		}
		slices.SortStableFunc(want, byOffset)
		slices.SortStableFunc(got, byOffset)
		if len(want) < 500 || !slices.Equal(got, want) {
			t.Errorf("gaps %s: %d matches staged, %d pushed, or another order", gaps, len(got),
				len(want))
		}
		pushed.Matches, pushed.values, kept.Matches, kept.values = nil, nil, nil, nil
		pushed.Outcomes, kept.Outcomes = nil, nil
		if fmt.Sprint(pushed) != fmt.Sprint(kept) {
			t.Errorf("counts %+v staged, %+v pushed", kept, pushed)
		}
		pushing.All(func(s *SeriesState) {
			other := staging.Find(s.Key)
			s.Position = other.Position
			if !bytes.Equal(s.AppendRecord(nil, nil), other.AppendRecord(nil, nil)) {
				t.Errorf("gaps %s: staging changes the state of %s", gaps, s.Key)
			}
		})
	}
}

// stagedInput mixes the candles of several series, some twice, changed, late or
// still forming.
func stagedInput(t *testing.T, rng *rand.Rand) []candle.Message {
	var tapes [8][]candle.Candle
	for i := range tapes {
		tapes[i] = testCandles(rng, 400)
	}
	var input []candle.Message
	for at := [8]int{}; ; {
		k := rng.IntN(8)
		if at[k] == 400 {
			return input
		}
		c := tapes[k][at[k]]
		closed := true
		switch rng.IntN(20) {
		case 0:
			closed = false
		case 1:
			c = tapes[k][max(0, at[k]-1)]
		case 2:
			c = tapes[k][max(0, at[k]-2)]
		case 3:
			c = tapes[k][max(0, at[k]-1)]
			c.Volume++
		default:
			at[k]++
		}
		input = append(input, candle.Message{
			Symbol: fmt.Appendf(nil, "S%d", k), Timeframe: minute(t), Candle: c,
			Closed: closed,
		})
	}
}

func TestStagingAllocatesNothing(t *testing.T) {
	e := New(benchRules(t, benchFormulas(20)), Options{BlockMax: 32})
	cs := benchCandles(20_000)
	var out Effects
	i := 0
	feed := func() {
		for k := range 100 {
			m := candle.Message{Symbol: []byte{'A' + byte(k%10)}, Timeframe: minute(t), Candle: cs[i/10], Closed: true}
			e.Stage(&m, int64(i), &out)
			i++
		}
		e.Flush(&out)
		out.Reset()
	}
	for range 20 {
		feed()
	}
	if n := testing.AllocsPerRun(100, feed); n > 0 {
		t.Errorf("%v allocations in 100 candles", n)
	}
}

// BenchmarkStaged is BenchmarkLive by the fetch: 25 series, some bars of each.
func BenchmarkStaged(b *testing.B) {
	for _, bars := range []int{1, 8, 64, 256} {
		for _, block := range []int{16, 32, 64} {
			b.Run(fmt.Sprintf("bars=%d/block=%d", bars, block), func(b *testing.B) {
				e := New(benchRules(b, benchFormulas(20)), Options{BlockMax: block})
				tf := minute(b)
				cs := benchCandles(5000)
				var out Effects
				var symbols [25][]byte
				for i := range symbols {
					symbols[i] = fmt.Appendf(nil, "S%04d", i)
				}
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					c := cs[i/25%5000]
					c.Time += int64(i/125000) * 5000 * 60e9
					m := candle.Message{Symbol: symbols[i%25], Timeframe: tf, Candle: c, Closed: true}
					e.Stage(&m, int64(i), &out)
					i++
					if i%(25*bars) == 0 {
						e.Flush(&out)
						out.Reset()
					}
				}
			})
		}
	}
}

// A series of which there were forming candles only is in no record, so it takes no
// place from others: after a restart it would not be there.
func TestFormingTakesNoPlace(t *testing.T) {
	rules, problems := NewRules(RulesConfig{Formulas: []Formula{{Name: "up", Expression: "close > 1", Intrabar: true}}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	e := New(rules, Options{SeriesMax: 1})
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	message := func(symbol string, closed bool) *candle.Message {
		return &candle.Message{
			Symbol: []byte(symbol), Timeframe: minute, Closed: closed,
			Candle: candle.Candle{Time: 60e9, Open: 2, High: 2, Low: 2, Close: 2},
		}
	}
	var out Effects
	for i, want := range []struct {
		message *candle.Message
		verdict Verdict
	}{
		{message("A", false), Forming},
		{message("B", true), Applied},
		{message("A", false), TooManySeries},
		{message("B", false), Correction},
	} {
		want.message.Candle.Volume = float64(i)
		if v := e.Stage(want.message, int64(i), &out); v != want.verdict {
			t.Errorf("message %d is %v, want %v", i, v, want.verdict)
		}
	}
	e.Flush(&out)
	if len(out.Matches) != 2 || e.Count() != 1 {
		t.Errorf("%d matches of %d series", len(out.Matches), e.Count())
	}
}
