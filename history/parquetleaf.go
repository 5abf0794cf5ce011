package history

import (
	"slices"
	"time"

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
	next := 1 // behind the root
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
func (p *parquetFile) plain(folders []folder) bool {
	at, err := findColumns(p.names)
	if err != nil {
		return false
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
	t := p.columns[fieldTime]
	if t.unit == 24*time.Hour && p.timed(at[fieldTime]) {
		return false
	}
	for _, f := range folders {
		if field := fieldOfName(f.name); field >= 0 && field != fieldSymbol && at[field] < 0 {
			return false
		}
	}
	return t.zone == nil || t.zone == time.UTC || !p.daysInZone(t)
}

// timed reports whether there is a column of times besides the one at a place, which
// is of dates.
func (p *parquetFile) timed(date int) bool {
	for i, c := range p.all {
		if c != nil && i != date && fieldOfName(p.names[i]) == fieldTime {
			return true
		}
	}
	return false
}

// plain reports whether the values of a column are what a field of candles holds.
func (c *parquetColumn) plain(field int) bool {
	switch field {
	case fieldSymbol, fieldTimeframe:
		return c.text()
	case fieldTime:
		return c.kind == parquet.Int96 || c.clockUnit() == 0 && c.unit > 0
	case fieldVolume:
		if c.kind == parquet.Int32 || c.kind == parquet.Int64 {
			return true
		}
	}
	return c.kind == parquet.Float || c.kind == parquet.Double || c.scale >= 0
}
