package candle

import (
	"testing"
	"time"
)

// TestSessionKnowsTheZone holds the offsets to the time package's, in years
// before, at and after the end of its tables.
func TestSessionKnowsTheZone(t *testing.T) {
	s, err := ParseSession("09:30-16:00 Mon-Fri", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{
		"2013-10-04T13:30:00Z", "2013-10-04T13:29:00Z", "2013-10-04T19:59:00Z", "2013-10-04T20:00:00Z", "2013-10-05T15:00:00Z",
		"2013-12-04T14:30:00Z", "2013-12-04T14:29:00Z", "2040-12-31T14:30:00Z", "2060-07-01T13:30:00Z", "2100-01-04T14:30:00Z",
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		local := when.In(newYork(t))
		minute := local.Hour()*60 + local.Minute()
		want := local.Weekday() != time.Saturday && local.Weekday() != time.Sunday && minute >= 9*60+30 && minute < 16*60
		if got := s.Contains(when.UnixNano()); got != want {
			t.Errorf("%s (%s): in session %v, want %v", at, local, got, want)
		}
	}
}

func newYork(t *testing.T) *time.Location {
	l, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
