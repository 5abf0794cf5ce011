package layout

import (
	"bytes"
	"math"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
)

// MinTime is the earliest open time of a bar in a file, 1800-01-01. Messages have the later bound candle.MinTime: in
// one a time before 1970 is a unit mistaken for another, while files of indices begin in 1871.
const MinTime = -5364662400 * int64(time.Second)

// epochMin is the earliest time that a bare number may be, 1980-01-01: below it are milliseconds of a day and row
// numbers, which are not epochs.
const epochMin = 315532800 * int64(time.Second)

const dayNs = 24 * int64(time.Hour)

// timeKind says how the texts of a column of times are built.
type timeKind uint8

const (
	timeISO     timeKind = iota // 2024-01-31, also with a clock and an offset: what wire.ParseTime reads
	timeYMD                     // 2024/1/31, 2024.01.31, 2024年1月31日
	timeMDY                     // 1/31/2024
	timeDMY                     // 31.01.2024
	timeDMonY                   // 31-Jan-24, 31 January 2024
	timeMonDY                   // Jan 31, 2024
	timeDigits                  // 20240131, 202401310930, 20240131093000, also with a clock behind
	timeEpoch                   // s, ms, µs or ns since 1970, told apart by magnitude
	timeExcel                   // days since 1899-12-30
	timeDayMs                   // milliseconds since midnight; the day is in the file's name
	timeGo                      // a layout of the time package
	timeUnknown                 // none of these
)

// timeNames are the words for the kinds in a FileLayout.
var timeNames = [...]string{
	"iso", "ymd", "mdy", "dmy", "dmony", "mondy", "digits", "epoch", "excel", "ms-of-day", "", "",
}

// clockKind says how the digits of a clock without marks are meant.
type clockKind uint8

const (
	clockMinutes clockKind = iota // hhmm
	clockSeconds                  // hhmmss
	clockHours                    // hh
)

// TimeStyle reads the times of one column. All of them are of one kind.
type TimeStyle struct {
	kind   timeKind
	layout string         // of timeGo
	day    int64          // of timeDayMs, in ns
	unit   int64          // of epochs that go back before 1980, in ns; 0 where every one tells its own
	suffix string         // the name of a zone that stands behind every time
	zone   *time.Location // of times without an offset; nil for UTC
	// localDate is set where every time is a midnight in its zone, as those of daily bars: then the bar is that of
	// the date, whatever the offset.
	localDate bool
	clock     clockKind
	naive     bool // no offset is written, and not all are midnights
	guessed   bool // day and month were told by the order of the rows alone
}

// Plain reports whether times are read as wire.ParseTime does.
func (s *TimeStyle) Plain() bool { return s.kind == timeISO && !s.localDate && s.zone == nil }

// Zoned reports whether times without an offset are of a zone other than UTC.
func (s *TimeStyle) Zoned() bool { return s.zone != nil && !s.localDate }

// SetDay gives times of milliseconds since midnight their day, as 20240131; the result is false where it is none.
func (s *TimeStyle) SetDay(text string) bool {
	day, _, ok := (&TimeStyle{kind: timeDigits}).date([]byte(text))
	s.day = day
	return ok
}

// moment is a time as it is written: the wall clock in ns as if it were UTC, and the offset to subtract, where one is
// written.
type moment struct {
	wall   int64
	offset int64
	zoned  bool
}

// Time returns the time of a text, and of a clock beside it where there is one. The result is false for a text of
// another kind and for times that no bar has.
func (s *TimeStyle) Time(b, clock []byte) (int64, bool) {
	if clock == nil && s.Plain() && len(b) >= 10 && b[4] == '-' {
		if ns, ok := wire.ParseTime(b); ok {
			return ns, true
		}
	}
	m, ok := s.moment(b, clock)
	if !ok {
		return 0, false
	}
	ns, ok := s.instant(m)
	return ns, ok && ns >= MinTime && ns < candle.EndTime
}

// instant turns a written time into UTC. In a column of midnights any other time is none: it would be one of another
// day's.
func (s *TimeStyle) instant(m moment) (int64, bool) {
	switch {
	case s.localDate:
		return m.wall, m.wall%dayNs == 0
	case m.zoned:
		return m.wall - m.offset, true
	case s.zone == nil:
		return m.wall, true
	}
	return wallTime(m.wall, s.zone), true
}

// Again returns the later one of two instants with the same wall clock, an hour that a zone has twice, where ns is
// the first of them and not after the time before it.
func (s *TimeStyle) Again(ns, before int64) int64 {
	const hour = int64(time.Hour)
	if s.zone == nil || ns > before || ns+hour <= before {
		return ns
	}
	_, first := time.Unix(0, ns).In(s.zone).Zone()
	_, second := time.Unix(0, ns+hour).In(s.zone).Zone()
	if first-second == int(time.Hour/time.Second) {
		return ns + hour
	}
	return ns
}

// Swapped reports whether a text that is no time would be one with day and month the other way round.
func (s *TimeStyle) Swapped(b []byte) bool {
	if s.kind != timeDMY && s.kind != timeMDY {
		return false
	}
	other := TimeStyle{kind: timeDMY + timeMDY - s.kind}
	_, ok := other.moment(b, nil)
	return ok
}

// wallTime returns the instant at which clocks in a zone show a wall time. An hour that exists twice is its first,
// one that is skipped moves on.
func wallTime(wall int64, zone *time.Location) int64 {
	_, before := time.Unix(0, wall-dayNs).In(zone).Zone()
	early := wall - int64(before)*int64(time.Second)
	_, at := time.Unix(0, early).In(zone).Zone()
	if at == before {
		return early
	}
	late := wall - int64(at)*int64(time.Second)
	if _, check := time.Unix(0, late).In(zone).Zone(); check == at {
		return late
	}
	return early
}

