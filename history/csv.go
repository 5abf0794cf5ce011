package history

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/stream"
)

// The fields of a candle, in CSV and in Parquet.
const (
	fieldSymbol = iota
	fieldTimeframe
	fieldTime
	fieldOpen
	fieldHigh
	fieldLow
	fieldClose
	fieldVolume
	fieldCount
)

var fieldNames = [fieldCount]string{"symbol", "timeframe", "timestamp", "open", "high", "low", "close", "volume"}

// columnFields are the names that columns have, those better known first.
var columnFields = []struct {
	name  string
	field int
}{
	{"symbol", fieldSymbol},
	{"ticker", fieldSymbol},
	{"timeframe", fieldTimeframe},
	{"timestamp", fieldTime},
	{"datetime", fieldTime},
	{"ts", fieldTime},
	{"date", fieldTime},
	{"time", fieldTime},
	{"open", fieldOpen},
	{"high", fieldHigh},
	{"low", fieldLow},
	{"close", fieldClose},
	{"volume", fieldVolume},
}

// findColumns returns the place of every field among the names of columns, -1
// where there is none. Names are compared without regard to case.
func findColumns(names []string) ([fieldCount]int, error) {
	var at [fieldCount]int
	for i := range at {
		at[i] = -1
	}
	for _, c := range columnFields {
		if at[c.field] >= 0 {
			continue
		}
		for i, name := range names {
			if strings.EqualFold(strings.TrimSpace(name), c.name) {
				at[c.field] = i
				break
			}
		}
	}
	for _, f := range []int{fieldTime, fieldOpen, fieldHigh, fieldLow, fieldClose} {
		if at[f] < 0 {
			return at, fmt.Errorf("%w: no column for %s among %q", ErrUndecodable, fieldNames[f], clipNames(names))
		}
	}
	return at, nil
}

// clipNames bounds the names of columns for an error.
func clipNames(names []string) []string {
	const most, longest = 20, 40
	var shown []string
	for i, name := range names {
		if i == most {
			return append(shown, "…")
		}
		if len(name) > longest {
			name = name[:longest] + "…"
		}
		shown = append(shown, name)
	}
	return shown
}

// csvLayout is what the header of a CSV file says.
type csvLayout struct {
	comma  byte
	at     [fieldCount]int
	fields []int // by column up to the last that is wanted: its field, or -1
	offset int64 // of the first line behind the header
}

// readLayout reads the header, which is the first line that is not empty.
func readLayout(l *lineReader) (*csvLayout, error) {
	var header []byte
	for len(bytes.TrimSpace(header)) == 0 {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil, errEmpty
		}
		if err != nil {
			return nil, err
		}
		header = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	y := &csvLayout{comma: ',', offset: l.offset}
	for _, c := range []byte{';', '\t'} {
		if bytes.IndexByte(header, ',') < 0 && bytes.IndexByte(header, c) >= 0 {
			y.comma = c
		}
	}
	names, ok := y.quotedRow(header)
	if !ok {
		return nil, fmt.Errorf("%w: the header is no line of CSV", ErrUndecodable)
	}
	var err error
	if y.at, err = findColumns(names); err != nil {
		return nil, err
	}
	for field, column := range y.at {
		for column >= len(y.fields) {
			y.fields = append(y.fields, -1)
		}
		if column >= 0 {
			y.fields[column] = field
		}
	}
	return y, nil
}

// quotedRow reads a line with all that quotes may mean.
func (y *csvLayout) quotedRow(line []byte) ([]string, bool) {
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = rune(y.comma), -1, true
	row, err := r.Read()
	return row, err == nil
}

// csvReader reads the lines of a CSV file as candles.
type csvReader struct {
	*csvLayout
	lines *lineReader
	text  [fieldCount][]byte
	bar   candle.Candle
}

