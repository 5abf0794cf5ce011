package layout

import (
	"fmt"
	"strings"
)

// sniffGroups reads the line of tickers that pandas writes above or below the names of columns: one ticker is the
// symbol of all rows, several stand side by side with columns of their own.
func (y *FileTable) sniffGroups(lines [][]byte, header int, rows [][]string) error {
	opens := y.columnsOf(Open)
	var labels []string
	if len(rows) > 0 && (Word(rows[0][0]) == "ticker" || Word(rows[0][0]) == "symbols") {
		labels = rows[0]
	} else if len(opens) > 1 && header > 0 {
		labels = splitLine(lines[header-1], y.Delimiter)
	}
	tuples := len(opens) > 1 && strings.HasPrefix(y.Names[opens[0]], "('")
	if labels == nil && !tuples {
		if len(opens) > 1 && strings.EqualFold(y.Names[opens[0]], y.Names[opens[1]]) {
			return fmt.Errorf("%w: line %d: the column %s occurs %d times: which is the price of which symbol? "+
				"(set --map open=#%d)", ErrUndecodable, header+1, y.columnName(opens[0]), len(opens), opens[0]+1)
		}
		return nil
	}
	label := func(column int) string {
		if tuples {
			return tupleTail(y.Names[column])
		}
		return strings.TrimSpace(cellOf(labels, column))
	}
	for _, open := range opens {
		g := SymbolGroup{Symbol: label(open)}
		if g.Symbol == "" {
			return fmt.Errorf("%w: line %d: no ticker above or below the column %s", ErrUndecodable, header+1,
				y.columnName(open))
		}
		for field := range g.At {
			g.At[field] = -1
			if field < Open || field > Volume {
				continue
			}
			for _, column := range y.columnsOf(field) {
				if label(column) == g.Symbol && g.At[field] < 0 {
					g.At[field] = column
				}
			}
			if g.At[field] < 0 && field != Volume {
				return fmt.Errorf("%w: line %d: no column for %s of %q", ErrUndecodable, header+1,
					FieldNames[field], g.Symbol)
			}
		}
		y.Groups = append(y.Groups, g)
	}
	if len(y.Groups) == 1 {
		y.Symbol, y.Groups = y.Groups[0].Symbol, nil
	}
	return nil
}

// columnsOf returns the columns whose name is the best that the table has for a field.
func (y *FileTable) columnsOf(field int) []int {
	var best []int
	rank := -1
	for i, word := range Words(y.Names) {
		r := Rank(field, word)
		switch {
		case r < 0 || rank >= 0 && r > rank:
		case r == rank:
			best = append(best, i)
		default:
			rank, best = r, []int{i}
		}
	}
	return best
}

// tupleTail returns the last part of a name that pandas made of several, as in ('Close', 'AAPL').
func tupleTail(name string) string {
	parts := strings.Split(strings.Trim(name, "()"), ",")
	return strings.Trim(parts[len(parts)-1], " '")
}