// moment reads a text by the kind of the column.
func (s *TimeStyle) moment(b, clock []byte) (m moment, ok bool) {
	if b = Trim(b); s.suffix != "" {
		b = bytes.TrimSuffix(b, []byte(s.suffix))
	}
	switch s.kind {
	case timeEpoch:
		if s.unit != 0 {
			return unitMoment(b, s.unit)
		}
		return epochMoment(b)
	case timeExcel:
		return s.excelMoment(b)
	case timeDayMs:
		ms, ok := wire.ParseNumber(b)
		return moment{wall: s.day + int64(ms)*int64(time.Millisecond)}, ok && ms >= 0 && ms < 86_400_000
	case timeGo:
		return s.layoutMoment(b, clock)
	}
	date, rest, ok := s.date(b)
	if !ok {
		return m, false
	}
	if len(clock) > 0 {
		if len(bytes.TrimSpace(rest)) > 0 && !midnightText(rest) {
			return m, false
		}
		rest = s.clockText(clock)
	}
	if m, ok = dayClock(rest); !ok {
		return m, false
	}
	m.wall += date
	return m, true
}

// excelMoment reads a serial day of a spreadsheet. Its digits are cut, so that it is rounded to what bars may have.
func (s *TimeStyle) excelMoment(b []byte) (moment, bool) {
	const toUnix = 25569 // days from 1899-12-30 to 1970-01-01
	days, ok := wire.ParseNumber(b)
	if !ok || !(days >= 1 && days < 110_000) {
		return moment{}, false
	}
	whole, fraction := math.Modf(days)
	_, digits, _ := bytes.Cut(b, []byte{'.'})
	unit := int64(time.Second)
	if len(digits) < 5 {
		unit = int64(time.Minute) // a minute is 0.0007 days
	}
	steps := math.Round(fraction * float64(dayNs/unit))
	return moment{wall: (int64(whole)-toUnix)*dayNs + int64(steps)*unit}, true
}

// layoutMoment reads a text by a layout of the time package.
func (s *TimeStyle) layoutMoment(b, clock []byte) (m moment, ok bool) {
	text := string(b)
	if len(clock) > 0 {
		text += " " + string(Trim(clock))
	}
	t, err := time.ParseInLocation(s.layout, text, time.UTC)
	if err != nil || t.Year() < 1800 || t.Year() > 2200 {
		return m, false
	}
	_, offset := t.Zone()
	m = moment{offset: int64(offset) * int64(time.Second), zoned: layoutZoned(s.layout)}
	m.wall = t.UnixNano() + m.offset
	return m, true
}

// midnightText reports whether a clock is that of a date without one.
func midnightText(b []byte) bool {
	m, ok := dayClock(b)
	return ok && m.wall == 0
}

// clockText writes a clock of digits alone with all its digits.
func (s *TimeStyle) clockText(clock []byte) []byte {
	clock = Trim(clock)
	want := map[clockKind]int{clockMinutes: 4, clockSeconds: 6, clockHours: 2}[s.clock]
	if _, n := digits(clock); n != len(clock) || n > want {
		return clock
	}
	padded := append(append(make([]byte, 0, 8), "000000"[:want-len(clock)]...), clock...)
	if s.clock == clockHours {
		padded = append(padded, "00"...)
	}
	return padded
}

// epochMoment reads a number of s, ms, µs or ns since 1970.
func epochMoment(b []byte) (moment, bool) {
	ns, ok := int64(0), false
	if value, n := digits(b); n == len(b) && n > 0 {
		ns, ok = Epoch(value)
	} else if v, isNumber := wire.ParseNumber(b); isNumber {
		ns, ok = wire.EpochTimeFloat(v)
	}
	return moment{wall: ns, zoned: true}, ok && ns >= epochMin
}

// Epoch returns the time of a whole number of s, ms, µs or ns since 1970, false where it is none that a bare number may
// be.
func Epoch(n int64) (ns int64, ok bool) {
	ns, ok = wire.EpochTime(n)
	return ns, ok && ns >= epochMin
}

// unitMoment reads a number of units since 1970, or before it.
func unitMoment(b []byte, unit int64) (moment, bool) {
	const years = 250 // of 1970, which int64 holds in ns
	v, ok := wire.ParseNumber(b)
	limit := float64(years*365*dayNs) / float64(unit)
	if !ok || v < -limit || v > limit {
		return moment{}, false
	}
	whole, fraction := math.Modf(v)
	return moment{wall: int64(whole)*unit + int64(math.Round(fraction*float64(unit))), zoned: true}, true
}

// date reads the date that a text begins with, in ns since 1970, and returns what follows it.
func (s *TimeStyle) date(b []byte) (ns int64, rest []byte, ok bool) {
	var year, month, day int64
	switch s.kind {
	case timeISO, timeYMD:
		year, month, day, rest, ok = yearFirst(b)
	case timeMDY:
		month, day, year, rest, ok = yearLast(b)
	case timeDMY:
		day, month, year, rest, ok = yearLast(b)
	case timeDMonY, timeMonDY:
		year, month, day, rest, ok = monthByName(afterWeekday(b), s.kind == timeMonDY)
	case timeDigits:
		year, month, day, rest, ok = plainDate(b)
	}
	if !ok || year < 1800 || year > 2200 || month < 1 || month > 12 || day < 1 {
		return 0, nil, false
	}
	t := time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	return t.UnixNano(), rest, t.Day() == int(day)
}
