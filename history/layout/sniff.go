package layout

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SampleBytes is how much of an input is looked at to tell its layout.
const SampleBytes = 64 << 10

// The limits of what is looked at in a sample.
const (
	sampleRows = 2000
	linesPlain = 60 // are enough where all is plain
	skipMax    = 20 // leading lines that are no data
	headersMax = 3  // lines of a header
	columnsMin = 5  // a time and four prices
)

// FileTable is a FileLayout that is complete: the columns by number and the readers of their texts.
type FileTable struct {
	Encoding  string
	Delimiter byte
	Skip      int      // lines before the first row
	Names     []string // of the columns; nil without a header
	At        [FieldCount]int
	Times     TimeStyle
	Numbers   NumberStyle
	Divisor   float64       // what fixed-point prices are divided by; 0 for none
	Adjusted  int           // the column whose ratio to the close adjusts all prices; -1 for none
	Symbol    string        // that a line of the header names for all rows
	Groups    []SymbolGroup // where several symbols stand side by side
	// LikelySymbol is the name of a column that no field has and whose texts repeat, "" for none.
	LikelySymbol string
	Notes        []string // what the user should know of how the table is read

	settled bool // more rows would not change it
}

// SymbolGroup is the columns of one of several symbols in a row.
type SymbolGroup struct {
	Symbol string
	At     [FieldCount]int
}

// Sniff finds out how the lines of a text are candles. Text is UTF-8, whole or its first SampleBytes. Want holds
// what is known already.
func Sniff(text []byte, whole bool, want *FileLayout) (*FileTable, error) {
	lines := sampleLines(text, whole)
	if len(lines) == 0 {
		return nil, fmt.Errorf("%w: there is no line in it", ErrUndecodable)
	}
	if len(lines) > linesPlain {
		// Most tables leave nothing open after a few lines.
		if y, err := sniffLines(lines[:linesPlain], want); err == nil && y.settled {
			return y, nil
		}
	}
	y, err := sniffLines(lines, want)
	if err == nil {
		return y, nil
	}
	if line, names := quoted(lines, want); names != nil {
		return nil, fmt.Errorf("%w: line %d: the prices of %s stand side by side among %q: which are the bars? "+
			"(--map open=COLUMN,high=COLUMN,low=COLUMN,close=COLUMN)", ErrUndecodable, line,
			strings.Join(sidesOf(sharedAffixes(names)), " and "), ClipNames(names))
	}
	if want.Delimiter == "" && aligned(lines) {
		return nil, fmt.Errorf("%w: line %d: spaces align its columns, which is not read: write it as CSV (in pandas "+
			"to_csv for to_string, in R write.csv for print)", ErrUndecodable, min(want.Skip, len(lines)-1)+1)
	}
	return nil, err
}

// quoted returns the line and the names of a header of which the layout does not say which side of a quote is meant.
func quoted(lines [][]byte, want *FileLayout) (line int, names []string) {
	if _, given := want.column(Open); given {
		return 0, nil
	}
	for at := want.Skip; at < min(len(lines), want.Skip+skipMax); at++ {
		for _, c := range delimiters(lines, want) {
			names := splitLine(lines[at], c)
			if len(sidesOf(sharedAffixes(names))) > 1 {
				return at + 1, names
			}
		}
	}
	return 0, nil
}

// aligned reports whether nothing but spaces stands between the cells of lines, in some of them several.
func aligned(lines [][]byte) bool {
	found := false
	for _, line := range lines {
		line = bytes.TrimSpace(line)
		if bytes.ContainsAny(line, ",;\t|") {
			return false
		}
		found = found || bytes.Contains(line, []byte("  ")) && len(bytes.Fields(line)) >= columnsMin
	}
	return found
}

func sniffLines(lines [][]byte, want *FileLayout) (*FileTable, error) {
	if want.Header != "none" {
		if y, err := sniffHeader(lines, want); y != nil || err != nil {
			return y, err
		}
		if want.namesColumns() { // no line has these names, and without a header there are none
			return nil, noTable(lines, want, nil)
		}
	}
	return sniffHeaderless(lines, want)
}

// namesColumns reports whether the layout names a column, other than by its number.
func (y *FileLayout) namesColumns() bool {
	for _, name := range y.Columns {
		if name != "" && !strings.HasPrefix(name, "#") {
			return true
		}
	}
	return false
}

// sniffHeader finds the line that names the columns; the result is nil where there is none.
func sniffHeader(lines [][]byte, want *FileLayout) (*FileTable, error) {
	first := want.Skip
	for skip := first; skip < min(len(lines), first+skipMax); skip++ {
		for _, c := range append(delimiters(lines, want), ' ') {
			names := splitLine(lines[skip], c)
			if len(names) < columnsMin || !want.named(names) || !want.separates(c, lines[skip:], len(names)) {
				continue
			}
			rows := splitLines(lines[skip+1:], c, len(names))
			names = rowNamed(names, rows)
			y := newTable(names, c, skip+1)
			if err := y.sniffGroups(lines, skip, rows); err != nil {
				return nil, err
			}
			rows = y.dropHeaders(rows, want)
			return y, y.sniffColumns(rows, want)
		}
	}
	return nil, nil
}

// separates reports whether a character stands between the cells of lines. A space does only where all lines have as
// many cells: it is within times and names, too.
func (y *FileLayout) separates(c byte, lines [][]byte, cells int) bool {
	return c != ' ' || y.Delimiter == " " || sameCells(lines, c, cells)
}

