package candle

import (
	"testing"
	"time"

	zones "streamd/candle/zone"
)

// TestSessionKnowsTheZone holds the offsets to the time package's, in years
// before, at and after the end of its tables.
func TestSessionKnowsTheZone(t *testing.T) {
	s, err := ParseSession("09:30-16:00 Mon-Fri", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{
		"2013-10-04T13:30:00Z", "2013-10-04T13:29:00Z", "2013-10-04T19:59:00Z", "2013-10-04T20:00:00Z",
		"2013-10-05T15:00:00Z",
		"2013-12-04T14:30:00Z", "2013-12-04T14:29:00Z", "2040-12-31T14:30:00Z", "2060-07-01T13:30:00Z",
		"2100-01-04T14:30:00Z",
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		local := when.In(newYork(t))
		minute := local.Hour()*60 + local.Minute()
		want := local.Weekday() != time.Saturday && local.Weekday() != time.Sunday && minute >= 9*60+30 &&
			minute < 16*60
		if got := s.Contains(when.UnixNano()); got != want {
			t.Errorf("%s (%s): in session %v, want %v", at, local, got, want)
		}
	}
}

func newYork(t *testing.T) *time.Location {
	l, err := zones.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Bars of a session are counted from its opening, local time, also where clocks change.
func TestSessionBars(t *testing.T) {
	zone, err := zones.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		spec        string
		open, close time.Duration
		width       time.Duration
	}{
		{"09:30-16:00", 9*time.Hour + 30*time.Minute, 16 * time.Hour, time.Hour},
		{"09:30-16:00", 9*time.Hour + 30*time.Minute, 16 * time.Hour, 24 * time.Hour},
		{"18:00-17:00", 18 * time.Hour, 41 * time.Hour, 4 * time.Hour},
		{"00:00-24:00", 0, 24 * time.Hour, 24 * time.Hour},
	} {
		s, err := ParseSession(c.spec, "America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		for _, around := range []string{"2024-03-08T00:00:00Z", "2024-11-01T00:00:00Z"} {
			from, err := time.Parse(time.RFC3339, around)
			if err != nil {
				t.Fatal(err)
			}
			for at := from; at.Before(from.AddDate(0, 0, 5)); at = at.Add(7 * time.Minute) {
				var want [2]time.Time
				found := false
				for _, before := range []int{0, 1} {
					y, m, d := at.In(zone).AddDate(0, 0, -before).Date()
					clock := func(since time.Duration) time.Time {
						return time.Date(y, m, d, 0, int(since.Minutes()), 0,
							0, zone)
					}
					open, over := clock(c.open), clock(c.close)
					if at.Before(open) || !at.Before(over) {
						continue
					}
					if c.width < 24*time.Hour {
						open = open.Add(at.Sub(open) / c.width * c.width)
						if end := open.Add(c.width); end.Before(over) {
							over = end
						}
					}
					want, found = [2]time.Time{open, over}, true
				}
				start, end, ok := s.Bar(c.width, at.UnixNano())
				if ok != found || ok && (start != want[0].UnixNano() || end != want[1].UnixNano()) {
					t.Fatalf("%s, %v: %v is in %v to %v (%v), want %v (%v)", c.spec, c.width, at,
						time.Unix(0, start).UTC(), time.Unix(0, end).UTC(), ok, want, found)
				}
			}
		}
	}
}
