package main

import (
	"fmt"
	"io"
	"math"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"
)

// The kinds of columns of a Parquet table. Numbers and conditions may be na, which
// is null.
const (
	textColumn = iota
	timeColumn
	numberColumn
	conditionColumn
	priceColumn  // a number that is there in each row, and in many
	volumeColumn // one that is there in each row
)

// tableColumn is a column of a Parquet table.
type tableColumn struct {
	name string
	kind int
}

// parquetRowGroup is how many rows are kept before they are written.
const parquetRowGroup = 256 << 10

// parquetTable writes rows as a Parquet file, compressed by zstd.
type parquetTable struct {
	w       *parquet.GenericWriter[any]
	columns []tableColumn
	row     parquet.Row
	rows    int
}

func newParquetTable(w io.Writer, columns []tableColumn, options ...parquet.WriterOption) (*parquetTable, error) {
	seen := map[string]bool{}
	fields := make([]parquet.Field, 0, len(columns))
	for _, c := range columns {
		if seen[c.name] {
			return nil, usage{fmt.Errorf("streamd: -o: two columns of a Parquet file are named %q", c.name)}
		}
		seen[c.name] = true
		fields = append(fields, tableField{Node: c.node(), name: c.name})
	}
	schema := parquet.NewSchema("streamd", tableSchema{Group: parquet.Group{}, fields: fields})
	options = append([]parquet.WriterOption{schema, parquet.Compression(&parquet.Zstd)}, options...)
	return &parquetTable{
		w: parquet.NewGenericWriter[any](w, options...), columns: columns,
		row: make(parquet.Row, len(columns)),
	}, nil
}

func (c tableColumn) node() parquet.Node {
	switch c.kind {
	case textColumn:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	case timeColumn:
		return parquet.Timestamp(parquet.Nanosecond)
	case conditionColumn:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType))
	case priceColumn:
		return parquet.Encoded(parquet.Leaf(parquet.DoubleType), &parquet.RLEDictionary)
	case volumeColumn:
		return parquet.Leaf(parquet.DoubleType)
	}
	return parquet.Optional(parquet.Leaf(parquet.DoubleType))
}

// begin starts a row.
func (t *parquetTable) begin() { t.row = t.row[:0] }

func (t *parquetTable) text(s string) { t.add(parquet.ByteArrayValue([]byte(s)), 0) }

func (t *parquetTable) time(ns int64) { t.add(parquet.Int64Value(ns), 0) }

// value adds a number, or a condition that is 1 or 0; what is not finite is null.
func (t *parquetTable) value(v float64) {
	switch {
	case t.columns[len(t.row)].kind >= priceColumn:
		t.add(parquet.DoubleValue(v), 0)
	case math.IsNaN(v) || math.IsInf(v, 0):
		t.add(parquet.NullValue(), 0)
	case t.columns[len(t.row)].kind == conditionColumn:
		t.add(parquet.BooleanValue(v == 1), 1)
	default:
		t.add(parquet.DoubleValue(v), 1)
	}
}

func (t *parquetTable) add(v parquet.Value, level int) {
	t.row = append(t.row, v.Level(0, level, len(t.row)))
}

// end writes the row.
func (t *parquetTable) end() error {
	if _, err := t.w.WriteRows([]parquet.Row{t.row}); err != nil {
		return fmt.Errorf("streamd: output: %w", err)
	}
	if t.rows++; t.rows%parquetRowGroup == 0 {
		return t.w.Flush()
	}
	return nil
}

func (t *parquetTable) close() error { return t.w.Close() }

// tableSchema is a group whose columns stay in their order: those of parquet.Group
// are sorted.
type tableSchema struct {
	parquet.Group
	fields []parquet.Field
}

// Fields returns the columns.
func (s tableSchema) Fields() []parquet.Field { return s.fields }

// GoType is not used: rows are written as values.
func (s tableSchema) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

// tableField is a column of a group.
type tableField struct {
	parquet.Node
	name string
}

// Name returns the name of the column.
func (f tableField) Name() string { return f.name }

// Value is not used: rows are written as values.
func (f tableField) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// rowTime is a time as text.
func rowTime(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
