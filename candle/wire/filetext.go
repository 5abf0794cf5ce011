package wire

import (
	"math"
	"strconv"
	"time"

	"streamd/candle"
)

// This file reads numbers and times as files write them, which is looser than
// what a message may hold.

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

// ParseTime reads a point in time as ParseTime does and also 20240131 as a
// date, but without an allocation for the usual layouts: a date, or a date and a time of
// day with or without seconds, fraction and zone.
func ParseTime(b []byte) (int64, bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return parsePlainTime(b)
	}
	year := twoDigits(b, 0)*100 + twoDigits(b, 2)
	month, day := twoDigits(b, 5), twoDigits(b, 8)
	if year < 1969 || year > 2201 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	ns := daysSinceEpoch(year, month, day) * 86400 * secondUnit
	if len(b) > 10 {
		clock, ok := parseDayTime(b[10:])
		if !ok {
			return 0, false
		}
		ns += clock
	}
	return ns, ns >= candle.MinTime && ns < candle.EndTime
}

// parseDayTime reads what follows a date: T or a space, hh:mm, and maybe :ss, a
// fraction, and a zone, UTC where there is none. The result is in nanoseconds
// since the midnight of UTC.
func parseDayTime(b []byte) (int64, bool) {
	if len(b) < 6 || b[0] != ' ' && b[0]|0x20 != 't' || b[3] != ':' {
		return 0, false
	}
	hour, minute := twoDigits(b, 1), twoDigits(b, 4)
	if uint64(hour) > 23 || uint64(minute) > 59 {
		return 0, false
	}
	ns := (hour*3600 + minute*60) * secondUnit
	p := 6
	if p < len(b) && b[p] == ':' {
		if len(b) < 9 {
			return 0, false
		}
		second := twoDigits(b, 7)
		if uint64(second) > 59 {
			return 0, false
		}
		ns += second * secondUnit
		p = 9
	}
	if p == 9 && p < len(b) && b[p] == '.' {
		p++
		first := p
		for unit := secondUnit / 10; p < len(b) && b[p]-'0' <= 9; p++ {
			ns += int64(b[p]-'0') * unit
			unit /= 10
		}
		if p == first {
			return 0, false
		}
	}
	if p == len(b) {
		return ns, true
	}
	offset, ok := zoneOffset(b[p:])
	return ns - offset*secondUnit, ok
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
