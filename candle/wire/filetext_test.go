package wire_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
)

// FuzzParseNumber holds the numbers of files to strconv, bit by bit.
func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{
		"", "1", "+1", "-0", ".5", "1.", "007", "1e5", "1E-400", "1e999", "0x1p3", "1_0", "nan",
		"inf", "+-1", "9007199254740993", "0.1", "123456789.123456789", "4.35", "1e", ".",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := wire.ParseNumber([]byte(s))
		want, err := strconv.ParseFloat(s, 64)
		wantOK := (err == nil || math.IsInf(want, 0)) && !strings.ContainsAny(s, "xX_nNiI")
		if ok != wantOK || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%q is %v (%v), want %v (%v)", s, got, ok, want, err)
		}
	})
}

// FuzzParseFileTime holds the times of files to time.Parse.
func FuzzParseFileTime(f *testing.F) {
	for _, s := range []string{
		"2024-01-31", "2024-02-30", "2024-01-31 10:20", "2024-01-31T10:20:30", "2024-01-31 10:20:30.123456789",
		"2024-01-31 10:20:30+02:00",
		"2024-01-31T10:20:30Z", "2024-01-31T10:20Z", "20240131", "1704067200", "1704067200.5", "1704067200000",
		"1.7e9",
		"2024-01-31 24:00", "2024-01-31 10:20:30.", "1969-12-31", "2200-12-31",
		"2000-01-01 00:00+24:00", "2000-01-01 00:00+23:59",
	} {
		f.Add(s)
	}
	layouts := []string{
		"2006-01-02", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
		"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04",
		"2006-01-02 15:04", "2006-01-02 15:04Z07:00", "2006-01-02T15:04Z07:00",
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := wire.ParseTime([]byte(s))
		if ok && (got < candle.MinTime || got >= candle.EndTime) {
			t.Fatalf("%q is %d, out of range", s, got)
		}
		if len(s) < 10 || s[4] != '-' || s[7] != '-' || strings.ContainsAny(s, "tz,") {
			return // epochs have their own test; lower case and commas are a matter of taste
		}
		for _, layout := range layouts {
			want, err := time.Parse(layout, s)
			if err != nil {
				continue
			}
			if _, zone := want.Zone(); zone <= -24*3600 || zone >= 24*3600 {
				break // time.Parse reads zones of a day and more, which are no zones
			}
			// time.Parse reads one digit of an hour, too.
			if !ok && want.Year() >= 1970 && want.Year() <= 2200 && want.Format(layout) == s {
				t.Fatalf("%q is refused, and is %v", s, want)
			}
			if ok && got != want.UnixNano() {
				t.Fatalf("%q is %v, want %v", s, time.Unix(0, got).UTC(), want)
			}
			return
		}
		if ok {
			t.Fatalf("%q is taken for %v, and is no time", s, time.Unix(0, got).UTC())
		}
	})
}

// TestEpochs reads times as numbers in their units.
func TestEpochs(t *testing.T) {
	for _, c := range []struct {
		n    int64
		unit time.Duration
		want int64
		ok   bool
	}{
		{1704067200, 0, 1704067200e9, true},
		{1704067200000, 0, 1704067200e9, true},
		{1704067200000000, 0, 1704067200e9, true},
		{1704067200e9, 0, 1704067200e9, true},
		{-1, 0, 0, false},
		{19723, 24 * time.Hour, 1704067200e9, true},
		{5, time.Millisecond, 5e6, true},
		{-5, time.Millisecond, 0, false},
		{math.MaxInt64, time.Microsecond, 0, false},
	} {
		got, ok := wire.EpochTime(c.n)
		if c.unit > 0 {
			got, ok = wire.UnitTime(c.n, c.unit)
		}
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%d in %v is %d, %v", c.n, c.unit, got, ok)
		}
	}
	if got, ok := wire.EpochTimeFloat(1704067200.5); !ok || got != 1704067200500000000 {
		t.Errorf("%d, %v", got, ok)
	}
	if _, ok := wire.EpochTimeFloat(math.NaN()); ok {
		t.Error("NaN is a time")
	}
}
