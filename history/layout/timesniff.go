package layout

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"streamd/candle/wire"
	"streamd/candle/zone"
)

// SniffTimes tells how the times of a column are built, by all texts of a sample: the kind that most of them have,
// and day or month first by a part above 12, else by the order of the rows, else by the shorter span. Clocks are the
// texts of a time of day beside them, nil for none, and clockName the word for their column.
func SniffTimes(texts, clocks [][]byte, clockName string, want *FileLayout) (TimeStyle, error) {
	var s TimeStyle
	var err error
	var times, days [][]byte
	for i, text := range texts {
		if text = Trim(text); Missing(text) {
			continue
		}
		times = append(times, text)
		if clocks != nil {
			days = append(days, Trim(clocks[i]))
		}
	}
	if len(times) == 0 {
		return s, errors.New("there is no time in it")
	}
	if s.clock, err = sniffClock(days, clockName); err != nil {
		return s, err
	}
	if want.Timezone != "" {
		if s.zone, err = zone.Load(want.Timezone); err != nil {
			return s, err
		}
	}
	if name := zoneBehind(times); name != "" {
		s.suffix = " " + name
		if s.zone == nil {
			if s.zone, err = zone.Load(name); err != nil {
				return s, err
			}
		}
		for i := range times {
			times[i] = bytes.TrimSuffix(times[i], []byte(s.suffix))
		}
	}
	if want.TimeFormat != "" {
		given, err := parseTimeFormat(want.TimeFormat)
		if err != nil {
			return s, err
		}
		s.kind, s.layout = given.kind, given.layout
		if s.kind == timeDMY || s.kind == timeMDY || s.kind == timeYMD {
			if k := kindOf(times[0]); k != timeDMY && k != timeUnknown && k != timeEpoch {
				s.kind = k // the order of day and month is of no matter to it
			} else if k == timeEpoch && s.kind == timeYMD {
				s.kind = timeDigits
			}
		}
	} else if s.kind, err = sniffTimeKind(times, &s); err != nil {
		return s, err
	}
	if s.kind == timeEpoch {
		s.unit = earlyUnit(times)
	}
	return s, s.sniffMidnights(times, days)
}

// Epochs reports whether all texts that a column of times begins with are epochs that tell their units.
func Epochs(texts []string) bool {
	raw := make([][]byte, len(texts))
	for i, text := range texts {
		if raw[i] = []byte(text); !isEpoch(raw[i]) {
			return false
		}
	}
	s, err := SniffTimes(raw, nil, "", &FileLayout{})
	return err == nil && s.kind == timeEpoch && s.unit == 0
}

func isEpoch(text []byte) bool {
	_, ok := epochMoment(text)
	return ok
}

// zoneBehind returns the name of a zone that stands behind all times, as in "20240108 09:30:00 US/Eastern".
func zoneBehind(times [][]byte) string {
	at := bytes.LastIndexByte(times[0], ' ')
	name := times[0][at+1:]
	slash := bytes.IndexByte(name, '/')
	if at < 0 || slash < 1 || slash != letters(name) {
		return ""
	}
	for _, text := range times {
		if !bytes.HasSuffix(text, times[0][at:]) {
			return ""
		}
	}
	return string(name)
}

// sniffMidnights finds columns of dates, which a zone moves not, and such of which most texts are of no kind.
func (s *TimeStyle) sniffMidnights(times, days [][]byte) error {
	understood, midnights, offsets, zoned := 0, 0, 0, 0
	for i, text := range times {
		var clock []byte
		if days != nil {
			clock = days[i]
		}
		m, ok := s.moment(text, clock)
		if !ok {
			continue
		}
		understood++
		if m.wall%dayNs == 0 {
			midnights++
		}
		if m.zoned {
			zoned++
			if m.offset != 0 {
				offsets++
			}
		}
	}
	if understood*2 <= len(times) {
		return fmt.Errorf("time %.40q is not understood (--time-format says how it is built)", times[0])
	}
	s.naive = zoned == 0 && midnights < understood
	dated := s.kind != timeEpoch && s.kind != timeDayMs
	s.localDate = dated && midnights == understood && (offsets > 0 || s.zone != nil)
	return nil
}

