package history

import (
	"bytes"
	"strconv"
	"time"
)

// Columns whose values need to be understood (texts, times in a zone, dates beside
// times of the day) are given on as lines of CSV, as the tables of JSON are: so
// names, times and numbers mean the same wherever they come from.

// cell appends the text of a column's value in a row of the rows at hand; nothing
// for a null.
type cell func(b []byte, row int) []byte

// rowText is the text of rows. It makes them when they are read.
type rowText struct {
	next func(b []byte) ([]byte, error) // appends some lines; io.EOF after the last
	b    []byte
	at   int
	err  error
}

// Read reads the lines.
func (t *rowText) Read(p []byte) (int, error) {
	for t.at == len(t.b) {
		if t.err != nil {
			return 0, t.err
		}
		t.at = 0
		t.err = guard(func() (err error) {
			t.b, err = t.next(t.b[:0])
			return err
		})
		if t.err != nil && len(t.b) > 0 {
			break
		}
	}
	n := copy(p, t.b[t.at:])
	t.at += n
	return n, nil
}

// rowsOfText is how many rows a rowText makes at a time.
const rowsOfText = 512

// lineCells are the fields of lines. Those that the lines share with the lines of
// other symbols come first: a line with nothing else is left out.
type lineCells struct {
	cells  []cell
	shared int
}

// appendLines appends the lines of some rows.
func (l *lineCells) appendLines(b []byte, from, to int) []byte {
	for row := from; row < to; row++ {
		start, empty := len(b), l.shared > 0
		for i, cell := range l.cells {
			if i > 0 {
				b = append(b, ',')
			}
			at := len(b)
			b = cell(b, row)
			empty = empty && (i < l.shared || len(b) == at)
			b = quoteFrom(b, at)
		}
		if empty {
			b = b[:start]
			continue
		}
		b = append(b, '\n')
	}
	return b
}

// quoteFrom quotes the field that begins at a place where CSV wants that.
func quoteFrom(b []byte, at int) []byte {
	text := b[at:]
	if !bytes.ContainsAny(text, ",\"\r\n") && (len(text) == 0 || text[0] > ' ' && text[len(text)-1] > ' ') {
		return b
	}
	quoted := append([]byte{'"'}, bytes.ReplaceAll(text, []byte{'"'}, []byte(`""`))...)
	return append(append(b[:at], quoted...), '"')
}

// headerLine appends the names of columns.
func headerLine(b []byte, names []string) []byte {
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		at := len(b)
		b = quoteFrom(append(b, name...), at)
	}
	return append(b, '\n')
}

// appendFloat appends a number in the shortest form that is read back as the same;
// nothing for one that is none.
func appendFloat(b []byte, x float64) []byte {
	const plainMin, plainMax = 1e-7, 1e21
	switch {
	case x != x:
		return b
	case x == 0 || x > plainMin && x < plainMax || x < -plainMin && x > -plainMax:
		return strconv.AppendFloat(b, x, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, x, 'e', -1, 64)
}

// appendTime appends a point in time with its offset, or without one where it is
// the reading of a clock nobody knows the zone of.
func appendTime(b []byte, t time.Time, zone *time.Location) []byte {
	if zone == nil {
		return t.UTC().AppendFormat(b, "2006-01-02 15:04:05.999999999")
	}
	return t.In(zone).AppendFormat(b, "2006-01-02T15:04:05.999999999Z07:00")
}

// appendDate appends days since 1970.
func appendDate(b []byte, days int64) []byte {
	const most = 1 << 24 // far beyond the times of candles
	if days < -most || days > most {
		return strconv.AppendInt(b, days, 10)
	}
	return time.Unix(days*86_400, 0).UTC().AppendFormat(b, time.DateOnly)
}

// appendClock appends a time of the day.
func appendClock(b []byte, d time.Duration) []byte {
	if d < 0 || d >= 24*time.Hour {
		return strconv.AppendInt(b, int64(d), 10)
	}
	return time.Unix(0, int64(d)).UTC().AppendFormat(b, "15:04:05.999999999")
}

// unitTime is a count of units since 1970. Its year may be far from any candle's.
func unitTime(n int64, unit time.Duration) time.Time {
	per := int64(time.Second / unit)
	return time.Unix(n/per, n%per*int64(unit))
}
