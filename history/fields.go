package history

import (
	"fmt"

	"streamd/history/layout"
)

// The fields of a candle in columns of binary formats.
const (
	fieldSymbol = iota
	fieldTimeframe
	fieldTime
	fieldOpen
	fieldHigh
	fieldLow
	fieldClose
	fieldVolume
	fieldCount
)

var fieldNames = [fieldCount]string{"symbol", "timeframe", "timestamp", "open", "high", "low", "close", "volume"}

// fieldsOfLayout are the same fields in a layout.FileTable.
var fieldsOfLayout = [fieldCount]int{
	layout.Symbol, layout.Timeframe, layout.Time, layout.Open, layout.High, layout.Low, layout.Close, layout.Volume,
}

// findColumns returns the place of every field among the names of columns, -1 where there is none. The names are
// those of the aliases; an index of pandas is the time where no column is.
func findColumns(names []string) ([fieldCount]int, error) {
	var at [fieldCount]int
	words := layout.Words(names)
	for i, name := range names {
		if tupleOf(name) != nil {
			words[i] = name // a column of several symbols, see columnGroups
		}
	}
	for field := range at {
		at[field] = -1
		best := -1
		for i, word := range words {
			if r := layout.Rank(fieldsOfLayout[field], word); r >= 0 && (best < 0 || r < best) {
				best, at[field] = r, i
			}
		}
	}
	for i, name := range names {
		if at[fieldTime] < 0 && layout.IsIndex(name) {
			at[fieldTime] = i
		}
	}
	for _, f := range []int{fieldTime, fieldOpen, fieldHigh, fieldLow, fieldClose} {
		if at[f] < 0 {
			return at, fmt.Errorf("%w: no column for %s among %q", ErrUndecodable, fieldNames[f],
				layout.ClipNames(names))
		}
	}
	return at, nil
}

// fieldOfName returns what the name of a column is the name of, -1 for nothing.
func fieldOfName(name string) int {
	field := layout.FieldOf(name)
	for i, f := range fieldsOfLayout {
		if f == field {
			return i
		}
	}
	return -1
}
