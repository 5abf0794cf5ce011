package candle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"streamd/candle"
	"streamd/internal/seed"
)

// aggregator is an Aggregation with its state.
type aggregator struct {
	aggregation candle.Aggregation
	state       [candle.AggregationState]float64
	done        [2]candle.Candle
}

func newAggregator(t testing.TB, base, to string) *aggregator {
	t.Helper()
	a, err := candle.NewAggregation(parse(t, base), parse(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return &aggregator{aggregation: a}
}

// Add takes the next base bar and returns the higher bars that it closes; they hold until the next Add.
func (a *aggregator) Add(c candle.Candle) []candle.Candle {
	return a.done[:a.aggregation.Step(a.state[:], c, &a.done)]
}

func (a *aggregator) Pending() (candle.Candle, bool) { return a.aggregation.Pending(a.state[:]) }

func (a *aggregator) State() []float64 { return a.state[:] }

// bar returns a base bar that opens at the given minute of 2024-01-01.
func bar(minute int, o, h, l, c, v float64) candle.Candle {
	return candle.Candle{Time: 1704067200e9 + int64(minute)*60e9, Open: o, High: h, Low: l, Close: c, Volume: v}
}

func TestAggregator(t *testing.T) {
	a := newAggregator(t, "1m", "5m")
	steps := []struct {
		name string
		base candle.Candle
		want []candle.Candle
	}{
		{"a partial first bar", bar(3, 10, 12, 9, 11, 100), nil},
		{"closes with its last base bar", bar(4, 11, 15, 11, 14, 50), []candle.Candle{bar(0, 10, 15, 9, 14, 150)}},
		{"the next begins", bar(5, 14, 14, 13, 13, 10), nil},
		{"a hole within does not matter", bar(8, 13, 16, 8, 9, 5), nil},
		{
			"a bar without its last closes at the next one present", bar(11, 9, 9, 9, 9, 1),
			[]candle.Candle{bar(5, 14, 16, 8, 9, 15)},
		},
		{"two close at once", bar(19, 7, 7, 7, 7, 2), []candle.Candle{bar(10, 9, 9, 9, 9, 1), bar(15, 7, 7, 7, 7, 2)}},
		{"a bar from the past is ignored", bar(17, 1, 1, 1, 1, 1), nil},
		{"and so is one before that", bar(2, 1, 1, 1, 1, 1), nil},
		{"it goes on", bar(24, 5, 6, 4, 5, 3), []candle.Candle{bar(20, 5, 6, 4, 5, 3)}},
	}
	for _, step := range steps {
		if diff := cmp.Diff(step.want, append([]candle.Candle(nil), a.Add(step.base)...)); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	if _, pending := a.Pending(); pending {
		t.Error("a bar is pending after the last one closed")
	}
	a.Add(bar(25, 5, 6, 4, 5, 3))
	if c, pending := a.Pending(); !pending || c != bar(25, 5, 6, 4, 5, 3) {
		t.Errorf("pending %v, %v", c, pending)
	}
}

func TestAggregatorErrors(t *testing.T) {
	_, err := candle.NewAggregation(parse(t, "7m"), parse(t, "1h"))
	if want := `candle: bars of "1h" cannot be made from bars of "7m"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestAggregatorAgainstGroups aggregates random bars with holes, and compares
// with grouping all of them by the open time of their higher bar. It takes a
// snapshot at a random place and goes on from it.
func TestAggregatorAgainstGroups(t *testing.T) {
	pairs := [][2]string{
		{"1m", "5m"},
		{"1m", "1h"},
		{"15m", "4h"},
		{"1h", "1d"},
		{"1d", "1w"},
		{"1d", "1M"},
		{"1M", "3M"},
		{"5m", "5m"},
	}
	seed.Check(t, func(t *rapid.T) {
		pair := rapid.SampledFrom(pairs).Draw(t, "timeframes")
		base, _ := candle.ParseTimeframe(pair[0])
		to, _ := candle.ParseTimeframe(pair[1])
		aggregation, err := candle.NewAggregation(base, to)
		if err != nil {
			t.Fatal(err)
		}
		a := &aggregator{aggregation: aggregation}
		count := rapid.IntRange(1, 300).Draw(t, "count")
		snapshotAt := rapid.IntRange(0, count-1).Draw(t, "snapshot at")
		holes := rapid.IntRange(0, 9).Draw(t, "holes in ten")
		ns := base.Align(rapid.Int64Range(0, 2e18).Draw(t, "from"))
		price := rapid.Float64Range(1, 1000)

		var want, got []candle.Candle
		for i := range count {
			low, span := price.Draw(t, "low"), price.Draw(t, "span")
			c := candle.Candle{Time: ns, Open: low, High: low + span, Low: low, Close: low + span/2, Volume: span}
			if open := to.Align(ns); len(want) == 0 || want[len(want)-1].Time != open {
				first := c
				first.Time = open
				want = append(want, first)
			} else {
				last := &want[len(want)-1]
				last.High, last.Low, last.Close = max(last.High, c.High), min(last.Low, c.Low), c.Close
				last.Volume += c.Volume
			}
			for _, done := range a.Add(c) {
				// No look-ahead: what is handed out is over by the end of c.
				if done.Time > ns || to.Next(done.Time) > max(base.Next(ns), to.Align(ns)) {
					t.Fatalf("bar of %d is handed out at %d", done.Time, ns)
				}
				got = append(got, done)
			}
			if i == snapshotAt {
				restored := &aggregator{aggregation: aggregation}
				copy(restored.State(), a.State())
				a = restored
			}
			for ns = base.Next(ns); rapid.IntRange(0, 9).Draw(t, "hole") < holes; {
				ns = base.Next(ns)
			}
		}
		if last, pending := a.Pending(); pending {
			got = append(got, last)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAggregatorAllocatesNothing(t *testing.T) {
	for _, to := range []string{"1h", "1w", "1M"} {
		a := newAggregator(t, "1m", to)
		minute := 0
		allocs := testing.AllocsPerRun(1000, func() {
			a.Add(bar(minute, 1, 1, 1, 1, 1))
			minute++
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations per bar", to, allocs)
		}
	}
}

// TestAggregatorAroundTheEpoch: the week of 1970-01-01 began before it.
func TestAggregatorAroundTheEpoch(t *testing.T) {
	a := newAggregator(t, "1d", "1w")
	for day := range int64(3) {
		a.Add(candle.Candle{Time: day * 86400e9, Open: 1, High: 1, Low: 1, Close: 1, Volume: 1})
	}
	done := a.Add(candle.Candle{Time: 3 * 86400e9, Open: 1, High: 1, Low: 1, Close: 2, Volume: 1})
	if len(done) != 1 || done[0].Time != -3*86400e9 || done[0].Volume != 4 || done[0].Close != 2 {
		t.Errorf("got %v", done)
	}
	for _, v := range a.State() {
		if v != v {
			t.Error("the state holds a NaN")
		}
	}
}