// rowNamed puts an empty name before the others where the rows have one cell more than the header, as R writes tables
// whose rows have names.
func rowNamed(names []string, rows [][]string) []string {
	for _, row := range rows {
		if len(row) != len(names)+1 || strings.TrimSpace(row[len(names)]) == "" {
			return names
		}
	}
	if len(rows) == 0 {
		return names
	}
	return append([]string{""}, names...)
}

func newTable(names []string, delimiter byte, skip int) *FileTable {
	y := &FileTable{Names: names, Delimiter: delimiter, Skip: skip, Adjusted: -1}
	for i := range y.At {
		y.At[i] = -1
	}
	return y
}

// named reports whether names are a header: the four prices are found in them, and what the layout names.
func (y *FileLayout) named(names []string) bool {
	words := Words(names)
	for field := Open; field <= Close; field++ {
		if i := y.find(field, names, words); i < 0 || numeric(cellOf(names, i)) {
			return false
		}
	}
	for _, name := range y.Columns {
		if name != "" && !strings.HasPrefix(name, "#") && findName(name, names, words) < 0 {
			return false
		}
	}
	return true
}

// find returns the column of a field by the layout, else by its name; -1 where there is none.
func (y *FileLayout) find(field int, names, words []string) int {
	if name, given := y.column(field); given {
		return findName(name, names, words)
	}
	if field >= AskOpen || field == Clock {
		return -1
	}
	best, at := -1, -1
	for i, word := range words {
		if r := Rank(field, word); r >= 0 && (best < 0 || r < best) {
			best, at = r, i
		}
	}
	return at
}

// findName finds a column by its name, exactly or as a word, or by #1.
func findName(name string, names, words []string) int {
	if name == "" {
		return -1
	}
	if number, ok := strings.CutPrefix(name, "#"); ok {
		if n, err := strconv.Atoi(number); err == nil && n >= 1 {
			return n - 1
		}
	}
	trimmed := func(s string) bool { return strings.TrimSpace(s) == name }
	if i := slices.IndexFunc(names, trimmed); i >= 0 {
		return i
	}
	return slices.Index(words, Word(name))
}

// sampleLines cuts the sample into lines; the last is dropped where the sample ends within it.
func sampleLines(text []byte, whole bool) [][]byte {
	lines := bytes.Split(bytes.TrimPrefix(text, []byte("\ufeff")), []byte{'\n'})
	if !whole && len(lines) > 1 {
		lines = lines[:len(lines)-1]
	}
	for i := range lines {
		lines[i] = bytes.TrimRight(lines[i], "\r")
	}
	for len(lines) > 0 && len(bytes.TrimSpace(lines[len(lines)-1])) == 0 {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// delimiters returns what may stand between cells. Excel writes a line sep=; in front.
func delimiters(lines [][]byte, want *FileLayout) []byte {
	if want.Delimiter != "" {
		return []byte(want.Delimiter)
	}
	if first := string(bytes.TrimSpace(lines[0])); len(first) == len("sep=;") && strings.HasPrefix(first, "sep=") {
		return []byte{first[len(first)-1]}
	}
	return []byte{',', ';', '\t', '|'}
}

// splitLine splits a line of a sample.
func splitLine(line []byte, delimiter byte) []string {
	if bytes.IndexByte(line, '"') < 0 {
		return strings.Split(string(line), string(rune(delimiter)))
	}
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = rune(delimiter), -1, true
	row, err := r.Read()
	if err != nil {
		return nil
	}
	return row
}

// splitLines splits the rows of a sample; lines that are too short to be one are dropped.
func splitLines(lines [][]byte, delimiter byte, cells int) [][]string {
	var rows [][]string
	for _, line := range lines {
		if len(rows) == sampleRows {
			break
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if row := splitLine(line, delimiter); len(row) >= min(cells-1, columnsMin) {
			rows = append(rows, row)
		}
	}
	return rows
}

// dropHeaders drops the further lines of a header (tickers, the name of the index, units), which have no digit among
// the prices.
func (y *FileTable) dropHeaders(rows [][]string, want *FileLayout) [][]string {
	open := want.find(Open, y.Names, Words(y.Names))
	for i := 0; i < min(len(rows), headersMax); i++ {
		if strings.ContainsAny(cellOf(rows[i], open), "0123456789") {
			y.Skip += i
			return rows[i:]
		}
	}
	return rows
}

func cellOf(row []string, column int) string {
	if column < 0 || column >= len(row) {
		return ""
	}
	return row[column]
}

func cells(rows [][]string, column int) [][]byte {
	texts := make([][]byte, 0, len(rows))
	for _, row := range rows {
		texts = append(texts, Trim([]byte(cellOf(row, column))))
	}
	return texts
}

// columnName is how messages call a column.
func (y *FileTable) columnName(column int) string {
	if column >= 0 && column < len(y.Names) {
		return strconv.Quote(y.Names[column])
	}
	return strconv.Itoa(column + 1)
}

// ClipNames bounds the names of columns for a message.
func ClipNames(names []string) []string {
	const most, longest = 20, 40
	var shown []string
	for i, name := range names {
		if i == most {
			return append(shown, "…")
		}
		if len(name) > longest {
			name = name[:longest] + "…"
		}
		shown = append(shown, name)
	}
	return shown
}
