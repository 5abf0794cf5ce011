package history

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// collectText reads a Parquet file whose values need to be understood as text.
func (p *parquetFile) collectText(ctx context.Context, d *Data, in *input) (*contents, error) {
	in.unit = "row"
	return collectCSV(ctx, d, in, withContext(ctx, io.NopCloser(newParquetText(p, in.folders()))))
}

// parquetText are the rows of a Parquet file as text.
type parquetText struct {
	layout  *textLayout
	readers []*columnReader[string] // nil for columns that are left out
	values  [][]string              // of the rows at hand
	lines   []lineCells
	row     int64
	rows    int64
	begun   bool
}

func newParquetText(p *parquetFile, folders []folder) io.Reader {
	t := &parquetText{rows: p.NumRows(), values: make([][]string, len(p.all))}
	names := append([]string(nil), p.names...)
	cells := make([]cell, len(p.all))
	for i, c := range p.all {
		if c == nil {
			names[i] = ""
		}
		if names[i] == "" {
			t.readers = append(t.readers, nil)
			continue
		}
		t.readers = append(t.readers, &columnReader[string]{file: p, column: c, decode: c.texts})
		cells[i] = func(b []byte, row int) []byte { return append(b, t.values[i][row]...) }
	}
	t.layout = newTextLayout(names, folders)
	t.lines = t.layout.lines(cells)
	return &rowText{next: t.next}
}

// next appends the lines of some rows.
func (t *parquetText) next(b []byte) ([]byte, error) {
	if !t.begun {
		t.begun = true
		b = t.layout.header(b)
	}
	n := int(min(rowsOfText, t.rows-t.row))
	if n <= 0 {
		return b, io.EOF
	}
	for i, r := range t.readers {
		if r == nil {
			continue
		}
		var err error
		if t.values[i], err = r.read(n, t.values[i][:0]); err != nil {
			return b, err
		}
	}
	t.row += int64(n)
	for i := range t.lines {
		b = t.lines[i].appendLines(b, 0, n)
	}
	return b, nil
}

// readable reports whether there are texts for the values of a column.
func (c *parquetColumn) readable() bool {
	return c.kind != parquet.Boolean && (c.kind != parquet.FixedLenByteArray || c.scale >= 0)
}

// texts appends values as texts.
func (c *parquetColumn) texts(v encoding.Values, into []string) ([]string, error) {
	var b []byte
	add := func(text []byte) {
		b = text
		into = append(into, string(text))
	}
	switch v.Kind() {
	case encoding.Double:
		for _, x := range v.Double() {
			add(appendFloat(b[:0], x))
		}
	case encoding.Float:
		for _, x := range v.Float() {
			add(appendFloat(b[:0], float64(x)))
		}
	case encoding.Int32:
		for _, x := range v.Int32() {
			add(c.appendWhole(b[:0], int64(x)))
		}
	case encoding.Int64:
		for _, x := range v.Int64() {
			add(c.appendWhole(b[:0], x))
		}
	case encoding.Int96:
		for _, x := range v.Int96() {
			ns := time96(x)
			if ns == badTime {
				into = append(into, "")
				continue
			}
			add(appendTime(b[:0], time.Unix(0, ns), time.UTC))
		}
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		for ; size > 0 && len(data) >= size; data = data[size:] {
			add(appendFloat(b[:0], c.bigDecimal(data[:size])))
		}
	case encoding.ByteArray:
		err := eachText(v, func(text []byte) {
			if c.scale >= 0 {
				add(appendFloat(b[:0], c.bigDecimal(text)))
				return
			}
			into = append(into, string(text))
		})
		return into, err
	default:
		return into, fmt.Errorf("values of kind %v are no texts", v.Kind())
	}
	return into, nil
}

// appendWhole appends what a whole number stands for.
func (c *parquetColumn) appendWhole(b []byte, n int64) []byte {
	switch clock := c.clockUnit(); {
	case c.scale >= 0:
		return appendFloat(b, c.decimal(n))
	case clock > 0:
		return appendClock(b, time.Duration(n)*clock)
	case c.unit == 24*time.Hour:
		return appendDate(b, n)
	case c.unit > 0:
		return appendTime(b, unitTime(n, c.unit), c.zone)
	}
	return strconv.AppendInt(b, n, 10)
}

// clockUnit is the unit of a column of times of the day, 0 for any other.
func (c *parquetColumn) clockUnit() time.Duration {
	if t, ok := c.element.LogicalType.Value.(*format.TimeType); ok && t.Unit.Value != nil {
		return t.Unit.Value.Duration()
	}
	return 0
}
