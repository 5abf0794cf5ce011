package layout

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// orders are the orders of the four prices in rows without a header: where open, high, low and close stand. The
// first is usual; the others are those of Bitfinex (open close high low), of open close low high, Coinbase (low high
// open close) and close high low open.
var orders = [...][4]int{{0, 1, 2, 3}, {0, 2, 3, 1}, {0, 3, 2, 1}, {2, 1, 0, 3}, {3, 1, 2, 0}}

// indexColumnsMax is how many columns may stand before the time: a symbol and a number of the row.
const indexColumnsMax = 2

// sniffHeaderless finds out how rows without names are candles, from the first line on with which that is possible.
func sniffHeaderless(lines [][]byte, want *FileLayout) (*FileTable, error) {
	var first error
	for skip := want.Skip; skip < min(len(lines), want.Skip+skipMax); skip++ {
		for _, c := range append(delimiters(lines, want), ' ') {
			row := splitLine(lines[skip], c)
			if len(row) < columnsMin || !want.separates(c, lines[skip:], len(row)) || countsColumns(row) {
				continue
			}
			y := newTable(nil, c, skip)
			err := y.sniffRows(splitLines(lines[skip:], c, len(row)), want)
			if err == nil {
				return y, y.headerPassed(lines, len(row), want)
			}
			if first == nil {
				first = err
			}
			if numbersIn(row) >= columnsMin-1 {
				return nil, first // a row, which is not to be passed over
			}
		}
	}
	return nil, noTable(lines, want, first)
}

// headerPassed is the error of rows behind a line that names their columns, of which not all four prices are
// understood: the values alone do not tell open from close.
func (y *FileTable) headerPassed(lines [][]byte, cells int, want *FileLayout) error {
	if want.Header == "none" || want.find(Open, nil, nil) >= 0 {
		return nil
	}
	for at := y.Skip; at >= want.Skip; at-- {
		names := splitLine(lines[at], y.Delimiter)
		if at == y.Skip && numeric(cellOf(names, y.At[Open])) {
			continue // a row
		}
		texts := 0
		for _, name := range names {
			if !numeric(name) && strings.IndexFunc(name, unicode.IsLetter) >= 0 {
				texts++
			}
		}
		if texts < columnsMin-1 || len(names) < cells-1 || len(names) > cells+1 {
			continue
		}
		_, missing := want.known(names)
		return fmt.Errorf("%w: line %d: no column for %s among %q (--map %s=COLUMN)", ErrUndecodable, at+1, missing,
			ClipNames(names), missing)
	}
	return nil
}

// countsColumns reports whether a line numbers the columns from 0 on, as pandas writes a table without names.
func countsColumns(row []string) bool {
	if strings.TrimSpace(row[0]) == "" {
		row = row[1:] // above the numbers of the rows
	}
	for i, cell := range row {
		if strings.TrimSpace(cell) != strconv.Itoa(i) {
			return false
		}
	}
	return true
}

func numbersIn(row []string) int {
	n := 0
	for _, cell := range row {
		if _, ok := looseNumber(cell); ok {
			n++
		}
	}
	return n
}

// sameCells reports whether the lines of a sample have so many cells.
func sameCells(lines [][]byte, delimiter byte, cells int) bool {
	for _, line := range lines {
		if len(splitLine(line, delimiter)) != cells {
			return false
		}
	}
	return true
}

// noTable is the error of a text that is no table: of the line that is most like a header, where one is.
func noTable(lines [][]byte, want *FileLayout, err error) error {
	best := 0
	for skip := want.Skip; skip < min(len(lines), want.Skip+skipMax); skip++ {
		for _, c := range delimiters(lines, want) {
			names := splitLine(lines[skip], c)
			known, missing := want.known(names)
			if known > best {
				best = known
				err = fmt.Errorf("%w: line %d: no column for %s among %q (--map %s=COLUMN)", ErrUndecodable,
					skip+1, missing,
					ClipNames(names), missing)
			}
		}
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: line %d: no column for open, high, low and close: %.60q is neither a header nor a "+
		"row", ErrUndecodable,
		min(want.Skip, len(lines)-1)+1, lines[min(want.Skip, len(lines)-1)])
}

// known counts the names of fields in a line, and returns the first field that is missing or that was asked for in
// vain.
func (y *FileLayout) known(names []string) (known int, missing string) {
	words := Words(names)
	for field, name := range FieldNames[:AskOpen] {
		_, given := y.column(field)
		switch {
		case y.find(field, names, words) >= 0:
			known++
		case missing == "" && (given || field >= Open && field <= Close):
			missing = name
		}
	}
	if missing == "" {
		missing = FieldNames[Time]
	}
	return known, missing
}

