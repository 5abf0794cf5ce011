package layout

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"streamd/candle"
	"streamd/candle/wire"
)

// sniffColumns finds out which column is which field, by the names and a sample of rows, and how times and numbers
// are written.
func (y *FileTable) sniffColumns(rows [][]string, want *FileLayout) error {
	words := Words(y.Names)
	for _, field := range []int{Symbol, Timeframe, Open, High, Low, Close, Volume, AskOpen, AskHigh, AskLow, AskClose} {
		y.At[field] = want.find(field, y.Names, words)
	}
	if len(rows) == 0 {
		return ErrNoRow
	}
	return y.complete(rows, y.timeColumns(words, rows, want), want)
}

// complete tells all but the columns of prices.
func (y *FileTable) complete(rows [][]string, times []int, want *FileLayout) error {
	for field := Open; field <= Close; field++ {
		if y.At[field] < 0 {
			return fmt.Errorf("%w: no column for %s among %q (--map %s=COLUMN)", ErrUndecodable, FieldNames[field],
				ClipNames(y.Names), FieldNames[field])
		}
	}
	if err := y.sniffTimes(rows, times, want); err != nil {
		return err
	}
	if err := y.sniffNumbers(rows, want); err != nil {
		return err
	}
	y.sniffVolume(rows, want)
	y.noteVolume(rows, want)
	y.sniffTimeframes(rows)
	y.sniffLikelySymbol(rows)
	if err := y.sniffAdjusted(want); err != nil {
		return err
	}
	y.settled = y.settled && y.Names != nil && !y.Times.guessed && y.Times.kind != timeUnknown
	return y.checkPrices(rows)
}

// timeColumns returns the columns that may be the time, the likeliest first, and finds a date and a time of day side
// by side.
func (y *FileTable) timeColumns(words []string, rows [][]string, want *FileLayout) []int {
	y.At[Clock] = want.find(Clock, y.Names, words)
	if _, given := want.column(Time); given {
		if i := want.find(Time, y.Names, words); i >= 0 {
			return []int{i}
		}
		return nil
	}
	var columns []int
	if (y.Symbol != "" || y.Groups != nil) && len(words) > 0 {
		columns = append(columns, 0) // the index of pandas
	}
	date, clock := -1, y.At[Clock]
	for i, word := range words {
		if date < 0 && slices.Contains(dateNames, word) {
			date = i
		}
	}
	for i, word := range words {
		if clock < 0 && i != date && slices.Contains(clockNames, word) {
			clock = i
		}
	}
	if date >= 0 && clock >= 0 && slices.ContainsFunc(rows[:min(len(rows), 5)], func(r []string) bool {
		return clockLike(cellOf(r, clock)) && !kindHasClock(cellOf(r, date))
	}) {
		y.At[Clock] = clock
		return append(columns, date)
	}
	return append(columns, rankedTimes(words)...)
}

// rankedTimes returns the columns with names of times, the preferred ones first, then those without a name.
func rankedTimes(words []string) []int {
	type ranked struct{ rank, column int }
	var found []ranked
	for i, word := range words {
		if r := Rank(Time, word); r >= 0 {
			found = append(found, ranked{r, i})
		} else if slices.Contains(indexNames, word) {
			found = append(found, ranked{math.MaxInt, i})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return a.rank - b.rank })
	var columns []int
	for _, f := range found {
		columns = append(columns, f.column)
	}
	return columns
}

// clockLike reports whether a cell is a time of day: 9:30, 09:30:00, 9:30 PM or 093000.
func clockLike(cell string) bool {
	b := Trim([]byte(cell))
	if _, n := digits(b); n == len(b) {
		return n >= 1 && n <= 6
	}
	m, ok := dayClock(b)
	return ok && !m.zoned && bytes.IndexByte(b, ':') > 0
}

// kindHasClock reports whether a cell of a date holds a time of day other than midnight itself.
func kindHasClock(cell string) bool {
	s := TimeStyle{kind: kindOf(Trim([]byte(cell)))}
	m, ok := s.moment([]byte(cell), nil)
	return ok && s.kind != timeEpoch && m.wall%dayNs != 0
}

