package layout

import (
	"bytes"
	"time"
)

// digits reads the digits that a text begins with and returns their number.
func digits(b []byte) (value int64, n int) {
	for n < len(b) && n < 19 && b[n]-'0' <= 9 {
		value = value*10 + int64(b[n]-'0')
		n++
	}
	return value, n
}

func isDateMark(c byte) bool { return c == '-' || c == '/' || c == '.' }

// yearFirst reads 2024-1-31, with /, . or the signs for year, month and day.
func yearFirst(b []byte) (year, month, day int64, rest []byte, ok bool) {
	year, n := digits(b)
	if n != 4 {
		return 0, 0, 0, nil, false
	}
	b = b[n:]
	for _, signs := range [...][3]string{{"年", "月", "日"}, {"년", "월", "일"}} {
		after, east := bytes.CutPrefix(b, []byte(signs[0]))
		if !east {
			continue
		}
		month, n = digits(bytes.TrimSpace(after))
		after, ok = bytes.CutPrefix(bytes.TrimSpace(after)[n:], []byte(signs[1]))
		day, n = digits(bytes.TrimSpace(after))
		rest = bytes.TrimPrefix(bytes.TrimSpace(after)[n:], []byte(signs[2]))
		return year, month, day, rest, ok && n > 0
	}
	if len(b) < 4 || !isDateMark(b[0]) {
		return 0, 0, 0, nil, false
	}
	mark := b[0]
	month, n = digits(b[1:])
	if n < 1 || n > 2 || len(b) < n+3 || b[n+1] != mark {
		return 0, 0, 0, nil, false
	}
	b = b[n+2:]
	day, n = digits(b)
	return year, month, day, b[n:], n == 1 || n == 2
}

// yearLast reads 1/31/2024 or 31.01.24: two numbers, then the year.
func yearLast(b []byte) (first, second, year int64, rest []byte, ok bool) {
	first, n := digits(b)
	if n < 1 || n > 2 || len(b) < n+4 || !isDateMark(b[n]) {
		return 0, 0, 0, nil, false
	}
	mark := b[n]
	b = b[n+1:]
	second, n = digits(b)
	if n < 1 || n > 2 || len(b) < n+3 || b[n] != mark {
		return 0, 0, 0, nil, false
	}
	b = b[n+1:]
	year, n = digits(b)
	return first, second, fullYear(year, n), b[n:], n == 2 || n == 4
}

// fullYear adds the century to a year of two digits, as strptime does: 69 is
// 1969, 68 is 2068.
func fullYear(year int64, digits int) int64 {
	switch {
	case digits != 2:
		return year
	case year < 69:
		return year + 2000
	}
	return year + 1900
}

// plainDate reads 20240131, or that and a clock without a mark between.
func plainDate(b []byte) (year, month, day int64, rest []byte, ok bool) {
	_, n := digits(b)
	switch n {
	case 8, 10, 12, 14, 17:
	default:
		return 0, 0, 0, nil, false
	}
	if n < len(b) && b[n] == '.' {
		return 0, 0, 0, nil, false
	}
	v, _ := digits(b[:8])
	return v / 10000, v / 100 % 100, v % 100, b[8:], true
}

// months are the first three letters of their names.
var months = [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// afterWeekday drops the name of a day before a date, as in "Mon, 8 Jan 2024".
func afterWeekday(b []byte) []byte {
	n := letters(b)
	if n < 3 {
		return b
	}
	for _, day := range [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		if bytes.EqualFold(b[:3], []byte(day)) && !(day == "mon" && n == 3 && len(b) == 3) {
			return bytes.TrimLeft(b[n:], ", ")
		}
	}
	return b
}

func letters(b []byte) int {
	n := 0
	for n < len(b) && b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z' {
		n++
	}
	return n
}

// monthByName reads "31-Jan-24", or "January 31, 2024" where the month is first.
func monthByName(b []byte, monthFirst bool) (year, month, day int64, rest []byte, ok bool) {
	n := 0
	if !monthFirst {
		if day, n = digits(b); n < 1 || n > 2 {
			return 0, 0, 0, nil, false
		}
		b = bytes.TrimLeft(b[n:], "-. /")
	}
	if n = letters(b); n < 3 {
		return 0, 0, 0, nil, false
	}
	for i, name := range months {
		if bytes.EqualFold(b[:3], []byte(name)) {
			month = int64(i + 1)
		}
	}
	b = bytes.TrimLeft(b[n:], "-. /,")
	if monthFirst {
		if day, n = digits(b); n < 1 || n > 2 {
			return 0, 0, 0, nil, false
		}
		b = bytes.TrimLeft(b[n:], "-, ")
	}
	year, n = digits(b)
	return fullYear(year, n), month, day, b[n:], month > 0 && (n == 2 || n == 4)
}

