package history

import (
	"fmt"
	"time"

	"streamd/candle"
)

// ParseTime reads RFC 3339, a date, a date and time in UTC, or an epoch in s,
// ms, µs or ns, told apart by magnitude.
func ParseTime(s string) (time.Time, error) {
	ns, ok := candle.ParseFileTime([]byte(s))
	if !ok {
		return time.Time{}, fmt.Errorf("history: %q is no time", s)
	}
	return time.Unix(0, ns).UTC(), nil
}
