package candle_test

import (
	"strings"
	"testing"
	"time"

	zones "streamd/candle/zone"

	"pgregory.net/rapid"

	"streamd/candle"
	"streamd/internal/seed"
)

// TestSessionAgainstTheTimePackage computes openings day by day with time.Date.
func TestSessionAgainstTheTimePackage(t *testing.T) {
	sessions := []struct {
		spec, zone string
		open       time.Duration // since local midnight
		length     time.Duration
		days       string
	}{
		{
			"09:30-16:00 Mon-Fri", "America/New_York", 9*time.Hour + 30*time.Minute, 6*time.Hour + 30*time.Minute,
			"Mon Tue Wed Thu Fri",
		},
		{"0800-1630", "Europe/London", 8 * time.Hour, 8*time.Hour + 30*time.Minute, "Sun Mon Tue Wed Thu Fri Sat"},
		{"18:00-17:00 sun,mon-thu", "America/Chicago", 18 * time.Hour, 23 * time.Hour, "Sun Mon Tue Wed Thu"},
		{"17:00-17:00 Sun-Thu", "Australia/Sydney", 17 * time.Hour, 24 * time.Hour, "Sun Mon Tue Wed Thu"},
		{"00:00-24:00", "", 0, 24 * time.Hour, "Sun Mon Tue Wed Thu Fri Sat"},
		{"24:00-09:15 Fri-Mon", "Asia/Kolkata", 0, 9*time.Hour + 15*time.Minute, "Fri Sat Sun Mon"},
	}
	seed.Check(t, func(t *rapid.T) {
		want := rapid.SampledFrom(sessions).Draw(t, "session")
		session, err := candle.ParseSession(want.spec, want.zone)
		if err != nil {
			t.Fatal(err)
		}
		location, _ := zones.Load(want.zone)
		at := time.Unix(rapid.Int64Range(0, candle.EndTime/1e9-1).Draw(t, "at"), 0).In(location)

		// The last opening at or before, and whether it lasts until at, by the
		// clock on the wall.
		var opening time.Time
		contains := false
		for day := 0; ; day++ {
			midnight := time.Date(at.Year(), at.Month(), at.Day()-day, 0, 0, 0, 0, location)
			hour, minute := int(want.open/time.Hour), int(want.open%time.Hour/time.Minute)
			opening = time.Date(midnight.Year(), midnight.Month(), midnight.Day(), hour, minute, 0, 0, location)
			if opening.After(at) || !strings.Contains(want.days, midnight.Weekday().String()[:3]) {
				continue
			}
			contains = wallClock(at).Sub(wallClock(opening)) < want.length
			break
		}
		if got := session.Start(at.UnixNano()); got != opening.UnixNano() {
			t.Fatalf("%v: Start(%v) = %v, want %v", session, at, time.Unix(0, got).In(location), opening)
		}
		if got := session.Contains(at.UnixNano()); got != contains {
			t.Fatalf("%v: Contains(%v) = %v, want %v", session, at, got, contains)
		}
	})
}

// wallClock reads a local time as if it were UTC.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func TestParseSessionErrors(t *testing.T) {
	for _, tt := range []struct{ spec, zone, text string }{
		{"", "UTC", `candle: session "" is not of the form 09:30-16:00`},
		{"09:30", "UTC", `candle: session "09:30" is not of the form 09:30-16:00`},
		{"9:30-16:00", "UTC", `candle: session "9:30-16:00": "9:30" is not a time of day`},
		{"09:30-25:00", "UTC", `candle: session "09:30-25:00": "25:00" is not a time of day`},
		{"09:30-24:01", "UTC", `candle: session "09:30-24:01": "24:01" is not a time of day`},
		{"09:60-16:00", "UTC", `candle: session "09:60-16:00": "09:60" is not a time of day`},
		{"093:0-16:00", "UTC", `candle: session "093:0-16:00": "093:0" is not a time of day`},
		{"ab:cd-16:00", "UTC", `candle: session "ab:cd-16:00": "ab:cd" is not a time of day`},
		{"09:30-16:00 Mon-Xyz", "UTC", `candle: session "09:30-16:00 Mon-Xyz": "Mon-Xyz" is not a day or a range of days like Mon-Fri`},
		{"09:30-16:00", "Mars/Olympus", `candle: session "09:30-16:00": unknown time zone "Mars/Olympus" (want a name like America/New_York)`},
		{"09:30-16:00", "Local", `candle: session "09:30-16:00": unknown time zone "Local" (want a name like America/New_York)`},
	} {
		if _, err := candle.ParseSession(tt.spec, tt.zone); err == nil || err.Error() != tt.text {
			t.Errorf("%q %q: got %v, want %s", tt.spec, tt.zone, err, tt.text)
		}
	}
}

func TestSessionAllocatesNothing(t *testing.T) {
	session, err := candle.ParseSession("09:30-16:00 Mon-Fri", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	if got := session.String(); got != "09:30-16:00 Mon-Fri America/New_York" {
		t.Errorf("String() = %q", got)
	}
	ns := int64(1380893460e9)
	allocs := testing.AllocsPerRun(1000, func() {
		if session.Contains(ns) && session.Start(ns) > ns {
			t.Fatal("the session starts after itself")
		}
		ns += 60e9
	})
	if allocs != 0 {
		t.Errorf("%v allocations per bar", allocs)
	}
}

func BenchmarkSession(b *testing.B) {
	session, err := candle.ParseSession("09:30-16:00 Mon-Fri", "America/New_York")
	if err != nil {
		b.Fatal(err)
	}
	ns, inside := int64(1380893460e9), 0
	for b.Loop() {
		if session.Contains(ns) {
			inside++
		}
		ns += 60e9
	}
}
