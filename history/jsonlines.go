package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"streamd/candle"
	"streamd/candle/wire"
)

// collectLines reads messages of a format, one a line. A message may hold
// several candles; those that are still forming are passed over.
func collectLines(ctx context.Context, d *Data, in *input, r io.Reader) (*contents, error) {
	format := d.Format
	if format == "" {
		format = "flat"
	}
	m, ok := wire.Format(format)
	if !ok {
		return nil, fmt.Errorf("%w: no format %q", ErrUndecodable, format)
	}
	defaults := wire.Defaults{Untimed: true}
	var err error
	if defaults.Symbol, err = in.symbol(d); err != nil {
		return nil, err
	}
	decoder, err := wire.NewDecoder(m, defaults)
	if err != nil {
		return nil, err
	}
	into := newCollector(d)
	lines := newLineReader(r, false)
	var msgs []candle.Message
	var first error // why the first message that is none was refused
	good := 0
	err = eachLine(ctx, lines, func(n int, line []byte) error {
		into.line = n + 1
		if line = bytes.TrimSpace(line); len(line) == 0 {
			return nil
		}
		if msgs, err = decoder.Decode(msgs[:0], nil, line); err != nil {
			into.leave(messageReason(err))
			if first == nil {
				first = err
			}
			return nil
		}
		good++
		for i := range msgs {
			m := &msgs[i]
			symbol := m.Symbol
			if d.namesSymbols() {
				symbol = []byte(defaults.Symbol)
			}
			if m.Closed {
				into.add(symbol, m.Timeframe, &m.Candle)
			} else if d.Forming {
				into.form(symbol, m.Timeframe, m.Candle)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case otherPrices(into.c.left, good):
		return nil, fmt.Errorf("%w: %s: do these messages have the format %s?", ErrUndecodable,
			Sentence(into.c.left), format)
	case good == 0 && first != nil:
		return nil, fmt.Errorf("%w: no line is a message of the format %s; the first: %w", ErrUndecodable, format,
			first)
	case good == 0:
		return nil, errEmpty
	}
	return &into.c, nil
}

// otherPrices reports whether so many rows break high and low that the prices are others than they are taken for.
func otherPrices(left []RowsLeftOut, good int) bool {
	const fewest, share = 3, 5
	bad := 0
	for _, l := range left {
		if l.Reason == "close outside range" || l.Reason == "high below low" {
			bad += l.Rows
		}
	}
	return bad >= fewest && bad*share > bad+good
}

// messageReason is why a message is no candle.
func messageReason(err error) string {
	var defect *candle.Defect
	if errors.As(err, &defect) {
		return strings.ReplaceAll(defect.Reason, "_", " ")
	}
	return reasonNoCandle
}

// streamHead is how much of a stream is looked at before it is read, and
// linesTried how many of its lines.
const (
	streamHead = 64 << 10
	linesTried = 20
)

// collectJSON reads lines of JSON that are messages, or a document of any other
// shape as a table.
func collectJSON(ctx context.Context, d *Data, in *input, r *bufio.Reader) (*contents, error) {
	in.format = "json"
	if d.Format != "" || isMessages(r) {
		in.format = "json lines"
		return collectLines(ctx, d, in, r)
	}
	text := tableText(r, in.symbolBehind)
	defer text.Close()
	in.unit = "row"
	return collectCSV(ctx, d, in, text)
}

// isMessages reports whether one of the first lines is a message of the format flat.
func isMessages(r *bufio.Reader) bool {
	m, _ := wire.Format("flat")
	decoder, err := wire.NewDecoder(m, wire.Defaults{Symbol: "-", Untimed: true})
	if err != nil {
		return false
	}
	head, err := r.Peek(streamHead)
	if start := bytes.TrimSpace(head); len(start) > 0 && start[0] == '[' {
		return false
	}
	for n := 0; n < linesTried && len(head) > 0; n++ {
		line, rest, whole := bytes.Cut(head, []byte{'\n'})
		if !whole && err == nil {
			return false // it goes on behind what was looked at
		}
		if _, err := decoder.Decode(nil, nil, bytes.TrimSpace(line)); err == nil {
			return true
		}
		head = rest
	}
	return false
}

// collectStream reads standard input, or a file whose name does not tell what
// it is: lines of JSON or CSV, as the first byte tells.
func collectStream(ctx context.Context, d *Data, in *input) (*contents, error) {
	f, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := collectText(ctx, d, in, f)
	var behind *symbolBehindError
	if in.symbolBehind == "" && in.stdin == nil && !in.irregular && errors.As(err, &behind) {
		in.symbolBehind = behind.symbol // its rows are read once more
		return collectStream(ctx, d, in)
	}
	return c, err
}

// collectText reads what a stream holds.
func collectText(ctx context.Context, d *Data, in *input, f io.ReadCloser) (*contents, error) {
	r := bufio.NewReaderSize(f, streamHead)
	head, err := r.Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return nil, err
	}
	start := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	switch {
	case len(start) == 0:
		return nil, errEmpty
	case foreignError(in.name, head) != nil:
		return nil, foreignError(in.name, head)
	case isArrow(head):
		in.format = "arrow"
		return collectArrow(ctx, d, in, r)
	case bytes.HasPrefix(head, parquetMagic):
		if in.whole, err = readWhole(r); err != nil {
			return nil, err
		}
		in.format = "parquet"
		return parquetContents(ctx, d, in)
	case packOf(head) == "zip":
		return nil, fmt.Errorf("%w: a zip archive is read from files only", ErrUndecodable)
	case packOf(head) != "":
		u, err := unpack(ctx, packOf(head), io.NopCloser(r))
		if err != nil {
			return nil, err
		}
		defer u.Close()
		return collectText(ctx, d, in, u)
	case start[0] == '{' || start[0] == '[':
		return collectJSON(ctx, d, in, r)
	}
	in.format = "csv"
	return collectCSV(ctx, d, in, r)
}