// sniffClock tells what the digits of clocks without marks mean.
func sniffClock(clocks [][]byte, name string) (clockKind, error) {
	kind, least, most, all := clockMinutes, int64(1<<62), int64(-1), true
	for _, c := range clocks {
		v, n := digits(c)
		if n != len(c) || n == 0 {
			all = false
			continue
		}
		if n > 4 {
			kind = clockSeconds
		}
		least, most = min(least, v), max(most, v)
	}
	if !all || most < 0 || kind == clockSeconds || most > 59 || most == 0 {
		return kind, nil
	}
	if most <= 23 && (name == "hour" || name == "hora") {
		return clockHours, nil
	}
	return kind, fmt.Errorf("the times of day %d to %d may be hours or minutes (--map clock=COLUMN names "+
		"another column)",
		least, most)
}

// sniffTimeKind returns the kind that most texts have.
func sniffTimeKind(texts [][]byte, s *TimeStyle) (timeKind, error) {
	var counts [timeUnknown + 1]int
	for _, text := range texts {
		counts[kindOf(text)]++
	}
	best := timeISO
	for k := range counts {
		if counts[k] > counts[best] {
			best = timeKind(k)
		}
	}
	switch {
	case best == timeUnknown:
		return best, fmt.Errorf("time %.40q is not understood (--time-format says how it is built)", texts[0])
	case best == timeDMY:
		return sniffDayOrMonth(texts, s)
	case best == timeISO && counts[timeYMD] > 0:
		return timeYMD, nil
	case best == timeDigits || best == timeEpoch || best == timeExcel:
		return sniffNumericTime(texts)
	}
	return best, nil
}

// kindOf tells the kind of one text. Dates of three numbers with the year last are timeDMY, numbers timeEpoch.
func kindOf(b []byte) timeKind {
	if _, ok := wire.ParseNumber(b); ok {
		return timeEpoch
	}
	for _, kind := range [...]timeKind{timeISO, timeDMY, timeDMonY, timeMonDY, timeDigits} {
		s := TimeStyle{kind: kind}
		rest, ok := []byte(nil), false
		switch kind {
		case timeDMY:
			_, _, _, rest, ok = yearLast(b)
		default:
			_, rest, ok = s.date(b)
		}
		if !ok {
			continue
		}
		if _, ok = dayClock(rest); !ok {
			continue
		}
		if kind == timeISO && (len(b) < 10 || b[4] != '-' || b[7] != '-') {
			return timeYMD
		}
		return kind
	}
	return timeUnknown
}

// sniffNumericTime tells digits of the calendar, serial days of spreadsheets and epochs apart.
func sniffNumericTime(texts [][]byte) (timeKind, error) {
	calendar, serial, epochs := 0, 0, 0
	for _, text := range texts {
		probe := TimeStyle{kind: timeDigits}
		if m, ok := probe.moment(text, nil); ok && m.wall >= MinTime && m.wall < 130*365*dayNs {
			calendar++
		}
		if v, ok := wire.ParseNumber(text); ok {
			if _, n := digits(text); n == 5 && v > 15000 && v < 80000 {
				serial++
			}
			if _, ok := epochMoment(text); ok {
				epochs++
			}
		}
	}
	if epochs*2 <= len(texts) && serial*2 <= len(texts) && earlyUnit(texts) != 0 {
		return timeEpoch, nil
	}
	switch most := max(calendar, serial, epochs); {
	case calendar == most && most*2 > len(texts):
		return timeDigits, nil
	case serial == most && most*2 > len(texts):
		return timeExcel, nil
	case most*2 > len(texts):
		return timeEpoch, nil
	}
	return timeUnknown, fmt.Errorf("%.40q is neither a date nor a time since 1980 (--time-format says how it is "+
		"built, "+
		"--format names a preset)", texts[0])
}

