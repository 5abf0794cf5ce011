package notify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/internal/seed"
	"streamd/kafka"
)

func testRoutes(t *testing.T, settings ...RouteSettings) []*route {
	t.Helper()
	for i := range settings {
		if len(settings[i].To) == 0 {
			settings[i].To = Patterns{"r"}
		}
	}
	routes, err := newRoutes(settings)
	if err != nil {
		t.Fatal(err)
	}
	return routes
}

func testSignalOf(t testing.TB, id int, symbol, formula string, written time.Time) *Signal {
	t.Helper()
	s, err := ReadSignal(fmt.Appendf(nil, `{"id":"%032x","formula":%q,"signal_type":"ENTRY","symbol":%q,"timeframe":"1m",`+
		`"timestamp":"2024-01-02T14:30:00Z","candle":{"open":1,"high":1,"low":1,"close":46385,"volume":1},`+
		`"indicator_values":{"rsi_14":28.4},"metadata":{"desk":"eq"}}`, id, formula, symbol))
	if err != nil {
		t.Fatal(err)
	}
	s.Written = written
	return s
}

func testPolicy(rng *rand.Rand) retryPolicy {
	return retryPolicy{first: time.Second, max: time.Minute, total: time.Hour, random: rng}
}

var plainWriter writer = func(signals []*Signal, r *route, most int, over bool) *Notice {
	return newNotice(signals, r.template, "", asItIs, most)
}

// TestQueueKeepsOrder sends random signals by random routes to a receiver that fails at random:
// every signal leaves, those of a symbol in their order, and the position never passes one that has
// not left.
func TestQueueKeepsOrder(t *testing.T) {
	rng := seed.Rand(t)
	for range 300 {
		routes := testRoutes(t,
			RouteSettings{Match: MatchSettings{Formula: Patterns{"a*"}}},
			RouteSettings{Match: MatchSettings{Formula: Patterns{"b*"}}, Group: &GroupSettings{
				By:   Patterns{"formula"},
				Wait: "3s", Interval: "10s", Most: 3,
			}},
			RouteSettings{Match: MatchSettings{Formula: Patterns{"c*"}}, Rate: "3/20s"},
			RouteSettings{Match: MatchSettings{Formula: Patterns{"d*"}}, Quiet: &QuietSettings{Hours: "00:00-00:05"}},
		)
		q := newQueue(testPolicy(rng))
		tps := []kafka.TopicPartition{{Topic: "s", Partition: 0}, {Topic: "s", Partition: 1}}
		now := time.Date(2024, 1, 2, 0, 4, 0, 0, time.UTC)
		offsets := [2]int64{}
		for _, tp := range tps {
			q.assign(tp, 0)
		}
		sent := map[string][]string{} // by symbol
		put := map[string][]string{}
		out := map[string]bool{}
		var all [2][]string
		total, rates := 60, []time.Time{}
		for n := 0; n < total || q.count > 0; {
			if n < total && rng.IntN(3) > 0 {
				p := rng.IntN(2)
				symbol := fmt.Sprint("S", p, rng.IntN(3))
				s := testSignalOf(t, n, symbol, string(rune('a'+rng.IntN(4)))+fmt.Sprint(rng.IntN(2)), now)
				q.put(s, routeTo(routes, "r", s), tps[p], offsets[p], now)
				put[symbol] = append(put[symbol], s.ID)
				all[p] = append(all[p], s.ID)
				offsets[p]++
				n++
			}
			p, again := q.next(now, plainWriter)
			if p == nil {
				step := 100 * time.Millisecond
				if n == total && !again.IsZero() {
					step = max(again.Sub(now), time.Millisecond)
				}
				if n == total && again.IsZero() && q.count > 0 {
					t.Fatalf("%d signals wait, and nothing is due", q.count)
				}
				now = now.Add(step)
				continue
			}
			if p.items[0].route.index == 2 && p.attempts == 0 {
				rates = append(rates, now)
			}
			if rng.IntN(3) == 0 {
				q.failed(p, now, time.Duration(rng.IntN(2)*rng.IntN(5000))*time.Millisecond)
				continue
			}
			for _, i := range p.items {
				sent[i.Symbol] = append(sent[i.Symbol], i.ID)
				out[i.ID] = true
			}
			q.delivered(p)
			for k, tp := range tps {
				for _, id := range all[k][:q.tracks[tp].low()] {
					if !out[id] {
						t.Fatalf("the position of %s is %d, but %s has not left", tp, q.tracks[tp].low(), id)
					}
				}
			}
		}
		for symbol, want := range put {
			if !slices.Equal(sent[symbol], want) {
				t.Fatalf("%s: sent %v, put %v", symbol, sent[symbol], want)
			}
		}
		for i := range rates {
			if i >= 3 && rates[i].Sub(rates[i-3]) < 20*time.Second {
				t.Fatalf("four messages within %v", rates[i].Sub(rates[i-3]))
			}
		}
	}
}

