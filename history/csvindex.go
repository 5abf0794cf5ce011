package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"streamd/candle"
	"streamd/history/layout"
)

// A file whose symbols take turns is collected instead of being read by series:
// from so many runs on, when they have fewer than so many lines each.
const (
	runsMixed     = 4096
	linesPerMixed = 16
)

// unitBytes is about how much of a file one worker reads at a time.
const unitBytes = 4 << 20

// csvContents finds out what a CSV file holds.
func csvContents(ctx context.Context, d *Data, in *input) (*contents, error) {
	f, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := newLineReader(f, true)
	y, symbol, err := in.openTable(d, lines)
	if err != nil {
		return nil, err
	}
	if y.Groups != nil {
		return collectGroups(ctx, d, in, y, lines)
	}
	if y.At[layout.Symbol] < 0 && y.At[layout.Timeframe] < 0 {
		if !d.wants(symbol) {
			return &contents{table: y.FileTable}, nil
		}
		u := unit{runs: []run{{line: y.line}}, open: y.opener(in, y.offset)}
		return &contents{keys: []candle.Series{{Symbol: symbol}}, units: []unit{u}, table: y.FileTable}, nil
	}
	x := csvIndex{csvReader: csvReader{csvLayout: y, lines: lines}, name: symbol, places: map[candle.Series]int{}}
	mixed, err := x.read(ctx)
	if err != nil {
		return nil, err
	}
	if mixed {
		return collectCSVFile(ctx, d, in)
	}
	x.cut(d, in)
	x.c.table = y.FileTable
	return &x.c, nil
}

// openTable finds out how the lines of the input are candles, and the symbol of all rows, "" where a column has it or
// several symbols stand side by side.
func (in *input) openTable(d *Data, l *lineReader) (y *csvLayout, symbol string, err error) {
	if y, err = in.readTable(d, l); err != nil || y.Groups != nil {
		return y, "", err
	}
	symbol, err = y.symbol(d, in)
	return y, symbol, err
}

// symbol returns the symbol of all rows, "" where a column has it.
func (y *csvLayout) symbol(d *Data, in *input) (string, error) {
	if y.At[layout.Symbol] >= 0 && !d.namesSymbols() {
		return "", nil
	}
	symbol, err := in.symbol(d)
	if err != nil {
		return "", err
	}
	if y.Symbol != "" && !d.namesSymbols() {
		symbol = y.Symbol
	}
	if err := candle.CheckSymbol([]byte(symbol)); err != nil {
		return "", fmt.Errorf("%w (--symbol-from names it)", err)
	}
	y.dropField(layout.Symbol)
	return symbol, nil
}

// dropField forgets the column of a field.
func (y *csvLayout) dropField(field int) {
	if column := y.At[field]; column >= 0 {
		y.At[field] = -1
		y.fields[column] = -1
	}
}

// opener opens a file at the start of a unit.
func (y *csvLayout) opener(in *input, offset int64) func(context.Context) (runReader, error) {
	return func(ctx context.Context) (runReader, error) {
		f, err := in.open(ctx)
		if err != nil {
			return nil, err
		}
		lines := newLineReader(f, true)
		if err := y.prepare(lines); err != nil {
			f.Close()
			return nil, err
		}
		if c, ok := f.(*contextReader); ok && y.coded == "" {
			if file, ok := c.r.(io.Seeker); ok && !y.mac {
				if _, err := file.Seek(offset, io.SeekStart); err == nil {
					lines.offset = offset
				}
			}
		}
		if err := lines.skip(offset - lines.offset); err != nil {
			f.Close()
			return nil, err
		}
		return &csvRuns{csvReader: csvReader{csvLayout: y, lines: lines}, ctx: ctx, source: f}, nil
	}
}

// prepare makes the reader read the text as the layout's was.
func (y *csvLayout) prepare(l *lineReader) error {
	if y.coded != "" {
		if _, err := l.decode(y.coded); err != nil {
			return err
		}
	}
	if y.mac {
		if _, err := l.returnsAsLines(); err != nil {
			return err
		}
	}
	return nil
}

// csvIndex finds the runs of a CSV file by the columns of its symbols and
// timeframes alone.
type csvIndex struct {
	csvReader
	name   string // the symbol of all lines, where no column has it
	c      contents
	places map[candle.Series]int
	runs   []run
}