// earlyUnit returns the unit, in ns, of numbers that are epochs of a history from before 1980: some lie a year and
// more before 1970, or they pass 1980, or all are midnights. It is 0 for others: numbers of rows and milliseconds of a
// day are small, too, and numbers that all lie behind 1980 tell their units themselves.
func earlyUnit(texts [][]byte) int64 {
	const secondsMax, millisMax, microsMax = 1e10, 1e13, 1e16 // 317 years, which no unit shares with another
	const fewest = 2
	numbers := make([]float64, 0, len(texts))
	late, most := 0, 0.0
	for _, text := range texts {
		if v, ok := wire.ParseNumber(text); ok {
			numbers = append(numbers, v)
			most = max(most, math.Abs(v))
		}
		if _, ok := epochMoment(text); ok {
			late++
		}
	}
	early := len(numbers) - late
	if len(numbers)*2 <= len(texts) || early < fewest {
		return 0
	}
	unit := int64(time.Second)
	switch {
	case most >= microsMax:
		unit = 1
	case most >= millisMax:
		unit = int64(time.Microsecond)
	case most >= secondsMax:
		unit = int64(time.Millisecond)
	}
	day := float64(dayNs / unit)
	year := 365 * day
	before, behind, midnights := 0, 0, 0
	for _, v := range numbers {
		if v <= -year {
			before++
		}
		if v >= year {
			behind++
		}
		if math.Mod(v, day) == 0 {
			midnights++
		}
	}
	switch {
	case before >= fewest:
		return unit
	case behind == len(numbers) && (late*2 > len(numbers) || midnights == len(numbers)):
		return unit
	}
	return 0
}

// sniffDayOrMonth tells 1/2/2024 apart.
func sniffDayOrMonth(texts [][]byte, s *TimeStyle) (timeKind, error) {
	firstAbove, secondAbove, points := false, false, false
	for _, text := range texts {
		a, b, _, _, ok := yearLast(text)
		if !ok {
			continue
		}
		firstAbove = firstAbove || a > 12
		secondAbove = secondAbove || b > 12
		points = points || bytes.IndexByte(text, '.') > 0 && bytes.IndexByte(text, '.') < 3
	}
	switch {
	case firstAbove && secondAbove:
		return timeUnknown, fmt.Errorf("day/month and month/day are mixed, as in %.40q (--time-format dmy or "+
			"mdy)", texts[0])
	case firstAbove:
		return timeDMY, nil
	case secondAbove:
		return timeMDY, nil
	case points:
		return timeDMY, nil // dates with points are written so everywhere
	}
	s.guessed = true
	byDay, byMonth := orderOf(texts, timeDMY), orderOf(texts, timeMDY)
	switch {
	case byDay.turns != byMonth.turns:
		return shorter(byDay.turns < byMonth.turns), nil
	case byDay.span < byMonth.span && !byMonth.monthly, byMonth.span < byDay.span && !byDay.monthly:
		return shorter(byDay.span < byMonth.span), nil
	}
	return timeUnknown, fmt.Errorf("%.40q may be day/month or month/day: --time-format dmy or mdy says which", texts[0])
}

func shorter(day bool) timeKind {
	if day {
		return timeDMY
	}
	return timeMDY
}

// order is how the times of a sample follow each other under a reading of them.
type order struct {
	turns   int   // how often they turn from rising to falling or back
	span    int64 // from the earliest to the latest
	monthly bool  // they are the first days of months in turn, which days in turn look like the other way round
}

func orderOf(texts [][]byte, kind timeKind) order {
	s := TimeStyle{kind: kind}
	var o order
	last, direction := int64(0), int64(0)
	least, most := int64(0), int64(0)
	steps := 0
	o.monthly = true
	for i, text := range texts {
		m, ok := s.moment(text, nil)
		if !ok {
			continue
		}
		if i == 0 {
			last, least, most = m.wall, m.wall, m.wall
		}
		if step := m.wall - last; step != 0 {
			if direction != 0 && (step > 0) != (direction > 0) {
				o.turns++
			}
			direction = step
			steps++
			if step < 0 {
				step = -step
			}
			o.monthly = o.monthly && step >= 28*dayNs && step <= 31*dayNs
		}
		last = m.wall
		least, most = min(least, m.wall), max(most, m.wall)
	}
	o.span = most - least
	o.monthly = o.monthly && steps > 1
	return o
}
