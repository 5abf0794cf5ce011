package history

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/history/layout"
	"streamd/stream"
)

// csvLayout is how the lines of a CSV file are candles.
type csvLayout struct {
	*layout.FileTable
	fields   []int  // by column up to the last that is wanted: its field, or -1
	plain    bool   // numbers are read as JSON writes them
	offset   int64  // of the first row
	line     int    // its number
	coded    string // the encoding, "" for UTF-8
	mac      bool   // lines end with a carriage return alone
	zoned    bool   // times are of a zone, whose clocks show an hour of autumn twice
	isoTimes bool   // times are read as messages write them
	simple   bool   // a row needs no more than its fields
}

// readLayout finds out how the lines are candles, and passes over what stands before the first row.
func readLayout(l *lineReader, want *layout.FileLayout) (*csvLayout, error) {
	y := &csvLayout{}
	head, err := l.peek(layout.SampleBytes)
	if err != nil {
		return nil, err
	}
	if y.coded = want.Encoding; y.coded == "" {
		y.coded = layout.SniffEncoding(head)
	}
	if y.coded == "utf-8" {
		y.coded = ""
	}
	decoded := head
	if y.coded != "" {
		if decoded, err = l.decode(y.coded); err != nil {
			return nil, err
		}
	}
	if y.mac = bytes.IndexByte(decoded, '\n') < 0 && bytes.IndexByte(decoded, '\r') >= 0; y.mac {
		if decoded, err = l.returnsAsLines(); err != nil {
			return nil, err
		}
	}
	if len(bytes.TrimSpace(decoded)) == 0 {
		return nil, errEmpty
	}
	if fewest := 2; bytes.Count(decoded, []byte{'\n'}) < fewest && !l.eof {
		if decoded, err = l.peek(lineMax); err != nil { // its lines are long
			return nil, err
		}
	}
	if bytes.HasPrefix(decoded, []byte("\ufeff")) {
		if err := l.skip(int64(len("\ufeff"))); err != nil {
			return nil, err
		}
	}
	if y.FileTable, err = layout.Sniff(decoded, l.eof, want); err != nil {
		return nil, err
	}
	y.Encoding = y.coded
	for range y.Skip {
		if _, err := l.next(); err != nil {
			return nil, err
		}
	}
	y.offset, y.line = l.offset, y.Skip+1
	y.settle()
	return y, nil
}

// settle works out what the reader of rows asks at every one.
func (y *csvLayout) settle() {
	for field, column := range y.At {
		for column >= len(y.fields) {
			y.fields = append(y.fields, -1)
		}
		if column >= 0 {
			y.fields[column] = field
		}
	}
	if y.Adjusted >= 0 {
		for y.Adjusted >= len(y.fields) {
			y.fields = append(y.fields, -1)
		}
		y.fields[y.Adjusted] = fieldAdjusted
	}
	y.isoTimes = y.At[layout.Clock] < 0 && y.Times.Plain()
	y.zoned = y.Times.Zoned()
	y.plain = y.Numbers.Decimal == '.'
	y.simple = y.At[layout.Clock] < 0 && y.At[layout.AskOpen] < 0 && y.Divisor == 0 && y.Adjusted < 0
}

// fieldAdjusted stands for the adjusted close among the fields of a row.
const fieldAdjusted = layout.FieldCount

// quotedRow reads a line with all that quotes may mean.
func (y *csvLayout) quotedRow(line []byte) ([]string, bool) {
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = rune(y.Delimiter), -1, true
	row, err := r.Read()
	return row, err == nil
}

// csvReader reads the lines of a CSV file as candles.
type csvReader struct {
	*csvLayout
	lines *lineReader
	text  [layout.Clock + 1][]byte
	ask   [4]float64
	bar   candle.Candle

	adjusted      float64
	why           string // the reason against the last line that is no candle
	volumeMissing int    // rows whose volume is taken for 0
}

// split finds the fields of a line: texts for symbol, timeframe and whatever is no plain number, numbers for the
// rest. It reports whether the line is a candle.
func (c *csvReader) split(line []byte) bool {
	c.text[layout.Symbol], c.text[layout.Timeframe] = nil, nil
	c.bar.Volume = 0
	p := 0
	for column, field := range c.fields {
		if column > 0 {
			if p >= len(line) || line[p] != c.Delimiter {
				return c.nothingButVolume(column) && c.finish()
			}
			p++
		}
		if field >= layout.Open && c.plain {
			v, after := wire.ScanNumber(line, p)
			if after >= 0 && (after == len(line) || line[after] == c.Delimiter) {
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
				c.why = "quote not closed"
				return false
			}
			text = line[p+1 : p+1+n]
			p += n + 2
			if p < len(line) && line[p] != c.Delimiter {
				return c.splitQuoted(line)
			}
		} else {
			for p < len(line) && line[p] != c.Delimiter {
				p++
			}
			text = line[start:p]
		}
		if field >= 0 && !c.set(field, text) {
			return false
		}
	}
	return c.finish()
}

// nothingButVolume reports whether no other field is wanted from a column on: then a line may end before it.
func (c *csvReader) nothingButVolume(column int) bool {
	c.why = "too few columns"
	return !slices.ContainsFunc(c.fields[column:], func(field int) bool { return field >= 0 && field != layout.Volume })
}

// splitQuoted is split for a line with quotes within quotes.
func (c *csvReader) splitQuoted(line []byte) bool {
	row, ok := c.quotedRow(line)
	if !ok {
		c.why = "not a line of CSV"
		return false
	}
	for column, field := range c.fields {
		if field < 0 {
			continue
		}
		if column >= len(row) {
			if field == layout.Volume {
				continue
			}
			c.why = "too few columns"
			return false
		}
		if !c.set(field, []byte(row[column])) {
			return false
		}
	}
	return c.finish()
}

