package history

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/history/layout"
)

// A JSON document that is no sequence of messages is read as a table, whatever its
// shape: rows as objects or as arrays, columns as arrays, pandas' orient forms, all
// of them at any depth. The table is given on as the lines of a CSV file, so that
// names, times and numbers mean what they mean there.

// jsonTable finds the rows of documents. An object holds what its members hold: one
// that has prices is a row, one that has arrays of prices holds columns, any other
// gives what it has (arrays, the name of a symbol) to the object around it.
type jsonTable struct {
	s      *jsonScanner
	names  []string // of the columns of all rows so far
	places map[string]int
	emit   func(row jsonRow) error
	symbol string // of rows for which nothing before them names one
	rows   int
	bytes  int // that columns hold

	last      []int // the columns of the last object that was a row
	lastIsRow bool
}

// jsonRow is a row: its cells, and the columns that they are of.
type jsonRow struct {
	columns []int
	cells   [][]byte
	line    int
}

// jsonIndex is the name of the column that has none: the index of pandas, or the
// keys of an object whose members are rows.
const jsonIndex = ""

// jsonObject is what an object holds.
type jsonObject struct {
	symbol  string // of its rows, where it or one around it names one
	columns []int  // of its scalars
	cells   [][]byte
	arena   []byte
	lists   []jsonList // columns
	header  []int      // of rows that are arrays, where it names them
	index   []string   // of rows that are arrays
	rows    int        // that were given on of it
}

// jsonList is a column with its cells.
type jsonList struct {
	column int
	cells  []string
}

// jsonHoldMax bounds what the columns of a document hold in memory.
const jsonHoldMax = 1 << 30

// jsonColumnsMax bounds the names of columns.
const jsonColumnsMax = 1024

// documents reads all documents of the stream.
func (t *jsonTable) documents() error {
	whole := &jsonObject{symbol: t.symbol}
	for {
		b, err := t.s.peek()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if b == ',' { // lines that were cut out of an array
			t.s.at++
			continue
		}
		if b != '{' && b != '[' {
			return t.s.wrong(fmt.Sprintf("%q where a row is due", b))
		}
		if err := t.value(whole, jsonIndex, 0); err != nil {
			return err
		}
	}
	if t.rows > 0 {
		return nil
	}
	return fmt.Errorf("%w: no candles in the JSON, whose names are %q", ErrUndecodable, layout.ClipNames(t.names))
}

// value reads an object or array that is a member or element of an object.
func (t *jsonTable) value(of *jsonObject, name string, depth int) error {
	if depth > jsonDepthMax {
		return t.s.wrong(fmt.Sprintf("it is nested deeper than %d", jsonDepthMax))
	}
	b, err := t.s.peek()
	if err != nil {
		return t.s.early(err)
	}
	if b == '[' {
		return t.array(of, name, depth)
	}
	if jsonField(name) >= 0 {
		return t.columnObject(of, name)
	}
	return t.object(of, name, depth)
}

// object reads an object and gives on what it holds.
func (t *jsonTable) object(of *jsonObject, key string, depth int) error {
	line := t.s.line
	o := &jsonObject{symbol: of.symbol}
	if isSymbolKey(key) {
		o.symbol = key
	}
	if err := t.s.want('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		ok, err := t.s.more(first, '}')
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := t.member(o, depth); err != nil {
			return err
		}
	}
	return t.finish(of, o, key, line)
}

func (t *jsonTable) member(o *jsonObject, depth int) error {
	raw, err := t.s.name()
	if err != nil {
		return err
	}
	column, err := t.column(raw)
	if err != nil {
		return err
	}
	b, err := t.s.peek()
	if err != nil {
		return t.s.early(err)
	}
	if b == '{' || b == '[' {
		return t.value(o, t.names[column], depth+1)
	}
	text, err := t.s.scalar()
	if err != nil {
		return err
	}
	from := len(o.arena)
	o.arena = append(o.arena, text...)
	o.columns = append(o.columns, column)
	o.cells = append(o.cells, o.arena[from:len(o.arena):len(o.arena)])
	if isSymbolName(t.names[column]) && len(text) > 0 && o.symbol != string(text) {
		if o.rows > 0 {
			return &symbolBehindError{symbol: string(text), line: t.s.line}
		}
		o.symbol = string(text)
	}
	if len(o.columns) > jsonColumnsMax {
		return t.s.wrong(fmt.Sprintf("an object of more than %d values", jsonColumnsMax))
	}
	return nil
}

// symbolBehindError is the error of rows that were given on before their symbol was read.
type symbolBehindError struct {
	symbol string
	line   int
}

func (e *symbolBehindError) Error() string {
	return fmt.Sprintf("%v: JSON, line %d: the symbol %q stands after its rows: name it with --symbol-from, or write "+
		"it in front", ErrUndecodable, e.line, clip(e.symbol))
}

func (e *symbolBehindError) Unwrap() error { return ErrUndecodable }

// column returns the place of a column's name.
func (t *jsonTable) column(name []byte) (int, error) {
	if i, ok := t.places[string(name)]; ok {
		return i, nil
	}
	if len(t.names) >= jsonNamesMax {
		// Keys of rows, as dates: they are columns of nothing.
		return jsonNamesMax, t.rename(string(name))
	}
	t.places[string(name)] = len(t.names)
	t.names = append(t.names, string(name))
	return len(t.names) - 1, nil
}

// jsonNamesMax is from how many names on further ones are not remembered.
const jsonNamesMax = 4096

// rename gives the place after the names that are remembered to another one.
func (t *jsonTable) rename(name string) error {
	if len(t.names) == jsonNamesMax {
		t.names = append(t.names, name)
	}
	t.names[jsonNamesMax] = name
	return nil
}

