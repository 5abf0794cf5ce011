package replay

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/stream"
)

// remembering are formulas that depend on bars long before the one at hand, and
// some that never forget where history began.
var remembering = []stream.Formula{
	{Name: "sma", Expression: "close > sma(close, 200)"},
	{Name: "ema", Expression: "close > ema(close, 200)", Mode: stream.Edge},
	{Name: "rsi", Expression: "crossover(rsi(close, 14), 50)", Cooldown: 40},
	{Name: "sum", Expression: "cum(volume) / (bar_index + 1) < volume", For: 2},
	{Name: "highest", Expression: "close >= highest(high, 250) * 0.98", MinBars: 300},
	{Name: "week", Expression: `close > tf("1w", sma(close, 30)) and bar_index % 7 == 3`},
	{Name: "since", Expression: "barssince(close > highest(high, 100)[1]) > 30"},
}

// TestRangeOnlyCutsWhatIsReported draws ranges, and holds a scan of each to the
// matches of a scan without one: the same bytes, within the range.
func TestRangeOnlyCutsWhatIsReported(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	cache := openCache(t, CacheConfig{})
	found := 0
	for n := range 40 {
		d := walks(t, 2+r.IntN(4), 50+r.IntN(900))
		formulas := slices.Clone(remembering[:1+r.IntN(len(remembering))])
		whole := &Job{Data: d, Formulas: formulas, Workers: 1 + r.IntN(2), Values: []string{"ema(close, 200)", "cum(volume)"}}
		results, _, err := Scan(t.Context(), whole)
		if err != nil {
			t.Fatal(err)
		}
		from, to := drawRange(r, d.Memory[0].Block.Time)
		want := linesWithin(results, from, to)
		part := *whole
		part.Data.From, part.Data.To = from, to
		for _, c := range []*Cache{nil, cache, cache} {
			part.Cache = c
			got, _, err := Scan(t.Context(), &part)
			if err != nil {
				t.Fatal(err)
			}
			if text := lines(Aggregate(got, SortTimestamp)); text != want {
				t.Fatalf("draw %d, %s to %s: got\n%swant\n%s", n, day(from), day(to), text, want)
			}
			for i := range got {
				valuesWithin(t, &got[i], &results[i], from, to)
			}
		}
		found += strings.Count(want, "\n")
	}
	if found < 10_000 {
		t.Errorf("%d matches say little", found)
	}
}

// drawRange draws open times of which one may be left open.
func drawRange(r *rand.Rand, times []int64) (from, to int64) {
	i, j := r.IntN(len(times)), r.IntN(len(times))
	if i > j {
		i, j = j, i
	}
	from, to = times[i], times[j]+int64(r.IntN(2))
	switch r.IntN(3) {
	case 0:
		to = 0
	case 1:
		from = max(1, from-int64(time.Hour))
	}
	return max(from, 1), to
}

func day(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }

func within(ns, from, to int64) bool { return ns >= from && (to == 0 || ns < to) }

func linesWithin(results []SeriesResult, from, to int64) string {
	all := Aggregate(results, SortTimestamp)
	all.Matches = slices.DeleteFunc(all.Matches, func(m stream.Match) bool { return !within(m.Candle.Time, from, to) })
	return lines(all)
}

func valuesWithin(t *testing.T, got, whole *SeriesResult, from, to int64) {
	t.Helper()
	if got.Err != nil && !errors.Is(got.Err, ErrNoData) {
		t.Fatal(got.Err)
	}
	i := 0
	for k, at := range whole.Times {
		if !within(at, from, to) {
			continue
		}
		if i >= len(got.Times) || got.Times[i] != at {
			t.Fatalf("%s: no values at %s", got.Key, day(at))
		}
		for v := range whole.Values {
			if math.Float64bits(got.Values[v][i]) != math.Float64bits(whole.Values[v][k]) {
				t.Fatalf("%s at %s: value %d is %v, want %v", got.Key, day(at), v, got.Values[v][i], whole.Values[v][k])
			}
		}
		i++
	}
	if i != len(got.Times) || got.Bars != len(got.Times) {
		t.Fatalf("%s: %d bars, values of %d, want %d", got.Key, got.Bars, len(got.Times), i)
	}
}

// TestColdStartsAtFrom gives what a history gives that begins there.
func TestColdStartsAtFrom(t *testing.T) {
	d := walks(t, 3, 700)
	cut := walks(t, 3, 700)
	from := d.Memory[0].Block.Time[300]
	for i := range cut.Memory {
		cut.Memory[i].Block = cut.Memory[i].Block.Slice(300, 700)
	}
	want := scanLines(t, &Job{Data: cut, Formulas: remembering})
	d.From, d.Cold = from, true
	if got := scanLines(t, &Job{Data: d, Formulas: remembering}); got != want || want == "" {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
}

// TestRangeOfOtherJobs holds backtests, differences and discoveries to the same:
// the signals of the range are those of the whole history.
func TestRangeOfOtherJobs(t *testing.T) {
	d := walks(t, 4, 800)
	from := d.Memory[0].Block.Time[500]
	part := d
	part.From = from

	// Each signal is a trade of one bar, so that trades do not depend on one another.
	rules := &TradingRules{Side: Long, Cash: 10000, Size: 1, BarsMax: 1}
	entries := []stream.Formula{{Name: "in", Expression: remembering[0].Expression, Signal: stream.Entry, Cooldown: 3}}
	trades := func(j *Job) []string {
		b, _, err := RunBacktest(t.Context(), j, rules)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, x := range b.Trades {
			if x.EntryTime.UnixNano() > from {
				all = append(all, fmt.Sprintln(x.Symbol, x.EntryTime, x.EntryPrice, x.ExitTime, x.ExitPrice, x.ExitReason))
			}
		}
		if b.Equity[0].Timestamp.UnixNano() != max(j.Data.From, 0) {
			t.Errorf("the account begins at %v", b.Equity[0].Timestamp)
		}
		return all
	}
	want, got := trades(&Job{Data: d, Formulas: entries}), trades(&Job{Data: part, Formulas: entries})
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("%d trades, want %d", len(got), len(want))
	}

	changes := func(d Job) []Change {
		before, after := d, d
		before.Formulas = []stream.Formula{{Name: "f", Expression: "close > ema(close, 200)"}}
		after.Formulas = []stream.Formula{{Name: "f", Expression: "close > ema(close, 150)"}}
		diff, _, err := Compare(t.Context(), &before, &after)
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(diff.Changes, func(c Change) bool { return c.Timestamp.UnixNano() < from })
	}
	if want, got := changes(Job{Data: d}), changes(Job{Data: part}); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("%d changes, want %d", len(got), len(want))
	}

	conditions := []Condition{{Name: "above", Expression: "close > sma(close, 200)"}}
	found, _, _, err := Discover(t.Context(), &Job{Data: part}, DiscoverOptions{Conditions: conditions, CountMin: 1})
	if err != nil {
		t.Fatal(err)
	}
	counted := scanLines(t, &Job{Data: part, Formulas: remembering[:1]})
	if n := strings.Count(counted, "\n"); len(found) == 0 || found[0].Bars == 1 && found[0].Count > n || n-found[0].Count > 4*20 {
		t.Errorf("%d matches, %+v", n, found)
	}
}