// sniffTimes finds the column of the time and how its texts are built: the first of the columns, unless its times
// repeat and those of another one do not, as those of a date beside a full time.
func (y *FileTable) sniffTimes(rows [][]string, columns []int, want *FileLayout) error {
	var first error
	best, most := -1, 0
	for _, column := range columns {
		style, err := y.timesOf(rows, column, want)
		if err != nil {
			if first == nil {
				first = fmt.Errorf("line %d, column %s: %w", y.Skip+1, y.columnName(column), err)
			}
			continue
		}
		different := y.timesIn(rows, column, style)
		if best < 0 || different > 2*most {
			best, most, y.At[Time], y.Times = column, different, column, style
		}
		if most == len(rows) {
			break
		}
	}
	if best >= 0 {
		y.findClock(rows, most, want)
		y.noteZone(want)
		return nil
	}
	if first == nil {
		first = fmt.Errorf("no column for time among %q (--map time=COLUMN)", ClipNames(y.Names))
	}
	return fmt.Errorf("%w: %w", ErrUndecodable, first)
}

// timesOf finds out how the times of a column are built.
func (y *FileTable) timesOf(rows [][]string, column int, want *FileLayout) (TimeStyle, error) {
	var clocks [][]byte
	clockName := ""
	if y.At[Clock] >= 0 {
		clocks = cells(rows, y.At[Clock])
		if y.At[Clock] < len(y.Names) {
			clockName = Word(y.Names[y.At[Clock]])
		}
	}
	return SniffTimes(cells(rows, column), clocks, clockName, want)
}

// timesIn counts the different times of a column.
func (y *FileTable) timesIn(rows [][]string, column int, style TimeStyle) int {
	probe := *y
	probe.At[Time], probe.Times = column, style
	seen := map[int64]bool{}
	for _, row := range rows {
		if t, ok := probe.rowTime(row); ok {
			seen[t] = true
		}
	}
	return len(seen)
}

// findClock finds a time of day beside dates that repeat, by its values: a name that is in no list.
func (y *FileTable) findClock(rows [][]string, different int, want *FileLayout) {
	_, given := want.column(Clock)
	if given || y.At[Clock] >= 0 || different == len(rows) || y.Times.naive || y.Times.kind == timeEpoch {
		return
	}
	for i := range y.Names {
		if slices.Contains(y.At[:], i) || slices.ContainsFunc(rows, func(row []string) bool {
			cell := cellOf(row, i)
			return !strings.Contains(cell, ":") || !clockLike(cell)
		}) {
			continue
		}
		y.At[Clock] = i
		style, err := y.timesOf(rows, y.At[Time], want)
		if err != nil || y.timesIn(rows, y.At[Time], style) <= different {
			y.At[Clock] = -1
			continue
		}
		y.Times = style
		return
	}
}

// NoteNaive says how times without a zone are read.
const NoteNaive = "times have no zone: read as UTC (--timezone)"

// noteZone says how times without an offset are read.
func (y *FileTable) noteZone(want *FileLayout) {
	s := &y.Times
	switch {
	case s.guessed && s.kind == timeDMY:
		y.Notes = append(y.Notes, "dates are day/month/year by their order (--time-format)")
	case s.guessed:
		y.Notes = append(y.Notes, "dates are month/day/year by their order (--time-format)")
	}
	if !s.naive || want.Timezone != "" {
		return
	}
	if name := y.columnName(y.At[Time]); !strings.Contains(strings.ToLower(name), "utc") &&
		!strings.Contains(strings.ToLower(name), "gmt") {
		y.Notes = append(y.Notes, NoteNaive)
	}
}

// sniffNumbers tells the decimal mark and the scale of the prices.
func (y *FileTable) sniffNumbers(rows [][]string, want *FileLayout) error {
	var prices, volumes [][]byte
	for field := Open; field <= Close; field++ {
		prices = append(prices, cells(rows, y.At[field])...)
	}
	if y.At[Volume] >= 0 {
		volumes = cells(rows, y.At[Volume])
	}
	when := cellOf(rows[0], y.At[Time])
	style, sure, settled := sniffNumbers(prices, volumes, y.Delimiter == ';',
		len(when) > 5 && (when[1] == '.' || when[2] == '.'))
	if want.Decimal != "" {
		style, sure, settled = NumberStyle{want.Decimal[0]}, true, true
	}
	if !sure {
		return fmt.Errorf("%w: line %d, column %s: %.40q may be thousands or have a fraction (set decimal: \".\" or "+
			"\",\" in --format FILE.yaml)", ErrUndecodable, y.Skip+1, y.columnName(y.At[Open]), cellOf(rows[0],
			y.At[Open]))
	}
	y.Numbers, y.settled = style, settled
	if want.PriceScale > 0 {
		y.Divisor = divisorOf(want.PriceScale)
		return nil
	}
	if i := y.At[Time]; i < len(y.Names) && Word(y.Names[i]) == "tsevent" {
		for _, cell := range cells(rows, y.At[Open]) {
			if _, n := digits(bytes.TrimPrefix(cell, []byte{'-'})); n < 7 || n < len(cell)-1 {
				return nil
			}
		}
		y.Divisor = 1e9
		y.Notes = append(y.Notes, "prices are in units of 1e-9 (--price-scale)")
	}
	return nil
}

