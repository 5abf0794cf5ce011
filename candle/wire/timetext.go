package wire

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"streamd/candle"
)

// secondUnit is one in nanoseconds.
const secondUnit = int64(time.Second)

// parseMessageTime reads RFC 3339 or an epoch: what a message may hold.
func parseMessageTime(b []byte) (int64, *candle.Defect) {
	if len(b) < len("2006-01-02T15:04:05Z") || b[4] != '-' {
		return parseEpoch(b)
	}
	ns, reason := parseISO(b, false)
	switch reason {
	case "":
		return ns, nil
	case candle.ReasonTimeRange:
		return 0, timeRangeDefect(b)
	default:
		return 0, &candle.Defect{
			Reason: reason, Detail: fmt.Sprintf("time %q is not RFC 3339", candle.Clip(string(b))),
		}
	}
}

// parseEpoch reads a decimal number of seconds, milliseconds, microseconds or
// nanoseconds since 1970. The magnitude of the integer part tells the unit:
// below 1e11 it is seconds (else the year 5138), below 1e14 milliseconds, below
// 1e17 microseconds. Digits finer than a nanosecond are dropped.
func parseEpoch(b []byte) (int64, *candle.Defect) {
	if skipNumber(b, 0) != len(b) || len(b) == 0 {
		return 0, &candle.Defect{
			Reason: candle.ReasonBadTime,
			Detail: fmt.Sprintf("time %q is neither RFC 3339 nor an epoch", candle.Clip(string(b))),
		}
	}
	if bytes.ContainsAny(b, "eE") {
		return epochOfFloat(slowNumber(b), b)
	}
	if b[0] == '-' {
		return 0, timeRangeDefect(b)
	}
	var whole int64
	p := 0
	for ; p < len(b) && b[p] != '.'; p++ {
		if whole >= math.MaxInt64/10 {
			return 0, timeRangeDefect(b)
		}
		whole = whole*10 + int64(b[p]-'0')
	}
	unit := epochUnit(whole)
	if whole >= candle.EndTime/unit {
		return 0, timeRangeDefect(b)
	}
	ns := whole * unit
	for p++; p < len(b) && unit > 1; p++ {
		unit /= 10
		ns += int64(b[p]-'0') * unit
	}
	return ns, nil
}

// epochOfFloat is parseEpoch for a number with an exponent.
func epochOfFloat(f float64, text []byte) (int64, *candle.Defect) {
	if !(f >= 0 && f < float64(math.MaxInt64)) {
		return 0, timeRangeDefect(text)
	}
	whole, fraction := math.Modf(f)
	unit := epochUnit(int64(whole))
	if int64(whole) >= candle.EndTime/unit {
		return 0, timeRangeDefect(text)
	}
	return int64(whole)*unit + int64(fraction*float64(unit)), nil
}

// epochUnit tells the unit of an epoch, in nanoseconds.
func epochUnit(whole int64) int64 {
	switch {
	case whole < 1e11:
		return secondUnit
	case whole < 1e14:
		return int64(time.Millisecond)
	case whole < 1e17:
		return int64(time.Microsecond)
	default:
		return 1
	}
}

// isoDateBytes is the length of 2006-01-02.
const isoDateBytes = 10

// parseISO reads 2006-01-02T15:04:05Z, with a fraction or an offset, some ten times faster than time.Parse. Loose also
// takes a date alone, a space for the T, and a time of day without its seconds or its zone, which then is UTC. The
// reason is ReasonBadTime or ReasonTimeRange, and empty for a time. b is isoDateBytes long at least.
func parseISO(b []byte, loose bool) (ns int64, reason string) {
	year := twoDigits(b, 0)*100 + twoDigits(b, 2)
	month, day := twoDigits(b, 5), twoDigits(b, 8)
	ok := b[4] == '-' && b[7] == '-' &&
		year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
	var clock int64
	if ok && !(loose && len(b) == isoDateBytes) {
		clock, ok = parseDayTime(b[isoDateBytes:], loose)
	}
	if !ok {
		return 0, candle.ReasonBadTime
	}
	if year < 1969 || year > 2201 { // where nanoseconds do not overflow, and an offset may lead back into the range
		return 0, candle.ReasonTimeRange
	}
	ns = daysSinceEpoch(year, month, day)*86400*secondUnit + clock
	if ns < candle.MinTime || ns >= candle.EndTime {
		return 0, candle.ReasonTimeRange
	}
	return ns, ""
}

// parseDayTime reads what follows a date: T, hh:mm:ss, maybe a fraction, and a zone; loose as in parseISO. It returns
// nanoseconds since the midnight of UTC.
func parseDayTime(b []byte, loose bool) (ns int64, ok bool) {
	if len(b) < 6 || b[0]|0x20 != 't' && !(loose && b[0] == ' ') || b[3] != ':' {
		return 0, false
	}
	hour, minute, second := twoDigits(b, 1), twoDigits(b, 4), int64(0)
	p := 6
	seconds := len(b) >= 9 && b[p] == ':'
	if seconds {
		second = twoDigits(b, 7)
		p = 9
	}
	if uint64(hour) > 23 || uint64(minute) > 59 || uint64(second) > 59 || !seconds && !loose {
		return 0, false
	}
	ns = (hour*3600 + minute*60 + second) * secondUnit
	if seconds && p < len(b) && b[p] == '.' {
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
		return ns, loose
	}
	offset, ok := zoneOffset(b[p:])
	return ns - offset*secondUnit, ok
}

// zoneOffset reads Z or ±hh:mm and returns the seconds east of UTC.
func zoneOffset(b []byte) (seconds int64, ok bool) {
	if len(b) == 1 {
		return 0, b[0]|0x20 == 'z'
	}
	if len(b) != 6 || b[0] != '+' && b[0] != '-' || b[3] != ':' {
		return 0, false
	}
	hours, minutes := twoDigits(b, 1), twoDigits(b, 4)
	seconds = hours*3600 + minutes*60
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, uint64(hours) <= 23 && uint64(minutes) <= 59
}

// twoDigits reads two digits at b[p]; where there are none, the result is far
// below zero, and stays so when a sum or product is made of it.
func twoDigits(b []byte, p int) int64 {
	tens, ones := b[p]-'0', b[p+1]-'0'
	if tens > 9 || ones > 9 {
		return -1_000_000
	}
	return int64(tens)*10 + int64(ones)
}

// daysIn returns the length of a month of the Gregorian calendar.
func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSinceEpoch counts the days from 1970-01-01 in the Gregorian calendar, by
// the days of whole years, then of whole months of a year that starts in March,
// so that the leap day is its last.
func daysSinceEpoch(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 719469
}

func timeRangeDefect(text []byte) *candle.Defect {
	return &candle.Defect{
		Reason: candle.ReasonTimeRange,
		Detail: fmt.Sprintf("time %s is not within 1970 to 2200", candle.Clip(string(text))),
	}
}
