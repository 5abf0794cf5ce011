package history

import (
	"testing"
	"time"
)

// A time of day is the last one up to the newest bar; all else is read as ParseTime reads it.
func TestParseBarTime(t *testing.T) {
	newest := time.Date(2024, 3, 1, 13, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"13:01": "2024-03-01T13:01:00Z", "13:30": "2024-03-01T13:30:00Z", "13:31": "2024-02-29T13:31:00Z",
		"09:00:30": "2024-03-01T09:00:30Z", "2024-01-02": "2024-01-02T00:00:00Z", "25:00": "",
	} {
		got, err := ParseBarTime(text, newest)
		if want == "" != (err != nil) || err == nil && got.Format(time.RFC3339) != want {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
}
