package history

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// tableText returns the table of a JSON document as the text of a CSV file. Rows for which the document names no
// symbol in front of them have the given one, unless it is empty.
func tableText(r io.Reader, symbol string) io.ReadCloser {
	next, stop := iter.Pull2(func(yield func([]byte, error) bool) {
		w := &tableWriter{yield: yield}
		t := &jsonTable{s: newJSONScanner(r), places: map[string]int{}, symbol: symbol, emit: w.row}
		w.table = t
		if err := errors.Join(t.documents(), w.flush()); err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	})
	return &pulledText{next: next, stop: stop}
}

// errStopped ends the reading of a document whose table nobody wants any more.
var errStopped = errors.New("history: stopped")

// pulledText is a text whose parts are made when they are read.
type pulledText struct {
	next func() ([]byte, error, bool)
	stop func()
	rest []byte
	err  error
}

func (p *pulledText) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		part, err, ok := p.next()
		if !ok {
			err = io.EOF
		}
		p.rest, p.err = part, err
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pulledText) Close() error {
	p.stop()
	return nil
}

// tableAhead is how many rows are looked at to find the names of the columns.
const tableAhead = 256

// tableWriter writes rows as lines of CSV.
type tableWriter struct {
	table   *jsonTable
	yield   func([]byte, error) bool
	ahead   []jsonRow // until the header is known
	columns []int     // of the lines; nil until the header is known
	fields  map[int]bool
	line    []string
	text    bytes.Buffer
	csv     *csv.Writer
}

func (w *tableWriter) row(r jsonRow) error {
	if w.columns != nil {
		return w.write(r)
	}
	own := jsonRow{columns: slices.Clone(r.columns), line: r.line}
	for _, c := range r.cells {
		own.cells = append(own.cells, bytes.Clone(c))
	}
	if w.ahead = append(w.ahead, own); len(w.ahead) < tableAhead {
		return nil
	}
	return w.header()
}

// header writes the names of all columns of the first rows, and these rows. An
// index is the time, unless a column is. Rows of arrays have no names, and at most
// a symbol in front.
func (w *tableWriter) header() error {
	w.csv = csv.NewWriter(&w.text)
	w.fields = map[int]bool{}
	seen := map[int]bool{}
	names := w.table.names
	for _, r := range w.ahead {
		for _, c := range r.columns {
			if !seen[c] {
				seen[c] = true
				w.columns = append(w.columns, c)
				w.fields[jsonField(names[c])] = true
			}
		}
	}
	if len(w.columns) == 0 {
		return nil
	}
	header := make([]string, len(w.columns))
	nameless := true
	for i, c := range w.columns {
		header[i] = csvName(names[c])
		nameless = nameless && (digits(header[i]) || i == 0 && header[i] == fieldNames[fieldSymbol])
		if names[c] == jsonIndex && !w.fields[fieldTime] {
			header[i], nameless = fieldNames[fieldTime], false
		}
	}
	w.line = make([]string, len(w.columns))
	if !nameless {
		if err := w.csv.Write(header); err != nil {
			return err
		}
	}
	for _, r := range w.ahead {
		if err := w.write(r); err != nil {
			return err
		}
	}
	w.ahead = nil
	return nil
}

// write appends a row to the text, and gives the text on when it is long enough.
func (w *tableWriter) write(r jsonRow) error {
	clear(w.line)
	for i, c := range r.columns {
		at := slices.Index(w.columns, c)
		if at >= 0 {
			w.line[at] = string(r.cells[i])
			continue
		}
		if f := jsonField(w.table.names[c]); f >= 0 && !w.fields[f] {
			return fmt.Errorf("%w: JSON, line %d: a row has %q, which the first %d have not", ErrUndecodable, r.line,
				w.table.names[c], tableAhead)
		}
	}
	if err := w.csv.Write(w.line); err != nil {
		return err
	}
	if w.csv.Flush(); w.text.Len() < lineBytes/4 {
		return nil
	}
	return w.give()
}

func (w *tableWriter) give() error {
	if !w.yield(w.text.Bytes(), nil) {
		return errStopped
	}
	w.text.Reset()
	return nil
}

func (w *tableWriter) flush() error {
	if w.columns == nil {
		if err := w.header(); err != nil || w.columns == nil {
			return err
		}
	}
	w.csv.Flush()
	return w.give()
}