// sniffRows finds the columns of rows without names: maybe a symbol, the time or a date and a clock, then the first
// order of four numbers in which high and low hold.
func (y *FileTable) sniffRows(rows [][]string, want *FileLayout) error {
	if len(rows) == 0 {
		return fmt.Errorf("%w: line %d: no row of candles", ErrUndecodable, y.Skip+1)
	}
	if want.find(Open, nil, nil) >= 0 && want.find(Time, nil, nil) >= 0 {
		for field := range y.At {
			y.At[field] = want.find(field, nil, nil)
		}
		return y.complete(rows, []int{y.At[Time]}, want)
	}
	var first error
	for i := 0; i <= indexColumnsMax && i+columnsMin <= len(rows[0]); i++ {
		probe := *newTable(nil, y.Delimiter, y.Skip)
		err := probe.sniffFrom(rows, i, want)
		if err == nil {
			*y = probe
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// sniffFrom tries the columns from i on as time and prices.
func (y *FileTable) sniffFrom(rows [][]string, i int, want *FileLayout) error {
	row := rows[0]
	for before := range i {
		if cell := strings.TrimSpace(row[before]); !numeric(cell) && cell != "" {
			y.At[Symbol] = before
		}
	}
	times := i
	i++
	if i < len(row) && strings.Contains(row[i], ":") && clockLike(row[i]) {
		y.At[Clock] = i
		i++
	}
	if i+4 > len(row) {
		return fmt.Errorf("%w: line %d: no header, and fewer than four numbers in a row", ErrUndecodable, y.Skip+1)
	}
	if err := y.sniffTimes(rows, []int{times}, want); err != nil {
		return err
	}
	for _, order := range orders {
		if !pricesHold(rows, i, order) {
			continue
		}
		if y.At[Symbol] < 0 && y.swapped(rows, i, order) {
			order[0], order[3] = order[3], order[0]
		}
		for j, place := range order {
			y.At[Open+j] = i + place
		}
		y.findVolume(rows, i+4)
		for field := range y.At {
			if _, given := want.column(field); given {
				y.At[field] = want.find(field, nil, nil)
			}
		}
		return y.complete(rows, []int{times}, want)
	}
	return fmt.Errorf("%w: line %d: no header, and no four columns are open, high, low and close by their values "+
		"(set --map time=#1,open=#2,…)", ErrUndecodable, y.Skip+1)
}

// swapped reports whether what an order of prices takes for open and close is the other way round: the open of a bar
// is near the close of the one before, while high and low hold for both readings.
func (y *FileTable) swapped(rows [][]string, from int, order [4]int) bool {
	const fewest, share = 10, 3
	gap, other := 0.0, 0.0
	n := 0
	for k := 1; k < len(rows); k++ {
		before, bar := rows[k-1], rows[k]
		early, ok1 := y.rowTime(before)
		late, ok2 := y.rowTime(bar)
		if !ok1 || !ok2 || early == late {
			continue
		}
		if early > late {
			before, bar = bar, before
		}
		var v [4]float64
		for j, cell := range [...]string{
			cellOf(before, from+order[0]), cellOf(before, from+order[3]),
			cellOf(bar, from+order[0]), cellOf(bar, from+order[3]),
		} {
			v[j], _ = looseNumber(cell)
		}
		gap += math.Abs(v[2] - v[1])
		other += math.Abs(v[3] - v[0])
		n++
	}
	return n >= fewest && gap > share*other
}

// rowTime reads the time of a row of the sample.
func (y *FileTable) rowTime(row []string) (int64, bool) {
	var clock []byte
	if y.At[Clock] >= 0 {
		clock = []byte(cellOf(row, y.At[Clock]))
	}
	return y.Times.Time([]byte(cellOf(row, y.At[Time])), clock)
}

// findVolume takes the column after the prices for the volume. One whose values lie between low and high is another
// price, as an adjusted close.
func (y *FileTable) findVolume(rows [][]string, column int) {
	for ; column < len(rows[0]); column++ {
		number, price := 0, 0
		for _, row := range rows {
			v, ok := looseNumber(cellOf(row, column))
			if !ok && !Missing(Trim([]byte(cellOf(row, column)))) {
				continue
			}
			number++
			low, _ := looseNumber(cellOf(row, y.At[Low]))
			high, _ := looseNumber(cellOf(row, y.At[High]))
			if v >= low && v <= high && v != 0 {
				price++
			}
		}
		if number*2 <= len(rows) {
			return
		}
		if price*2 <= number || column+1 == len(rows[0]) {
			y.At[Volume] = column
			return
		}
	}
}

// pricesHold reports whether high and low hold on 98 % of the rows, where the four prices from a column on have an
// order.
func pricesHold(rows [][]string, from int, order [4]int) bool {
	good, bad := 0, 0
	for _, row := range rows {
		var v [4]float64
		ok := true
		for j, place := range order {
			var isNumber bool
			v[j], isNumber = looseNumber(cellOf(row, from+place))
			ok = ok && isNumber
		}
		if !ok {
			continue
		}
		if ordered(v[0], v[1], v[2], v[3]) {
			good++
		} else {
			bad++
		}
	}
	return good > 0 && bad*50 <= good+bad
}

// ordered reports whether high and low are the bounds of open and close, but for rounding.
func ordered(o, h, l, c float64) bool { return h >= max(o, l, c)*(1-1e-9) && l <= min(o, c)*(1+1e-9) }

// checkPrices refuses columns in which most closes lie outside of low to high: they are other prices.
func (y *FileTable) checkPrices(rows [][]string) error {
	good, bad, line := 0, 0, 0
	for i, row := range rows {
		var v [4]float64
		ok := true
		for j := range v {
			var isNumber bool
			v[j], isNumber = y.Numbers.Number(Trim([]byte(cellOf(row, y.At[Open+j]))))
			ok = ok && isNumber
		}
		switch {
		case !ok:
		case ordered(v[3], v[1], v[2], v[3]):
			good++
		default:
			if bad++; bad == 1 {
				line = y.Skip + 1 + i
			}
		}
	}
	const fewest, share = 3, 5
	if bad >= fewest && bad*share > good+bad {
		return fmt.Errorf("%w: line %d: close is outside of low to high, as in %d of %d rows: which columns are "+
			"the prices? "+
			"(set --map open=…,high=…,low=…,close=…)", ErrUndecodable, line, bad, good+bad)
	}
	return nil
}

func numeric(cell string) bool {
	_, ok := NumberStyle{'.'}.Number(Trim([]byte(cell)))
	return ok
}

// looseNumber reads a number with either decimal mark.
func looseNumber(cell string) (float64, bool) {
	b := Trim([]byte(cell))
	if v, ok := (NumberStyle{'.'}).Number(b); ok {
		return v, true
	}
	return NumberStyle{','}.Number(b)
}
