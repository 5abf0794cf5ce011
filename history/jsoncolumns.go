package history

import (
	"fmt"
	"strconv"
)

// array reads an array: rows as objects or arrays, a column, or the names of columns.
func (t *jsonTable) array(of *jsonObject, name string, depth int) error {
	inner := of
	if isSymbolKey(name) {
		inner = &jsonObject{symbol: name, header: of.header, index: of.index}
	}
	var cells []string
	err := t.s.elements(func(n int, b byte) error {
		switch b {
		case '{':
			return t.object(inner, jsonIndex, depth+1)
		case '[':
			return t.arrayRow(inner, n, depth+1)
		}
		text, err := t.s.scalar()
		if err != nil {
			return err
		}
		cells = append(cells, string(text))
		return t.hold(len(text))
	})
	if err != nil {
		return err
	}
	if inner != of {
		of.rows += inner.rows
		of.lists = append(of.lists, inner.lists...)
	}
	if cells == nil {
		return nil
	}
	return t.list(of, name, cells)
}

// list takes an array of scalars: pandas' split form names columns and index.
func (t *jsonTable) list(of *jsonObject, name string, cells []string) error {
	switch name {
	case "columns":
		of.header = of.header[:0]
		for _, c := range cells {
			column, err := t.column([]byte(c))
			if err != nil {
				return err
			}
			of.header = append(of.header, column)
		}
		return nil
	case "index":
		of.index = cells
		return nil
	}
	column, err := t.column([]byte(name))
	of.lists = append(of.lists, jsonList{column: column, cells: cells})
	return err
}

// hold counts what is kept in memory.
func (t *jsonTable) hold(bytes int) error {
	const header = 16 // of a string
	if t.bytes += bytes + header; t.bytes > jsonHoldMax {
		return t.s.wrong(fmt.Sprintf("its columns take more than %d MiB: write it as rows", jsonHoldMax>>20))
	}
	return nil
}

// arrayRow reads element n of an array, which is a row.
func (t *jsonTable) arrayRow(of *jsonObject, n, depth int) error {
	r := jsonRow{line: t.s.line}
	var arena []byte
	err := t.s.elements(func(i int, b byte) (err error) {
		column := 0
		switch {
		case i < len(of.header):
			column = of.header[i]
		case i >= jsonColumnsMax:
			return t.s.wrong(fmt.Sprintf("a row of more than %d values", jsonColumnsMax))
		default:
			if column, err = t.column(strconv.AppendInt(nil, int64(i), 10)); err != nil {
				return err
			}
		}
		if b == '{' || b == '[' {
			return t.s.skip(depth)
		}
		text, err := t.s.scalar()
		if err != nil {
			return err
		}
		from := len(arena)
		arena = append(arena, text...)
		r.columns = append(r.columns, column)
		r.cells = append(r.cells, arena[from:len(arena):len(arena)])
		return nil
	})
	if err != nil {
		return err
	}
	if n < len(of.index) {
		r.columns, r.cells = t.with(r, jsonIndex, of.index[n])
	}
	of.rows++
	return t.give(r, of.symbol)
}

// columnObject reads a column as pandas writes it: an object of the cells by their
// index.
func (t *jsonTable) columnObject(of *jsonObject, name string) error {
	if err := t.s.want('{'); err != nil {
		return err
	}
	index, err := t.column([]byte(jsonIndex))
	if err != nil {
		return err
	}
	column, err := t.column([]byte(name))
	if err != nil {
		return err
	}
	var keys []string // of an object in which no column came before
	var cells []string
	known := -1
	for i := range of.lists {
		if of.lists[i].column == index {
			known = i
		}
	}
	for n := 0; ; n++ {
		ok, err := t.s.more(n == 0, '}')
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		key, err := t.s.name()
		if err != nil {
			return err
		}
		if known < 0 {
			keys = append(keys, string(key))
			err = t.hold(len(key))
		} else if all := of.lists[known].cells; n >= len(all) || all[n] != string(key) {
			err = t.s.wrong(fmt.Sprintf("column %q has the row %q where others have another", name, clip(string(key))))
		}
		if err != nil {
			return err
		}
		text, err := t.s.scalar()
		if err != nil {
			return err
		}
		cells = append(cells, string(text))
		if err := t.hold(len(text)); err != nil {
			return err
		}
	}
	if known < 0 {
		of.lists = append(of.lists, jsonList{column: index, cells: keys})
	}
	of.lists = append(of.lists, jsonList{column: column, cells: cells})
	return nil
}

// columnsDone gives the rows of columns on. Columns of other things, as short ones,
// are left out where none of candles is.
func (t *jsonTable) columnsDone(o *jsonObject) error {
	rows := -1
	for _, l := range o.lists {
		if f := jsonField(t.names[l.column]); f < 0 && t.names[l.column] != jsonIndex {
			continue
		}
		if rows < 0 {
			rows = len(l.cells)
		}
		if len(l.cells) != rows {
			return t.s.wrong(fmt.Sprintf("column %q has %d values where others have %d", t.names[l.column],
				len(l.cells), rows))
		}
	}
	for n := range rows {
		r := jsonRow{line: t.s.line}
		for _, l := range o.lists {
			if len(l.cells) == rows {
				r.columns = append(r.columns, l.column)
				r.cells = append(r.cells, []byte(l.cells[n]))
			}
		}
		if err := t.give(r, o.symbol); err != nil {
			return err
		}
	}
	o.lists = nil
	return nil
}