// divisorOf returns 1/scale, exactly where that is a power of ten: a price divided by it is rounded once.
func divisorOf(scale float64) float64 {
	if rest, ok := strings.CutPrefix(strconv.FormatFloat(scale, 'e', -1, 64), "1e-"); ok {
		if v, ok := wire.ParseNumber([]byte("1e" + rest)); ok {
			return v
		}
	}
	return 1 / scale
}

// sniffVolume takes the first column of volumes that is not mostly 0.
func (y *FileTable) sniffVolume(rows [][]string, want *FileLayout) {
	if _, given := want.column(Volume); given || y.Names == nil || y.At[Volume] < 0 || y.Groups != nil {
		return
	}
	best, volumes := -1, 0
	for i, word := range Words(y.Names) {
		if Rank(Volume, word) >= 0 {
			volumes++
		}
		r := Rank(Volume, word)
		if r < 0 || best >= 0 && r >= best {
			continue
		}
		traded := 0
		for _, cell := range cells(rows, i) {
			if v, ok := y.Numbers.Number(cell); ok && v != 0 {
				traded++
			}
		}
		if traded*2 > len(rows) {
			best, y.At[Volume] = r, i
		}
	}
	y.settled = y.settled && volumes == 1
}

// noteVolume says that there is no volume where a column may be one.
func (y *FileTable) noteVolume(rows [][]string, want *FileLayout) {
	if _, given := want.column(Volume); given || y.At[Volume] >= 0 || y.Groups != nil {
		return
	}
	for i, name := range y.Names {
		if slices.Contains(y.At[:], i) || name == "" {
			continue
		}
		numbers := 0
		for _, cell := range cells(rows, i) {
			if v, ok := y.Numbers.Number(cell); ok && v >= 0 {
				numbers++
			}
		}
		if numbers*2 > len(rows) {
			y.Notes = append(y.Notes, "no column is known as the volume: it is 0 (--map volume=COLUMN)")
			return
		}
	}
}

// sniffTimeframes drops a column of timeframes whose texts are none that is understood.
func (y *FileTable) sniffTimeframes(rows [][]string) {
	if y.At[Timeframe] < 0 {
		return
	}
	for _, cell := range cells(rows, y.At[Timeframe]) {
		if _, ok := ParseTimeframe(cell); !ok && len(cell) > 0 {
			y.Notes = append(y.Notes, fmt.Sprintf("column %s is no timeframe that is understood, as %.20q: not used",
				y.columnName(y.At[Timeframe]), cell))
			y.At[Timeframe] = -1
			return
		}
	}
}

// ParseTimeframe reads a timeframe as files write it: 15m, D, or minutes as a number alone.
func ParseTimeframe(text []byte) (candle.Timeframe, bool) {
	s := string(Trim(text))
	switch strings.ToLower(s) {
	case "d", "day", "daily", "1day":
		s = "1d"
	case "w", "week", "weekly", "1week":
		s = "1w"
	case "m", "month", "monthly", "1mo", "1month":
		s = "1M"
	case "h", "hour", "hourly", "1hour":
		s = "1h"
	}
	if digits := strings.TrimSuffix(s, "min"); strings.Trim(digits, "0123456789") == "" && digits != "" {
		s = digits + "m"
	}
	return candle.LookupTimeframe(s)
}

// sniffLikelySymbol finds a column of repeating texts that no field has: where times start again it is likely that of
// the symbol.
func (y *FileTable) sniffLikelySymbol(rows [][]string) {
	for i, name := range y.Names {
		if slices.Contains(y.At[:], i) || len(rows) < 2 {
			continue
		}
		texts := map[string]bool{}
		for _, row := range rows {
			c := strings.TrimSpace(cellOf(row, i))
			if _, number := y.Numbers.Number([]byte(c)); number || Missing([]byte(c)) {
				texts = nil
				break
			}
			texts[c] = true
		}
		if len(texts) > 1 && len(texts) < len(rows) {
			y.LikelySymbol = name
			return
		}
	}
}

// sniffAdjusted finds the adjusted close where it is asked for.
func (y *FileTable) sniffAdjusted(want *FileLayout) error {
	if !want.Adjusted {
		return nil
	}
	for i, word := range Words(y.Names) {
		if slices.Contains(adjustedNames, word) && i != y.At[Close] {
			y.Adjusted = i
			return nil
		}
	}
	return fmt.Errorf("%w: no column for the adjusted close among %q (--adjusted)", ErrUndecodable, ClipNames(y.Names))
}
