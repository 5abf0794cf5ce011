package candle_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"streamd/candle"
	"streamd/internal/seed"
)

func parse(t testing.TB, text string) candle.Timeframe {
	t.Helper()
	tf, err := candle.ParseTimeframe(text)
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

func TestParseTimeframe(t *testing.T) {
	good := map[string]string{ // text → canonical text
		"1s": "1s", "90s": "90s", "60s": "1m", "1m": "1m", "15m": "15m", "60m": "1h", "90m": "90m",
		"4h": "4h", "24h": "1d", "1d": "1d", "7d": "7d", "1w": "1w", "1M": "1M", "12M": "12M", "86400s": "1d",
		"52w": "52w",
	}
	for text, canonical := range good {
		tf := parse(t, text)
		if got := tf.String(); got != canonical {
			t.Errorf("%s: String() = %q, want %q", text, got, canonical)
		}
		if again := parse(t, tf.String()); again != tf {
			t.Errorf("%s: %v does not come back from its text", text, tf)
		}
		marshalled, _ := tf.MarshalText()
		var unmarshalled candle.Timeframe
		if err := unmarshalled.UnmarshalText(marshalled); err != nil || unmarshalled != tf {
			t.Errorf("%s: UnmarshalText(%q) = %v, %v", text, marshalled, unmarshalled, err)
		}
	}
	for _, text := range []string{
		"", "m", "1", "0m", "01m", "-1m", "1x", "1H", "1 m", "1.5h", "13M", "400d",
		"9999999999s", "1mm", "１m",
	} {
		if tf, err := candle.ParseTimeframe(text); err == nil {
			t.Errorf("%q is read as %v", text, tf)
		}
		if tf := parse(t, "1m"); text != "" && tf.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is unmarshalled as %v", text, tf)
		}
	}
}

func TestZeroTimeframe(t *testing.T) {
	var zero candle.Timeframe
	if !zero.IsZero() || zero.String() != "" || zero.Align(5) != 5 || zero.Multiple(zero) || zero.Duration() != 0 {
		t.Error("the zero timeframe is not neutral")
	}
	if text, err := zero.MarshalText(); err != nil || len(text) != 0 || zero.UnmarshalText(text) != nil {
		t.Error("the zero timeframe is not empty text")
	}
}

func TestTimeframeOf(t *testing.T) {
	for width, want := range map[time.Duration]string{
		time.Second: "1s", time.Minute: "1m", 4 * time.Hour: "4h", 24 * time.Hour: "1d", 7 * 24 * time.Hour: "1w",
		0: "", -time.Minute: "", time.Millisecond: "", 1000 * 24 * time.Hour: "",
	} {
		tf, ok := candle.TimeframeOf(width)
		if tf.String() != want || ok != (want != "") {
			t.Errorf("TimeframeOf(%v) = %v, %v, want %q", width, tf, ok, want)
		}
	}
}

func TestAlignAndNext(t *testing.T) {
	tests := []struct{ timeframe, at, open, next string }{
		{"1m", "2013-10-04T13:31:59.999999999Z", "2013-10-04T13:31:00Z", "2013-10-04T13:32:00Z"},
		{"1m", "2013-10-04T13:31:00Z", "2013-10-04T13:31:00Z", "2013-10-04T13:32:00Z"},
		{"4h", "2013-10-04T13:31:00Z", "2013-10-04T12:00:00Z", "2013-10-04T16:00:00Z"},
		{"1d", "2013-10-04T13:31:00Z", "2013-10-04T00:00:00Z", "2013-10-05T00:00:00Z"},
		{"1w", "2024-01-07T23:59:59Z", "2024-01-01T00:00:00Z", "2024-01-08T00:00:00Z"},
		{"1w", "1970-01-01T00:00:00Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z"},
		{"1M", "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"1M", "2023-12-31T12:00:00Z", "2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z"},
		{"3M", "2024-06-30T23:59:59Z", "2024-04-01T00:00:00Z", "2024-07-01T00:00:00Z"},
		{"12M", "2024-06-30T23:59:59Z", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"},
		{"1m", "1969-12-31T23:59:30Z", "1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		tf := parse(t, tt.timeframe)
		at, _ := time.Parse(time.RFC3339Nano, tt.at)
		open := tf.Align(at.UnixNano())
		if got := time.Unix(0, open).UTC().Format(time.RFC3339); got != tt.open {
			t.Errorf("%s: Align(%s) = %s, want %s", tf, tt.at, got, tt.open)
		}
		if got := time.Unix(0, tf.Next(open)).UTC().Format(time.RFC3339); got != tt.next {
			t.Errorf("%s: Next(%s) = %s, want %s", tf, tt.open, got, tt.next)
		}
	}
}

var timeframes = []string{
	"1s", "7s", "1m", "3m", "5m", "90m", "1h", "4h", "7h", "1d", "2d", "3d", "4d", "7d", "28d",
	"1w", "2w", "1M", "3M", "7M",
}

// TestBarsTile: every instant is in exactly one bar, and the bars follow each
// other without holes.
func TestBarsTile(t *testing.T) {
	seed.Check(t, func(t *rapid.T) {
		tf, _ := candle.ParseTimeframe(rapid.SampledFrom(timeframes).Draw(t, "timeframe"))
		at := rapid.Int64Range(candle.MinTime, candle.EndTime).Draw(t, "at")
		open := tf.Align(at)
		next := tf.Next(open)
		if open > at || next <= at {
			t.Fatalf("%d is not within its bar %d to %d", at, open, next)
		}
		if tf.Align(open) != open || tf.Align(next) != next || tf.Align(next-1) != open {
			t.Fatalf("bar %d to %d is not aligned", open, next)
		}
	})
}

// TestMultiple compares with the definition, on many boundaries.
func TestMultiple(t *testing.T) {
	for _, to := range timeframes {
		for _, of := range timeframes {
			higher, lower := parse(t, to), parse(t, of)
			want := true
			boundary := higher.Align(0)
			for range 100 {
				want = want && lower.Align(boundary) == boundary
				boundary = higher.Next(boundary)
			}
			if got := higher.Multiple(lower); got != want {
				t.Errorf("%s.Multiple(%s) = %v, want %v", to, of, got, want)
			}
		}
	}
}
