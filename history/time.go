package history

import (
	"fmt"
	"time"

	"streamd/candle/wire"
)

// ParseTime reads RFC 3339, a date, a date and time in UTC, or an epoch in s,
// ms, µs or ns, told apart by magnitude.
func ParseTime(s string) (time.Time, error) {
	ns, ok := wire.ParseTime([]byte(s))
	if !ok {
		return time.Time{}, fmt.Errorf("history: %q is no time", s)
	}
	return time.Unix(0, ns).UTC(), nil
}

// ParseBarTime is ParseTime that also reads a time of day, as 13:01 or 13:01:30: the last one in UTC that is not
// after the newest bar.
func ParseBarTime(s string, newest time.Time) (time.Time, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		clock, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		newest = newest.UTC()
		year, month, day := newest.Date()
		t := time.Date(year, month, day, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
		if t.After(newest) {
			t = t.AddDate(0, 0, -1)
		}
		return t, nil
	}
	return ParseTime(s)
}
