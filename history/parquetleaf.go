package history

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// parquetLeaf is a column of values, at any depth of the schema.
type parquetLeaf struct {
	path     []string
	column   *parquet.Column
	element  *format.SchemaElement
	levels   int // how many of it and the groups around it are optional
	repeated bool
}

// parquetLeaves returns the columns of values in the order of the schema, whose
// elements are listed from the root down.
func parquetLeaves(root *parquet.Column, schema []format.SchemaElement) []parquetLeaf {
	var leaves []parquetLeaf
	next := 1 // behind the root
	var walk func(c *parquet.Column, around parquetLeaf)
	walk = func(c *parquet.Column, around parquetLeaf) {
		own := parquetLeaf{
			path: append(slices.Clone(around.path), c.Name()), column: c, levels: around.levels,
			repeated: around.repeated || c.Repeated(),
		}
		if c.Optional() {
			own.levels++
		}
		if next < len(schema) {
			own.element = &schema[next]
		}
		next++
		if c.Leaf() {
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

// leafNames returns what the columns are called. A column in a group is called by its
// own name where no other is called so. The index of pandas is the time or, as text,
// the symbol, where no column is.
func leafNames(leaves []parquetLeaf) []string {
	names := make([]string, len(leaves))
	has := map[int]bool{}
	timed := false // an index is no text
	for i, l := range leaves {
		names[i] = strings.Join(l.path, ".")
		has[fieldOfName(names[i])] = true
		timed = timed || isIndex(l) && l.column.Type().Kind() != parquet.ByteArray
	}
	for i, l := range leaves {
		last := l.path[len(l.path)-1]
		field := fieldOfName(last)
		switch {
		case l.repeated:
			names[i] = strings.Join(l.path, ".") + "[]" // lists are no columns of candles
		case len(l.path) > 1 && field >= 0 && !has[field]:
			names[i] = last
		case isIndex(l):
			field = fieldTime
			if l.column.Type().Kind() == parquet.ByteArray && (timed || has[fieldTime]) {
				field = fieldSymbol
			}
			if !has[field] {
				names[i], has[field] = fieldNames[field], true
			}
		}
	}
	return names
}

// isIndex reports whether pandas wrote a column for an index without a name.
func isIndex(l parquetLeaf) bool { return strings.HasPrefix(l.path[len(l.path)-1], "__index_level_") }

// findClock finds the time of the day where the column of times is one of dates.
func (p *parquetFile) findClock(leaves []parquetLeaf) error {
	date := p.columns[fieldTime]
	if !date.text() && date.unit != 24*time.Hour {
		return nil
	}
	for i := range leaves {
		l := &leaves[i]
		name := strings.ToLower(l.path[len(l.path)-1])
		if l.column == date.leaf || l.repeated || name != "time" && name != "timestamp" {
			continue
		}
		c, err := newParquetColumn(fieldTime, l)
		if err != nil {
			return err
		}
		switch {
		case c.clockUnit() > 0 || c.text() && !date.text():
			p.clock = c
		case c.text():
			p.clock = c // whether it is one is seen by its texts
		default:
			p.columns[fieldTime] = c // points in time beside their dates
		}
		return nil
	}
	return nil
}

// clockUnit is the unit of a column of times of the day, 0 for any other.
func (c *parquetColumn) clockUnit() time.Duration {
	if t, ok := c.element.LogicalType.Value.(*format.TimeType); ok && t.Unit.Value != nil {
		return t.Unit.Value.Duration()
	}
	return 0
}

// clocks appends times of the day in nanoseconds, badTime for what is none.
func (c *parquetColumn) clocks(v encoding.Values, into []int64) ([]int64, error) {
	unit := int64(c.clockUnit())
	switch v.Kind() {
	case encoding.Int32:
		for _, x := range v.Int32() {
			into = append(into, int64(x)*unit)
		}
	case encoding.Int64:
		for _, x := range v.Int64() {
			into = append(into, x*unit)
		}
	case encoding.ByteArray:
		err := eachText(v, func(text []byte) { into = append(into, clockText(text)) })
		return into, err
	default:
		return into, fmt.Errorf("values of kind %v are no times of the day", v.Kind())
	}
	return into, nil
}

// clockText reads 09:30, 09:30:00 or 09:30:00.5.
func clockText(text []byte) int64 {
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, string(text)); err == nil {
			return int64(t.Sub(t.Truncate(24 * time.Hour)))
		}
	}
	return badTime
}

// addClocks adds the times of the day to the dates of the next rows.
func (r *parquetRuns) addClocks(dates []int64) error {
	if r.clock.column == nil {
		return nil
	}
	var err error
	if r.clocks, err = r.clock.read(len(dates), r.clocks[:0]); err != nil {
		return err
	}
	for i, clock := range r.clocks {
		if dates[i]%int64(24*time.Hour) != 0 || clock < 0 || clock >= int64(24*time.Hour) {
			dates[i] = badTime
			continue
		}
		dates[i] += clock
	}
	return nil
}
