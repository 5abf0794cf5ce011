package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// rowWriter takes the rows of eval: the values of the expressions on a bar, na where
// there is none.
type rowWriter interface {
	write(symbol string, ns int64, values []float64) error
	close() error
}

// newRowWriter returns the writer of the output's format. Conditions says of which expressions
// the values are conditions.
func newRowWriter(w *output, names []string, conditions []bool) (rowWriter, error) {
	switch w.format {
	case "jsonl", "json":
		r := &jsonRows{w: bufio.NewWriter(w), array: w.format == "json", conditions: conditions}
		for _, name := range names {
			var text bytes.Buffer
			e := json.NewEncoder(&text)
			e.SetEscapeHTML(false) // expressions are full of < and >
			if err := e.Encode(name); err != nil {
				return nil, fmt.Errorf("streamd: -o: %w", err)
			}
			r.names = append(r.names, bytes.TrimSpace(text.Bytes()))
		}
		return r, nil
	case "parquet":
		columns := []tableColumn{{"symbol", textColumn}, {"timestamp", timeColumn}}
		for k, name := range names {
			kind := numberColumn
			if conditions[k] {
				kind = conditionColumn
			}
			columns = append(columns, tableColumn{name, kind})
		}
		t, err := newParquetTable(w, columns)
		return parquetRows{t}, err
	}
	r := &csvRows{w: csv.NewWriter(w), raw: w.raw, conditions: conditions, row: make([]string, 2+len(names))}
	return r, r.w.Write(append([]string{"symbol", "timestamp"}, names...))
}

type csvRows struct {
	w          *csv.Writer
	raw        bool
	conditions []bool
	row        []string
}

func (r *csvRows) write(symbol string, ns int64, values []float64) error {
	r.row[0], r.row[1] = csvText(symbol, r.raw), rowTime(ns)
	for k, v := range values {
		r.row[2+k] = formatValue(v, r.conditions[k])
	}
	return r.w.Write(r.row)
}

func (r *csvRows) close() error {
	r.w.Flush()
	return r.w.Error()
}

// jsonRows writes an object a row: one a line, or all of them as an array.
type jsonRows struct {
	w          *bufio.Writer
	array      bool
	names      [][]byte
	conditions []bool
	row        []byte
	rows       int
}

func (r *jsonRows) write(symbol string, ns int64, values []float64) error {
	name, err := json.Marshal(symbol)
	if err != nil {
		return err
	}
	r.row = r.row[:0]
	if r.array {
		r.row = append(r.row, []string{"[\n", ",\n"}[min(r.rows, 1)]...)
	}
	r.row = append(append(r.row, `{"symbol":`...), name...)
	r.row = append(append(r.row, `,"timestamp":"`...), rowTime(ns)...)
	r.row = append(r.row, '"')
	for k, v := range values {
		text := formatValue(v, r.conditions[k])
		if text == "" {
			text = "null"
		}
		r.row = append(append(append(append(r.row, ','), r.names[k]...), ':'), text...)
	}
	r.row = append(r.row, '}')
	if !r.array {
		r.row = append(r.row, '\n')
	}
	r.rows++
	_, err = r.w.Write(r.row)
	return err
}

func (r *jsonRows) close() error {
	if r.array {
		end := "\n]\n"
		if r.rows == 0 {
			end = "[]\n"
		}
		if _, err := r.w.WriteString(end); err != nil {
			return err
		}
	}
	return r.w.Flush()
}

type parquetRows struct{ *parquetTable }

func (r parquetRows) write(symbol string, ns int64, values []float64) error {
	r.begin()
	r.text(symbol)
	r.time(ns)
	for _, v := range values {
		r.value(v)
	}
	return r.end()
}

// formatValue prints a number in full precision, a condition as a word, na as
// nothing.
func formatValue(v float64, condition bool) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return ""
	case condition && v == 1:
		return "true"
	case condition:
		return "false"
	}
	return plain(v)
}

// closeRows ends the rows, and then what they are written to.
func closeRows(rows rowWriter, out *output) error { return errors.Join(rows.close(), out.close()) }