// read goes through all lines, and reports whether the series take turns.
func (x *csvIndex) read(ctx context.Context) (mixed bool, err error) {
	var lastSymbol, lastTimeframe []byte
	for n := 0; ; n++ {
		if n%linesBetween == 0 && ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		start := x.lines.offset
		line, err := x.lines.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if len(line) > 0 {
			symbol, timeframe := x.key(line)
			if len(x.runs) == 0 || !bytes.Equal(symbol, lastSymbol) || !bytes.Equal(timeframe, lastTimeframe) {
				lastSymbol, lastTimeframe = append(lastSymbol[:0], symbol...), append(lastTimeframe[:0], timeframe...)
				x.runs = append(x.runs, run{series: x.place(symbol, timeframe), line: x.line + n})
				if len(x.runs) > runsMixed && n < len(x.runs)*linesPerMixed {
					return true, nil
				}
			}
		}
		if len(x.runs) == 0 {
			x.offset = x.lines.offset // empty lines before the first
			continue
		}
		r := &x.runs[len(x.runs)-1]
		r.rows++
		r.bytes += x.lines.offset - start
	}
}

// key returns the texts of symbol and timeframe in a line.
func (x *csvIndex) key(line []byte) (symbol, timeframe []byte) {
	if x.At[layout.Symbol] < 0 {
		symbol = []byte(x.name)
	} else {
		symbol = x.field(line, x.At[layout.Symbol])
	}
	if x.At[layout.Timeframe] >= 0 {
		timeframe = x.field(line, x.At[layout.Timeframe])
	}
	return symbol, timeframe
}

// field returns one field of a line, nil where the line has not so many.
func (x *csvIndex) field(line []byte, column int) []byte {
	rest := line
	for i := 0; ; i++ {
		n := bytes.IndexByte(rest, x.Delimiter)
		text := rest
		if n >= 0 {
			text = rest[:n]
		}
		if len(text) > 0 && text[0] == '"' {
			// A quoted field may hold commas, and quotes by doubling them.
			end := bytes.IndexByte(rest[1:], '"')
			if end < 0 || end+2 < len(rest) && rest[end+2] != x.Delimiter {
				return x.quotedField(line, column)
			}
			text, n = rest[1:end+1], end+2
			if n >= len(rest) {
				n = -1
			}
		}
		if i == column {
			return layout.Trim(text)
		}
		if n < 0 {
			return nil
		}
		rest = rest[n+1:]
	}
}

func (x *csvIndex) quotedField(line []byte, column int) []byte {
	row, ok := x.quotedRow(line)
	if !ok || column >= len(row) {
		return nil
	}
	return layout.Trim([]byte(row[column]))
}

// place returns the place of a series among the keys. Lines without a good
// symbol or timeframe are a series without a name, which nobody wants.
func (x *csvIndex) place(symbol, timeframe []byte) int {
	key, ok := seriesKey(symbol, timeframe)
	if !ok {
		key = candle.Series{}
	}
	i, ok := x.places[key]
	if !ok {
		i = len(x.c.keys)
		x.places[key] = i
		x.c.keys = append(x.c.keys, key)
	}
	return i
}

// seriesKey makes a series of two texts.
func seriesKey(symbol, timeframe []byte) (candle.Series, bool) {
	if candle.CheckSymbol(symbol) != nil {
		return candle.Series{}, false
	}
	key := candle.Series{Symbol: string(symbol)}
	if len(timeframe) > 0 {
		tf, ok := layout.ParseTimeframe(timeframe)
		if !ok {
			return candle.Series{}, false
		}
		key.Timeframe = tf
	}
	return key, true
}

// cut makes units of the runs: stretches of about unitBytes that begin and end
// with a wanted run. A packed file is one unit, since it can only be read from
// its start.
func (x *csvIndex) cut(d *Data, in *input) {
	wanted := make([]bool, len(x.c.keys))
	for i, key := range x.c.keys {
		wanted[i] = key.Symbol != "" && d.wants(key.Symbol) && d.Shard.Has(key.Symbol)
	}
	at, from, first, size := x.offset, x.offset, 0, int64(0)
	flush := func(end int) {
		if first < end {
			x.c.units = append(x.c.units, unit{runs: x.runs[first:end:end], open: x.opener(in, from)})
		}
	}
	for i := range x.runs {
		r := &x.runs[i]
		if x.c.keys[r.series].Symbol == "" {
			x.c.left = leaveOut(x.c.left, reasonSymbol, r.rows, r.line)
		}
		if in.seekable() && x.coded == "" && !x.mac && (!wanted[r.series] || size >= unitBytes) {
			flush(i)
			first, from, size = i, at, 0
			if !wanted[r.series] {
				first, from = i+1, at+r.bytes
			}
		}
		at += r.bytes
		size += r.bytes
	}
	flush(len(x.runs))
}

// collectCSVFile reads a whole file whose series take turns.
func collectCSVFile(ctx context.Context, d *Data, in *input) (*contents, error) {
	f, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return collectCSV(ctx, d, in, f)
}