// TestRateJoins sends 42 signals at once by a route of 30 a minute: thirty go out, the rest as one.
func TestRateJoins(t *testing.T) {
	q := newQueue(testPolicy(seed.Rand(t)))
	tp := kafka.TopicPartition{Topic: "s"}
	q.assign(tp, 0)
	r := testRoutes(t, RouteSettings{Rate: "30/1m"})[0]
	now := time.Date(2024, 1, 2, 14, 30, 0, 0, time.UTC)
	c := &courier{cfg: &Config{}, receiver: &webhook{}}
	for i := range 42 {
		q.put(testSignalOf(t, i, fmt.Sprint("S", i), "f", now), r, tp, int64(i), now)
	}
	messages := 0
	for {
		p, again := q.next(now, c.write)
		if p == nil {
			if messages != 30 || again != now.Add(time.Minute) {
				t.Fatalf("%d messages, the next at %v", messages, again)
			}
			break
		}
		messages++
		q.delivered(p)
	}
	p, _ := q.next(now.Add(time.Minute), c.write)
	if p == nil || len(p.items) != 12 || !strings.HasPrefix(p.Text, "and 12 more:\n") {
		t.Fatalf("%+v", p)
	}
}

func TestGroups(t *testing.T) {
	q := newQueue(testPolicy(seed.Rand(t)))
	tp := kafka.TopicPartition{Topic: "s"}
	q.assign(tp, 0)
	r := testRoutes(t, RouteSettings{Group: &GroupSettings{By: Patterns{"formula"}, Wait: "5s", Interval: "1m", Most: 2}})[0]
	now := time.Date(2024, 1, 2, 14, 30, 0, 0, time.UTC)
	for i := range 5 {
		q.put(testSignalOf(t, i, fmt.Sprint("S", i), "f", now), r, tp, int64(i), now)
	}
	if p, again := q.next(now.Add(4*time.Second), plainWriter); p != nil || again != now.Add(5*time.Second) {
		t.Fatalf("%v at %v", p, again)
	}
	p, _ := q.next(now.Add(5*time.Second), plainWriter)
	if p == nil || len(p.items) != 5 || strings.Count(p.Text, "\n") != 2 || !strings.HasSuffix(p.Text, "\nand 3 more") {
		t.Fatalf("%+v", p)
	}
	q.delivered(p)
	later := now.Add(10 * time.Second)
	q.put(testSignalOf(t, 9, "S9", "f", later), r, tp, 9, later)
	if p, again := q.next(now.Add(64*time.Second), plainWriter); p != nil || again != now.Add(65*time.Second) {
		t.Fatalf("the next message of a group comes at %v", again)
	}
}

func TestQuietHours(t *testing.T) {
	for _, c := range []struct {
		hours, zone, at string
		end             string // empty for none
	}{
		{"22:00-07:00", "Europe/Berlin", "2024-01-02T20:59:00Z", ""},
		{"22:00-07:00", "Europe/Berlin", "2024-01-02T21:00:00Z", "2024-01-03T06:00:00Z"},
		{"22:00-07:00", "Europe/Berlin", "2024-01-03T05:59:59Z", "2024-01-03T06:00:00Z"},
		{"22:00-07:00", "Europe/Berlin", "2024-01-03T06:00:00Z", ""},
		{"12:00-13:00", "", "2024-01-03T12:30:00Z", "2024-01-03T13:00:00Z"},
		{"22:00-07:00", "Europe/Berlin", "2024-03-30T22:00:00Z", "2024-03-31T05:00:00Z"}, // an hour is skipped
	} {
		q, err := parseQuiet(&QuietSettings{Hours: c.hours, Timezone: c.zone})
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse(time.RFC3339, c.at)
		end, inside := q.until(at)
		got := ""
		if inside {
			got = end.UTC().Format(time.RFC3339)
		}
		if got != c.end {
			t.Errorf("%s at %s ends at %q, want %q", c.hours, c.at, got, c.end)
		}
	}
}

// Full jitter is anything up to the doubled pause, and never above the greatest.
func TestRetryPauses(t *testing.T) {
	p := testPolicy(seed.Rand(t))
	for attempts := 1; attempts < 80; attempts++ {
		most := time.Minute
		if attempts < 7 {
			most = time.Second << (attempts - 1)
		}
		greatest := time.Duration(0)
		for range 200 {
			d := p.pause(attempts)
			if d < 0 || d > most {
				t.Fatalf("attempt %d pauses %v, at most %v", attempts, d, most)
			}
			greatest = max(greatest, d)
		}
		if greatest < most/2 {
			t.Errorf("attempt %d pauses %v at most, of %v", attempts, greatest, most)
		}
	}
	q := newQueue(p)
	now := time.Now()
	tp := kafka.TopicPartition{Topic: "s"}
	q.assign(tp, 0)
	q.put(testSignalOf(t, 1, "A", "f", now), testRoutes(t, RouteSettings{})[0], tp, 0, now)
	parcel, _ := q.next(now, plainWriter)
	if next := q.failed(parcel, now, time.Hour); next != now.Add(time.Hour) {
		t.Errorf("Retry-After of an hour is tried at %v", next.Sub(now))
	}
}
