package wire

import (
	"math"
	"strconv"
	"time"

	"streamd/candle"
)

// Files write numbers and times in more ways than a message may: the readers here take what timetext.go and number.go
// take, and those besides.

// ScanNumber reads the decimal number at b[p] and returns it, rounded as
// strconv.ParseFloat rounds, with the place after it; -1 where none starts. It
// reads what JSON allows; ParseNumber reads more.
func ScanNumber(b []byte, p int) (float64, int) { return parseNumber(b, p) }

// ParseNumber reads a whole decimal number, also with a plus sign, leading
// zeros or a bare point. Words, hexadecimals and underscores are none.
func ParseNumber(b []byte) (float64, bool) {
	if v, p := parseNumber(b, 0); p == len(b) && p > 0 {
		return v, true
	}
	for _, c := range b {
		if c-'0' > 9 && c != '.' && c != '+' && c != '-' && c|0x20 != 'e' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil || math.IsInf(v, 0)
}

// ParseTime reads a point in time as files write it: a date, alone or with a time of day (T or a space, hh:mm, maybe
// seconds, a fraction and a zone, UTC where there is none), the date 20240131, or an epoch. It allocates nothing for
// the usual forms.
func ParseTime(b []byte) (int64, bool) {
	if len(b) < isoDateBytes || b[4] != '-' || b[7] != '-' {
		return parsePlainTime(b)
	}
	ns, reason := parseISO(b, true)
	return ns, reason == ""
}

// parsePlainTime reads an epoch or 20240131.
func parsePlainTime(b []byte) (int64, bool) {
	if len(b) == 8 {
		year := twoDigits(b, 0)*100 + twoDigits(b, 2)
		month, day := twoDigits(b, 4), twoDigits(b, 6)
		if year >= 1970 && year <= 2200 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) {
			return daysSinceEpoch(year, month, day) * 86400 * secondUnit, true
		}
	}
	if len(b) == 0 {
		return 0, false
	}
	ns, defect := parseEpoch(b)
	return ns, defect == nil
}

// EpochTime returns the nanoseconds of an epoch in s, ms, µs or ns, told apart
// by magnitude; false for a time before 1970 or after 2200.
func EpochTime(n int64) (int64, bool) {
	unit := epochUnit(n)
	if n < 0 || n >= candle.EndTime/unit {
		return 0, false
	}
	return n * unit, true
}

// EpochTimeFloat is EpochTime for a number with a fraction.
func EpochTimeFloat(f float64) (int64, bool) {
	ns, defect := epochOfFloat(f, nil)
	return ns, defect == nil
}

// UnitTime returns the nanoseconds of n units since 1970, false where they do
// not lie between 1970 and 2200.
func UnitTime(n int64, unit time.Duration) (int64, bool) {
	if n < 0 || n >= candle.EndTime/int64(unit) {
		return 0, false
	}
	return n * int64(unit), true
}
