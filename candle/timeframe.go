package candle

import (
	"fmt"
	"strconv"
	"time"
)

// Timeframe is the width of a bar: a count and a unit, as in 1s, 5m, 4h, 1d,
// 1w, 1M. It is a comparable value; the zero Timeframe means unknown.
//
// Equal widths are equal values: 60m is 1h, 24h is 1d. 7d is not 1w, since
// weeks start on Monday and counts of days start at 1970-01-01.
type Timeframe struct {
	count uint32
	unit  byte // one of "smhdwM"; 0 in the zero value
}

const (
	secondNs = int64(time.Second)
	minuteNs = int64(time.Minute)
	hourNs   = int64(time.Hour)
	dayNs    = 24 * hourNs
	weekNs   = 7 * dayNs

	// mondayNs is the first Monday after the epoch, which was a Thursday.
	mondayNs = 4 * dayNs

	// maxTimeframeNs bounds the count: a bar of more than a year is a typing
	// error, and far from where arithmetic in nanoseconds overflows.
	maxTimeframeNs = 366 * dayNs
)

// ParseTimeframe reads a count and one of the units s, m, h, d, w, M (months;
// upper case), as in "15m". The width is at most a year.
func ParseTimeframe(s string) (Timeframe, error) {
	tf, ok := LookupTimeframe(s)
	if !ok {
		return Timeframe{}, fmt.Errorf("candle: unknown timeframe %q (want a count and one of s m h d w M, as in "+
			"15m, up to a year)", Clip(s))
	}
	return tf, nil
}

// LookupTimeframe is ParseTimeframe without the error, for text or bytes.
func LookupTimeframe[T string | []byte](s T) (Timeframe, bool) {
	if len(s) < 2 || len(s) > 9 || s[0] == '0' {
		return Timeframe{}, false
	}
	var count int64
	for i := 0; i < len(s)-1; i++ {
		digit := s[i] - '0'
		if digit > 9 {
			return Timeframe{}, false
		}
		count = count*10 + int64(digit)
	}
	return newTimeframe(count, s[len(s)-1])
}

// newTimeframe brings a width to its largest unit, so that one width is one
// value.
func newTimeframe(count int64, unit byte) (Timeframe, bool) {
	ns := unitNs(unit)
	if count < 1 || ns == 0 || count > maxTimeframeNs/ns {
		return Timeframe{}, false
	}
	if unit == 's' && count%60 == 0 {
		count, unit = count/60, 'm'
	}
	if unit == 'm' && count%60 == 0 {
		count, unit = count/60, 'h'
	}
	if unit == 'h' && count%24 == 0 {
		count, unit = count/24, 'd'
	}
	return Timeframe{uint32(count), unit}, true
}

// TimeframeOf returns the timeframe of a fixed width: whole seconds, at most a
// year. Seven days are the week, since no feed has bars of 7d. It serves
// feeds that state a width in seconds and files that state none.
func TimeframeOf(d time.Duration) (Timeframe, bool) {
	ns := int64(d)
	if ns <= 0 || ns%secondNs != 0 {
		return Timeframe{}, false
	}
	if ns == weekNs {
		return Timeframe{1, 'w'}, true
	}
	return newTimeframe(ns/secondNs, 's')
}

// String returns the text that ParseTimeframe reads, "" for the zero value.
func (tf Timeframe) String() string {
	if tf.IsZero() {
		return ""
	}
	return strconv.Itoa(int(tf.count)) + string(rune(tf.unit))
}

// AppendText appends the text that ParseTimeframe reads.
func (tf Timeframe) AppendText(b []byte) ([]byte, error) {
	if tf.IsZero() {
		return b, nil
	}
	return append(strconv.AppendInt(b, int64(tf.count), 10), tf.unit), nil
}

// MarshalText returns the text that ParseTimeframe reads.
func (tf Timeframe) MarshalText() ([]byte, error) { return tf.AppendText(nil) }

// UnmarshalText reads what MarshalText wrote; empty text is the zero value.
func (tf *Timeframe) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*tf = Timeframe{}
		return nil
	}
	parsed, err := ParseTimeframe(string(text))
	if err != nil {
		return err
	}
	*tf = parsed
	return nil
}

// IsZero reports whether the timeframe is unknown.
func (tf Timeframe) IsZero() bool { return tf.count == 0 }

// Duration returns the nominal width; a month counts 30 days.
func (tf Timeframe) Duration() time.Duration {
	return time.Duration(int64(tf.count) * unitNs(tf.unit))
}

// Align returns the open time of the bar that contains ns. Widths up to days
// are counted from 1970-01-01 00:00 UTC, weeks from a Monday, months from a
// January. The zero timeframe returns ns.
func (tf Timeframe) Align(ns int64) int64 {
	switch tf.unit {
	case 0:
		return ns
	case 'M':
		month := monthOf(ns)
		return monthStart(month - floorMod(month, int64(tf.count)))
	case 'w':
		return ns - floorMod(ns-mondayNs, int64(tf.count)*weekNs)
	default:
		return ns - floorMod(ns, int64(tf.count)*unitNs(tf.unit))
	}
}

// Next returns the open time expected after the bar that opened at openNs.
// For months it is the calendar's; an openNs inside a bar counts as that bar's.
func (tf Timeframe) Next(openNs int64) int64 {
	if tf.unit == 'M' {
		month := monthOf(openNs)
		return monthStart(month - floorMod(month, int64(tf.count)) + int64(tf.count))
	}
	return openNs + int64(tf.count)*unitNs(tf.unit)
}

// Multiple reports whether bars of the timeframe of can be aggregated to tf:
// every boundary of tf is one of of. A timeframe is a multiple of itself.
func (tf Timeframe) Multiple(of Timeframe) bool {
	if tf.IsZero() || of.IsZero() {
		return false
	}
	width, part := int64(tf.Duration()), int64(of.Duration())
	switch {
	case tf.unit == of.unit:
		return tf.count%of.count == 0
	case of.unit == 'M' || of.unit == 'w':
		return false
	case tf.unit == 'M':
		return dayNs%part == 0
	case tf.unit == 'w':
		return mondayNs%part == 0 && width%part == 0
	default:
		return width%part == 0
	}
}

// unitNs returns the nominal width of a unit in nanoseconds, 0 for none.
func unitNs(unit byte) int64 {
	switch unit {
	case 's':
		return secondNs
	case 'm':
		return minuteNs
	case 'h':
		return hourNs
	case 'd':
		return dayNs
	case 'w':
		return weekNs
	case 'M':
		return 30 * dayNs
	}
	return 0
}

// monthOf counts the months from January 1970 to the one that contains ns.
func monthOf(ns int64) int64 {
	year, month, _ := time.Unix(0, ns).UTC().Date()
	return int64(year-1970)*12 + int64(month) - 1
}

// monthStart is the reverse of monthOf: the first nanosecond of the month.
func monthStart(month int64) int64 {
	return time.Date(1970, time.Month(1+month), 1, 0, 0, 0, 0, time.UTC).UnixNano()
}

// floorMod is a mod b with the sign of b, so that times before 1970 align
// downwards too.
func floorMod(a, b int64) int64 {
	m := a % b
	if m < 0 {
		m += b
	}
	return m
}

// Clip bounds text from outside for use in an error.
func Clip(s string) string {
	const maxBytes = 80
	if len(s) <= maxBytes {
		return s
	}
	return s[:maxBytes] + "…"
}