// dayClock reads what follows a date: nothing, or a clock in 24 or 12 hours,
// and a zone.
func dayClock(b []byte) (m moment, ok bool) {
	b = bytes.TrimLeft(b, " Tt,-_")
	b = bytes.TrimRight(b, " ")
	if i := bytes.IndexByte(b, '['); i > 0 && b[len(b)-1] == ']' {
		b = b[:i] // Java writes the zone's name after the offset
	}
	if len(b) == 0 {
		return m, true
	}
	hour, minute, second, fraction := int64(0), int64(0), int64(0), int64(0)
	hour, n := digits(b)
	plain := n >= 3
	switch {
	case n == 9: // hhmmssSSS
		fraction = hour % 1000 * int64(time.Millisecond)
		hour /= 1000
		second, minute, hour = hour%100, hour/100%100, hour/10000
	case n == 6:
		second, minute, hour = hour%100, hour/100%100, hour/10000
	case n == 4:
		minute, hour = hour%100, hour/100
	case n > 2 || n == 0:
		return m, false
	}
	b = b[n:]
	colon := false
	if !plain && len(b) > 2 && b[0] == ':' {
		if minute, n = digits(b[1:]); n != 2 {
			return m, false
		}
		b, colon = b[3:], true
		if len(b) > 2 && b[0] == ':' {
			if second, n = digits(b[1:]); n != 2 {
				return m, false
			}
			b = b[3:]
			b, fraction, ok = fractionOf(b)
			if !ok {
				return m, false
			}
		}
	}
	b = bytes.TrimLeft(b, " ")
	hour, b, half := halfDay(hour, b)
	if !plain && !colon && !half && len(b) == 0 && n > 2 || hour > 23 || hour < 0 || minute > 59 || second > 60 {
		return m, false
	}
	m.wall = ((hour*60+minute)*60+second)*int64(time.Second) + fraction
	m.offset, m.zoned, ok = zoneText(bytes.TrimSpace(b))
	return m, ok
}

// fractionOf reads .123 or ,123, which may be absent.
func fractionOf(b []byte) (rest []byte, ns int64, ok bool) {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' {
		return b, 0, true
	}
	_, n := digits(b[1:])
	unit := int64(time.Second) / 10
	for _, c := range b[1 : 1+n] {
		ns += int64(c-'0') * unit
		unit /= 10
	}
	return b[1+n:], ns, n > 0
}

// halfDay applies AM or PM to an hour. The hour is negative where it is no hour
// of half a day.
func halfDay(hour int64, b []byte) (in24 int64, rest []byte, half bool) {
	if len(b) < 2 || b[1]|0x20 != 'm' || b[0]|0x20 != 'a' && b[0]|0x20 != 'p' {
		return hour, b, false
	}
	if hour < 1 || hour > 12 {
		return -1, nil, true
	}
	hour %= 12
	if b[0]|0x20 == 'p' {
		hour += 12
	}
	return hour, bytes.TrimLeft(b[2:], " "), true
}

// zoneHours are the offsets of the abbreviations that mean one zone everywhere. Others (CST, IST, BST) mean several.
var zoneHours = map[string]int64{
	"EST": -5, "EDT": -4, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
	"JST": 9, "KST": 9, "HKT": 8,
}

// zoneText reads Z, UTC, GMT, +02, +0200, +02:00, GMT+0200 or an abbreviation as EST.
func zoneText(b []byte) (offset int64, zoned, ok bool) {
	if len(b) == 0 {
		return 0, false, true
	}
	if hours, known := zoneHours[string(b)]; known {
		return hours * int64(time.Hour), true, true
	}
	if len(b) >= 3 && (bytes.EqualFold(b[:3], []byte("utc")) || bytes.EqualFold(b[:3], []byte("gmt"))) {
		if b = bytes.TrimSpace(b[3:]); len(b) == 0 {
			return 0, true, true
		}
	}
	if len(b) == 1 {
		return 0, true, b[0]|0x20 == 'z'
	}
	if b[0] != '+' && b[0] != '-' {
		return 0, false, false
	}
	hours, n := digits(b[1:])
	minutes, rest := int64(0), b[1+n:]
	if n == 4 {
		hours, minutes = hours/100, hours%100
	} else if n == 2 && len(rest) > 0 {
		if rest[0] != ':' {
			return 0, false, false
		}
		minutes, n = digits(rest[1:])
		rest = rest[1+n:]
	}
	if n != 2 && n != 4 || len(rest) > 0 || hours > 23 || minutes > 59 {
		return 0, false, false
	}
	offset = (hours*60 + minutes) * int64(time.Minute)
	if b[0] == '-' {
		offset = -offset
	}
	return offset, true, true
}