// split finds the fields of a line: texts for symbol, timeframe and whatever is
// no plain number, numbers for the rest. It reports whether the line is a candle.
func (c *csvReader) split(line []byte) bool {
	c.text[fieldSymbol], c.text[fieldTimeframe] = nil, nil
	c.bar.Volume = 0
	p := 0
	for column, field := range c.fields {
		if column > 0 {
			if p >= len(line) || line[p] != c.comma {
				return c.nothingButVolume(column)
			}
			p++
		}
		if field >= fieldOpen {
			v, after := wire.ScanNumber(line, p)
			if after >= 0 && (after == len(line) || line[after] == c.comma) {
				c.setNumber(field, v)
				p = after
				continue
			}
		}
		start := p
		var text []byte
		if p < len(line) && line[p] == '"' {
			n := bytes.IndexByte(line[p+1:], '"')
			if n < 0 {
				return false
			}
			text = line[p+1 : p+1+n]
			p += n + 2
			if p < len(line) && line[p] != c.comma {
				return c.splitQuoted(line)
			}
		} else {
			for p < len(line) && line[p] != c.comma {
				p++
			}
			text = line[start:p]
		}
		if field >= 0 && !c.set(field, text) {
			return false
		}
	}
	return true
}

// nothingButVolume reports whether no other field is wanted from a column on: then a line
// may end before it.
func (c *csvReader) nothingButVolume(column int) bool {
	return !slices.ContainsFunc(c.fields[column:], func(field int) bool { return field >= 0 && field != fieldVolume })
}

// splitQuoted is split for a line with quotes within quotes.
func (c *csvReader) splitQuoted(line []byte) bool {
	row, ok := c.quotedRow(line)
	if !ok {
		return false
	}
	for field, column := range c.at {
		if column < 0 {
			continue
		}
		if column >= len(row) {
			if field == fieldVolume {
				continue
			}
			return false
		}
		if !c.set(field, []byte(row[column])) {
			return false
		}
	}
	return true
}

// set stores the text of a field.
func (c *csvReader) set(field int, text []byte) bool {
	if n := len(text); n > 0 && (text[0] <= ' ' || text[n-1] <= ' ') {
		text = bytes.TrimSpace(text)
	}
	switch field {
	case fieldSymbol, fieldTimeframe:
		c.text[field] = text
		return true
	case fieldTime:
		ns, ok := wire.ParseTime(text)
		c.bar.Time = ns
		return ok
	}
	v, ok := wire.ParseNumber(text)
	c.setNumber(field, v)
	return ok
}

func (c *csvReader) setNumber(field int, v float64) {
	switch field {
	case fieldOpen:
		c.bar.Open = v
	case fieldHigh:
		c.bar.High = v
	case fieldLow:
		c.bar.Low = v
	case fieldClose:
		c.bar.Close = v
	case fieldVolume:
		c.bar.Volume = v
	}
}

// csvRuns reads the runs of a unit.
type csvRuns struct {
	csvReader
	ctx    context.Context
	source io.Closer
}

// linesBetween is how many lines are read between two looks at the context.
const linesBetween = 4096

// read reads the lines of a run: as many bytes as it has, or all.
func (c *csvRuns) read(r *run, into *stream.Block) (int, error) {
	if into == nil {
		return 0, c.lines.skip(r.bytes)
	}
	skipped := 0
	end := c.lines.offset + r.bytes
	for n := 0; r.bytes == 0 || c.lines.offset < end; n++ {
		if n%linesBetween == 0 && c.ctx.Err() != nil {
			return skipped, context.Cause(c.ctx)
		}
		line, err := c.lines.next()
		if errors.Is(err, io.EOF) && r.bytes == 0 {
			return skipped, nil
		}
		if err != nil {
			return skipped, err
		}
		if len(line) == 0 {
			continue
		}
		if !c.split(line) || c.bar.Check() != nil {
			skipped++
			continue
		}
		skipped += appendBar(into, &c.bar)
	}
	return skipped, nil
}

func (c *csvRuns) close() { c.source.Close() }
