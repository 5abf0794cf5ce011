package candle

import (
	"fmt"
	"strings"
	"time"

	zones "streamd/candle/zone"
)

// Session is the trading hours of a market: from an opening to a closing
// minute, local time, on some days of the week. It is immutable, may be shared
// by goroutines, and answers without allocating.
type Session struct {
	spec, zone  string
	open, close int64 // ns since local midnight; close is over 24 h past midnight
	days        uint8 // a bit per weekday on which the session opens, Sunday 1<<0
	offsets     offsets
}

const allDays = 1<<7 - 1

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseSession reads hours, as in "09:30-16:00" or "0930-1600", after which
// days may follow, as in "09:30-16:00 Mon-Fri" or "18:00-17:00 Sun,Mon-Thu".
// Hours that end before they begin, or when they begin, end on the next day;
// the days are those of the opening. The zone is a name of the IANA database;
// empty means UTC.
func ParseSession(spec, zone string) (Session, error) {
	s := Session{spec: spec, zone: zone, days: allDays}
	hours, days, hasDays := strings.Cut(strings.TrimSpace(spec), " ")
	from, to, ok := strings.Cut(hours, "-")
	if !ok {
		return s, fmt.Errorf("candle: session %q is not of the form 09:30-16:00", Clip(spec))
	}
	var err error
	if s.open, err = parseClock(from); err != nil {
		return s, fmt.Errorf("candle: session %q: %w", Clip(spec), err)
	}
	if s.close, err = parseClock(to); err != nil {
		return s, fmt.Errorf("candle: session %q: %w", Clip(spec), err)
	}
	if s.open == dayNs {
		s.open = 0
	}
	if s.close <= s.open {
		s.close += dayNs
	}
	if hasDays {
		if s.days, err = parseDays(days); err != nil {
			return s, fmt.Errorf("candle: session %q: %w", Clip(spec), err)
		}
	}
	location, err := zones.Load(Clip(zone))
	if err != nil {
		return s, fmt.Errorf("candle: session %q: %w", Clip(spec), err)
	}
	s.offsets = offsetsOf(location)
	return s, nil
}

// Contains reports whether the session is open at ns: from its opening on, up
// to and without its closing.
func (s Session) Contains(ns int64) bool {
	local := ns + s.offsets.at(ns)
	midnight := local - floorMod(local, dayNs)
	if sinceMidnight := local - midnight; s.opens(midnight) && sinceMidnight >= s.open && sinceMidnight < s.close {
		return true
	}
	// The session of the day before may reach over midnight.
	return s.opens(midnight-dayNs) && local-midnight+dayNs < s.close
}

// Start returns when the session that contains ns opened; where none does,
// when the last one before opened. It is what a session-anchored sum restarts
// at.
func (s Session) Start(ns int64) int64 { return s.offsets.begin(s.day(ns) + s.open) }

// Bar returns the bar [start, end) that contains ns where bars are counted from the
// opening of the session and the last one ends with it; bars of a day or more are the
// session. False where the session is closed.
func (s Session) Bar(width time.Duration, ns int64) (start, end int64, ok bool) {
	if !s.Contains(ns) {
		return 0, 0, false
	}
	midnight := s.day(ns)
	start, end = s.offsets.begin(midnight+s.open), s.offsets.begin(midnight+s.close)
	if w := int64(width); w < dayNs {
		start = ns - floorMod(ns-start, w)
		end = min(start+w, end)
	}
	return start, end, true
}

// IsZero reports whether it is none that ParseSession made.
func (s Session) IsZero() bool { return s.offsets == nil }

// String returns the hours, the days and the zone as they were given.
func (s Session) String() string { return strings.TrimSpace(s.spec + " " + s.zone) }

// day returns the local midnight of the day whose session contains ns, or was the last
// one before.
func (s Session) day(ns int64) int64 {
	local := ns + s.offsets.at(ns)
	midnight := local - floorMod(local, dayNs)
	if local-midnight < s.open {
		midnight -= dayNs
	}
	for !s.opens(midnight) {
		midnight -= dayNs
	}
	return midnight
}

// opens reports whether the session opens on the day of a local midnight.
func (s Session) opens(midnight int64) bool {
	weekday := floorMod(midnight/dayNs+4, 7) // 1970-01-01 was a Thursday
	return s.days&(1<<weekday) != 0
}

// parseClock reads 09:30 or 0930, up to 24:00, as ns since midnight.
func parseClock(text string) (int64, error) {
	digits := strings.Replace(text, ":", "", 1)
	if len(digits) != 4 || len(text) == 5 && text[2] != ':' {
		return 0, fmt.Errorf("%q is not a time of day", text)
	}
	hour, minute := clockPart(digits[:2]), clockPart(digits[2:])
	if hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return 0, fmt.Errorf("%q is not a time of day", text)
	}
	return hour*hourNs + minute*minuteNs, nil
}

// clockPart reads two digits, -1 for others.
func clockPart(text string) int64 {
	tens, ones := text[0]-'0', text[1]-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return int64(tens)*10 + int64(ones)
}

// parseDays reads weekdays and ranges of them, separated by commas.
func parseDays(text string) (uint8, error) {
	var days uint8
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		first, last := weekday(from), weekday(from)
		if isRange {
			last = weekday(to)
		}
		if first < 0 || last < 0 {
			return 0, fmt.Errorf("%q is not a day or a range of days like Mon-Fri", part)
		}
		for day := first; ; day = (day + 1) % len(weekdays) {
			days |= 1 << day
			if day == last {
				break
			}
		}
	}
	return days, nil
}

// weekday returns the number of a day by its first three letters, -1 for none.
func weekday(name string) int {
	for i, day := range weekdays {
		if strings.EqualFold(name, day) {
			return i
		}
	}
	return -1
}
