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

// collectCSV reads CSV from a stream.
func collectCSV(ctx context.Context, d *Data, in *input, r io.Reader) (*contents, error) {
	lines := newLineReader(r, true)
	y, symbol, err := in.openTable(d, lines)
	if err != nil {
		return nil, err
	}
	if y.Groups != nil {
		return collectGroups(ctx, d, in, y, lines)
	}
	c := csvCollector{
		csvReader: csvReader{csvLayout: y, lines: lines}, into: newCollector(d), name: []byte(symbol),
	}
	c.into.c.table = y.FileTable
	first := y.line
	if in.unit != "" {
		first = 1 // rows, which a header is not
	}
	err = eachLine(ctx, lines, func(n int, line []byte) error {
		c.into.line = first + n
		if !c.split(line) || !c.check() {
			return c.leave(line)
		}
		c.add()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if symbol != "" {
		c.into.block(c.name, candle.Timeframe{}) // a file without a line is a series without candles
	}
	c.into.c.volumeMissing = c.volumeMissing
	return &c.into.c, nil
}

// eachLine calls f with every line that is not empty and how many stand before it.
func eachLine(ctx context.Context, lines *lineReader, f func(n int, line []byte) error) error {
	for n := 0; ; n++ {
		if n%linesBetween == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && len(line) > 0 {
			err = f(n, line)
		}
		if err != nil {
			return err
		}
	}
}

// csvCollector collects the rows of a table.
type csvCollector struct {
	csvReader
	into   *collector
	name   []byte // the symbol of all rows, empty where a column has it
	tf     candle.Timeframe
	tfText []byte
}

// add keeps the row that was split.
func (c *csvCollector) add() {
	if text := c.text[layout.Timeframe]; !bytes.Equal(text, c.tfText) {
		tf, ok := layout.ParseTimeframe(text)
		if !ok && len(text) > 0 {
			c.into.leave(reasonTimeframe)
			return
		}
		c.tf, c.tfText = tf, append(c.tfText[:0], text...)
	}
	symbol := c.text[layout.Symbol]
	if len(c.name) > 0 {
		symbol = c.name
	}
	c.into.add(symbol, c.tf, &c.bar)
}

func (c *csvCollector) leave(line []byte) error {
	if c.why == reasonSwapped {
		return swappedError(c.into.line, line)
	}
	c.into.leave(c.why)
	return nil
}

// swappedError is the error of a file whose dates have day and month in one order, and then in the other.
func swappedError(line int, text []byte) error {
	const shown = 40
	return fmt.Errorf("%w: line %d: %.*q has %s than the dates before it (set --time-format to dmy or mdy)",
		ErrUndecodable, line,
		shown, text, reasonSwapped)
}

// collectGroups reads rows in which several symbols stand side by side.
func collectGroups(ctx context.Context, d *Data, in *input, y *csvLayout, lines *lineReader) (*contents, error) {
	if d.namesSymbols() {
		return nil, fmt.Errorf("%w: %d symbols stand side by side, --symbol-from names one", ErrUndecodable,
			len(y.Groups))
	}
	into := newCollector(d)
	into.c.table = y.FileTable
	readers := make([]csvReader, len(y.Groups))
	for i, g := range y.Groups {
		table := *y.FileTable
		for field := layout.Open; field <= layout.Volume; field++ {
			table.At[field] = g.At[field]
		}
		own := *y
		own.FileTable, own.fields = &table, nil
		own.settle()
		readers[i] = csvReader{csvLayout: &own}
	}
	err := eachLine(ctx, lines, func(n int, line []byte) error {
		into.line = y.line + n
		for i := range readers {
			c := &readers[i]
			switch {
			case c.split(line) && c.check():
				into.add([]byte(y.Groups[i].Symbol), candle.Timeframe{}, &c.bar)
			case c.why == reasonSwapped:
				return swappedError(into.line, line)
			default:
				into.leave(c.why)
			}
		}
		return nil
	})
	return &into.c, err
}