// set stores the text of a field.
func (c *csvReader) set(field int, text []byte) bool {
	if field == layout.Time && c.isoTimes && len(text) >= len(time.DateOnly) && text[4] == '-' {
		if ns, ok := wire.ParseTime(text); ok {
			c.bar.Time = ns
			return true
		}
	}
	text = layout.Trim(text)
	switch field {
	case layout.Symbol, layout.Timeframe, layout.Clock:
		c.text[field] = text
		return true
	case layout.Time:
		if c.At[layout.Clock] >= 0 {
			c.text[field] = text
			return true
		}
		return c.setTime(text, nil)
	}
	v, ok := c.Numbers.Number(text)
	switch {
	case ok:
	case !layout.Missing(text):
		c.why = fieldText(field) + " is not a number"
		return false
	case field == layout.Volume:
		c.volumeMissing++
	default:
		c.why = fieldText(field) + " missing"
		return false
	}
	c.setNumber(field, v)
	return true
}

func fieldText(field int) string {
	if field == fieldAdjusted {
		return "adjusted close"
	}
	return layout.FieldNames[field]
}

func (c *csvReader) setTime(text, clock []byte) bool {
	ns, ok := c.Times.Time(text, clock)
	c.bar.Time = ns
	switch {
	case ok:
		return true
	case layout.Missing(text):
		c.why = "time missing"
	case c.Times.Swapped(text):
		c.why = reasonSwapped
	default:
		c.why = "time not understood"
	}
	return false
}

// reasonSwapped is the reason against a date that has day and month the other way round than those before it. A file
// with one is not read at all: which of its other dates are right is not known.
const reasonSwapped = "day and month the other way round"

func (c *csvReader) setNumber(field int, v float64) {
	switch field {
	case layout.Open:
		c.bar.Open = v
	case layout.High:
		c.bar.High = v
	case layout.Low:
		c.bar.Low = v
	case layout.Close:
		c.bar.Close = v
	case layout.Volume:
		c.bar.Volume = v
	case fieldAdjusted:
		c.adjusted = v
	default:
		c.ask[field-layout.AskOpen] = v
	}
}

// finish works out what is made of several fields.
func (c *csvReader) finish() bool {
	if c.simple {
		return true
	}
	if c.At[layout.Clock] >= 0 && !c.setTime(c.text[layout.Time], c.text[layout.Clock]) {
		return false
	}
	b := &c.bar
	prices := [...]*float64{&b.Open, &b.High, &b.Low, &b.Close}
	for i, p := range prices {
		if c.At[layout.AskOpen] >= 0 {
			*p = (*p + c.ask[i]) / 2
		}
		if c.Divisor != 0 {
			*p /= c.Divisor
		}
	}
	if c.Adjusted >= 0 {
		factor := c.adjusted / b.Close
		b.Open, b.High, b.Low, b.Close = b.Open*factor, b.High*factor, b.Low*factor, c.adjusted
	}
	return true
}

// rounding is by how much, relative to it, a price may break a bound: prices adjusted for dividends do, by an ulp.
const rounding = 1e-12

// check reports whether the bar may be kept. Where close breaks high or low by rounding alone, that bound is moved.
func (c *csvReader) check() bool {
	if why := mendedDefect(&c.bar); why != "" {
		c.why = why
		return false
	}
	return true
}

// mendedDefect returns why a bar is none, "" where it is one. Prices that are off by a rounding are moved.
func mendedDefect(b *candle.Candle) string {
	if b.Check() != nil && !mended(b) {
		at := *b
		at.Time = max(at.Time, candle.MinTime)
		defect := at.Defect()
		switch {
		case defect == nil:
			return ""
		case b.High >= b.Low && (b.Close > b.High || b.Close < b.Low):
			return "close outside of low to high"
		}
		return strings.ReplaceAll(defect.Reason, "_", " ")
	}
	if b.High == 0 && b.Open == 0 && b.Volume == 0 {
		return "all prices 0"
	}
	return ""
}

// mended moves the bounds of a bar that rounding broke, and reports whether it is a candle then. Files may have times
// before candle.MinTime.
func mended(b *candle.Candle) bool {
	if b.Close > b.High && b.Close-b.High <= rounding*b.Close {
		b.High = b.Close
	}
	if b.Close < b.Low && b.Low-b.Close <= rounding*b.Low {
		b.Low = b.Close
	}
	at := *b
	at.Time = max(at.Time, candle.MinTime)
	return at.Check() == nil
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
	c.volumeMissing = 0
	defer func() { r.volumeMissing = c.volumeMissing }()
	end := c.lines.offset + r.bytes
	for n := 0; r.bytes == 0 || c.lines.offset < end; n++ {
		if n%linesBetween == 0 && c.ctx.Err() != nil {
			return 0, context.Cause(c.ctx)
		}
		line, err := c.lines.next()
		if errors.Is(err, io.EOF) && r.bytes == 0 {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		if len(line) == 0 {
			continue
		}
		if !c.split(line) || !c.check() {
			if c.why == reasonSwapped {
				return 0, swappedError(r.line+n, line)
			}
			r.left = leaveOut(r.left, c.why, 1, r.line+n)
			continue
		}
		if k := into.Len(); c.zoned && k > 1 && into.Time[k-1] > into.Time[k-2] && c.bar != into.At(k-1) {
			c.bar.Time = c.Times.Again(c.bar.Time, into.Time[k-1])
		}
		into.Append(c.bar)
		r.lines.add(r.line + n)
	}
	return 0, nil
}

func (c *csvRuns) close() { c.source.Close() }