// finish looks at what an object holds.
func (t *jsonTable) finish(of, o *jsonObject, key string, line int) error {
	switch {
	case t.isRow(o.columns) && t.partOfRow(o, key):
		return t.merge(of, o)
	case t.isRow(o.columns):
		of.rows++
		return t.row(o, key, line)
	case len(o.lists) > 0 && t.complete(o.lists):
		of.rows += len(o.lists[0].cells)
		return t.columnsDone(o)
	}
	of.lists = append(of.lists, o.lists...)
	of.rows += o.rows
	if o.symbol != "" && o.rows == 0 && !isSymbolKey(key) {
		of.symbol = o.symbol // of a description beside the rows, or of columns
	}
	return nil
}

// partOfRow reports whether an object holds the prices of the row around it: it has no time, and its key is neither
// one nor a symbol.
func (t *jsonTable) partOfRow(o *jsonObject, key string) bool {
	timed := slices.ContainsFunc(o.columns, func(c int) bool { return jsonField(t.names[c]) == fieldTime })
	return !timed && key != jsonIndex && layout.IsWord(key) && !isSymbolKey(key)
}

// merge makes the values of an object those of the row around it.
func (t *jsonTable) merge(of, o *jsonObject) error {
	for i, c := range o.columns {
		if slices.Contains(of.columns, c) {
			return t.s.wrong(fmt.Sprintf("a row has %q twice, as of bid and ask: which are the prices?", t.names[c]))
		}
		of.columns, of.cells = append(of.columns, c), append(of.cells, o.cells[i])
	}
	return nil
}

// isRow reports whether scalars of these columns are a row: the prices are there.
func (t *jsonTable) isRow(columns []int) bool {
	if len(columns) > 0 && slices.Equal(columns, t.last) {
		return t.lastIsRow
	}
	t.last = append(t.last[:0], columns...)
	t.lastIsRow = hasPrices(func(yield func(string) bool) {
		for _, c := range columns {
			if !yield(t.names[c]) {
				return
			}
		}
	})
	return t.lastIsRow
}

// complete reports whether columns are a table: the prices and the times are there.
func (t *jsonTable) complete(lists []jsonList) bool {
	timed := false
	prices := hasPrices(func(yield func(string) bool) {
		for _, l := range lists {
			name := t.names[l.column]
			timed = timed || name == jsonIndex || jsonField(name) == fieldTime
			if !yield(name) {
				return
			}
		}
	})
	return prices && timed
}

func hasPrices(names iter.Seq[string]) bool {
	var has [fieldCount]bool
	for name := range names {
		if f := jsonField(name); f >= 0 {
			has[f] = true
		}
	}
	return has[fieldOpen] && has[fieldHigh] && has[fieldLow] && has[fieldClose]
}

// row gives an object on as a row. Its key is its time where it has none.
func (t *jsonTable) row(o *jsonObject, key string, line int) error {
	r := jsonRow{columns: o.columns, cells: o.cells, line: line}
	if key != jsonIndex {
		r.columns, r.cells = t.with(r, jsonIndex, key)
	}
	return t.give(r, o.symbol)
}

// give gives a row on with the symbol that the objects around it name, unless it
// names one itself.
func (t *jsonTable) give(r jsonRow, symbol string) error {
	own := false
	for i, c := range r.columns {
		own = own || jsonField(t.names[c]) == fieldSymbol
		if t.names[c] == "closed" && string(r.cells[i]) == "false" {
			return nil // it is still forming
		}
	}
	if symbol != "" && !own {
		r.columns, r.cells = t.with(r, "symbol", symbol)
	}
	t.rows++
	return t.emit(r)
}

// with puts a cell before those of a row.
func (t *jsonTable) with(r jsonRow, name, text string) ([]int, [][]byte) {
	column, _ := t.column([]byte(name))
	columns, cells := make([]int, 0, len(r.columns)+1), make([][]byte, 0, len(r.columns)+1)
	return append(append(columns, column), r.columns...), append(append(cells, []byte(text)), r.cells...)
}

// isSymbolName reports whether a value of that name is the symbol of the rows
// beside it.
func isSymbolName(name string) bool {
	switch layout.Word(name) {
	case "symbol", "ticker", "tscode", "secid", "productid", "pair", "instrument":
		return true
	}
	return name == "S" || name == "T"
}

// isSymbolKey reports whether a member's name is the symbol of the rows in it: in
// capitals, as AAPL or BTC-USD, and no time.
func isSymbolKey(key string) bool {
	if key == "" || jsonField(key) >= 0 || candle.CheckSymbol([]byte(key)) != nil || strings.ToUpper(key) != key {
		return false
	}
	return key[0] >= 'A' && key[0] <= 'Z' || strings.ContainsAny(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && !digits(key[:1])
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// jsonField returns what a name of a member is the name of, -1 for nothing. Feeds
// shorten names to a letter.
func jsonField(name string) int {
	switch name {
	case "data": // a date in some languages, and what holds the rows in answers of servers
		return -1
	case "t":
		return fieldTime
	case "o":
		return fieldOpen
	case "h":
		return fieldHigh
	case "l":
		return fieldLow
	case "c":
		return fieldClose
	case "v":
		return fieldVolume
	case "S", "T":
		return fieldSymbol
	}
	return fieldOfName(name)
}

// csvName is the name of a column in the lines that are given on.
func csvName(name string) string {
	if f := jsonField(name); f >= 0 && len(name) == 1 {
		return fieldNames[f]
	}
	return name
}
