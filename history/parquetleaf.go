package history

import (
	"slices"
	"time"

	"streamd/history/layout"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetLeaf is a column of values, at any depth of the schema.
type parquetLeaf struct {
	tableColumn
	column  *parquet.Column
	element *format.SchemaElement
	levels  int // how many of it and the groups around it are optional
}

// parquetLeaves returns the columns of values in the order of the schema, whose
// elements are listed from the root down.
func parquetLeaves(root *parquet.Column, schema []format.SchemaElement) []parquetLeaf {
	var leaves []parquetLeaf
	next := 1 // after the root
	var walk func(c *parquet.Column, around parquetLeaf)
	walk = func(c *parquet.Column, around parquetLeaf) {
		own := parquetLeaf{column: c, levels: around.levels}
		own.path = append(slices.Clone(around.path), c.Name())
		own.repeated = around.repeated || c.Repeated()
		if c.Optional() {
			own.levels++
		}
		if next < len(schema) {
			own.element = &schema[next]
		}
		next++
		if c.Leaf() {
			own.text = c.Type().Kind() == parquet.ByteArray
			leaves = append(leaves, own)
			return
		}
		for _, below := range c.Columns() {
			walk(below, own)
		}
	}
	for _, c := range root.Columns() {
		walk(c, parquetLeaf{})
	}
	return leaves
}

// readSchema finds the columns of values and what they are called.
func (p *parquetFile) readSchema() {
	leaves := parquetLeaves(p.Root(), p.Metadata().Schema)
	columns := make([]tableColumn, len(leaves))
	p.all = make([]*parquetColumn, len(leaves))
	for i := range leaves {
		l := &leaves[i]
		columns[i] = l.tableColumn
		if l.repeated || l.element == nil {
			continue
		}
		if c := newParquetColumn(l); c.readable() {
			p.all[i] = c
		}
	}
	p.names = columnNames(columns)
	p.readZones()
}

// plain finds the columns of candles, and reports whether their values are what
// candles hold: numbers, and points in time. Any others are read as text.
func (p *parquetFile) plain(d *Data, in *input) bool {
	y := &d.Layout
	if len(y.Columns) > 0 || y.PriceScale != 0 || y.Adjusted || y.TimeFormat != "" || y.DayFrom != "" {
		return false
	}
	at, err := findColumns(p.names)
	if err != nil || p.ambiguous(at) {
		return false
	}
	if t := p.all[at[fieldTime]]; t != nil && t.whole() && p.oneTime(at[fieldTime]) && p.epochs(t, in) {
		t.epochs, t.zone = true, time.UTC
	}
	for field, i := range at {
		if i < 0 {
			continue
		}
		c := p.all[i]
		if c == nil || !c.plain(field) {
			return false
		}
		p.columns[field] = c
	}
	for _, f := range in.folders() {
		if field := fieldOfName(f.name); field >= 0 && field != fieldSymbol && at[field] < 0 {
			return false
		}
	}
	t := p.columns[fieldTime]
	switch {
	case t.zone == nil && t.unit < 24*time.Hour:
		return y.Timezone == ""
	case t.zone != time.UTC && t.zone != nil:
		return !p.daysInZone(t)
	}
	return true
}

// whole reports whether the values of a column are whole numbers that stand for themselves.
func (c *parquetColumn) whole() bool {
	return (c.kind == parquet.Int32 || c.kind == parquet.Int64) && c.unit == 0 && c.scale < 0 && c.clockUnit() == 0
}

// oneTime reports whether no other column can be a time or a part of one.
func (p *parquetFile) oneTime(column int) bool {
	for i, name := range p.names {
		if i != column && name != "" &&
			(fieldOfName(name) == fieldTime || layout.Rank(layout.Clock, layout.Word(name)) >= 0) {
			return false
		}
	}
	return true
}

// epochs reports whether the whole numbers that a column of times begins with are epochs that tell their units, as a
// table of text would be understood. The first look decides for the input.
func (p *parquetFile) epochs(c *parquetColumn, in *input) bool {
	if in.wholeTimes == timesUnknown {
		in.wholeTimes = timesOther
		r := columnReader[string]{file: p, column: c, decode: c.texts}
		defer r.close()
		var texts []string
		err := guard(func() (err error) {
			texts, err = r.read(int(min(rowsOfText, p.NumRows())), nil)
			return err
		})
		if err == nil && layout.Epochs(texts) { // else the reading of the whole says what is wrong
			in.wholeTimes = timesEpochs
		}
	}
	return in.wholeTimes == timesEpochs
}

// ambiguous reports whether several columns can be one field, or a date stands beside
// a time of the day.
func (p *parquetFile) ambiguous(at [fieldCount]int) bool {
	date := p.all[at[fieldTime]]
	for i, c := range p.all {
		if c == nil {
			continue
		}
		switch field := fieldOfName(p.names[i]); {
		case field == fieldVolume && i != at[fieldVolume]:
			return true
		case tupleOf(p.names[i]) != nil:
			return true
		case date != nil && date.unit == 24*time.Hour && i != at[fieldTime]:
			if field == fieldTime || layout.Rank(layout.Clock, layout.Word(p.names[i])) >= 0 {
				return true
			}
		}
	}
	return false
}

// naive reports whether the times are the readings of clocks in no zone, which count
// as UTC.
func (p *parquetFile) naive() bool {
	t := p.columns[fieldTime]
	return t.zone == nil && t.unit < 24*time.Hour && t.kind != parquet.Int96
}

// plain reports whether the values of a column are what a field of candles holds.
func (c *parquetColumn) plain(field int) bool {
	switch field {
	case fieldSymbol, fieldTimeframe:
		return c.text()
	case fieldTime:
		return c.kind == parquet.Int96 || c.clockUnit() == 0 && (c.unit > 0 || c.epochs)
	case fieldVolume:
		if c.kind == parquet.Int32 || c.kind == parquet.Int64 {
			return true
		}
	}
	return c.kind == parquet.Float || c.kind == parquet.Double || c.scale >= 0
}
