package history

import "strings"

// tableColumn is a column of a table: a leaf of its schema.
type tableColumn struct {
	path     []string // its name behind those of the groups around it
	repeated bool     // within a list
	text     bool
}

// columnNames returns what the columns are called. A column in a group is called by its
// own name where no other is called so. The index of pandas is the time or, as text,
// the symbol, where no column is. Lists have no name.
func columnNames(columns []tableColumn) []string {
	names := make([]string, len(columns))
	has := map[int]bool{}
	timed := false // an index is no text
	for i, c := range columns {
		names[i] = strings.Join(c.path, ".")
		has[fieldOfName(names[i])] = true
		timed = timed || c.index() && !c.text
	}
	for i, c := range columns {
		last := c.path[len(c.path)-1]
		field := fieldOfName(last)
		switch {
		case c.repeated:
			names[i] = ""
		case len(c.path) > 1 && field >= 0 && !has[field]:
			names[i] = last
		case c.index():
			field = fieldTime
			if c.text && (timed || has[fieldTime]) {
				field = fieldSymbol
			}
			if !has[field] {
				names[i], has[field] = fieldNames[field], true
			}
		}
	}
	return names
}

// index reports whether pandas wrote the column for an index without a name.
func (c tableColumn) index() bool { return strings.HasPrefix(c.path[len(c.path)-1], "__index_level_") }

// tableGroup is columns that are one symbol's: those of ("Close", "AAPL"),
// ("Open", "AAPL") and so on, as pandas names the columns of a frame with two levels.
type tableGroup struct {
	symbol  string // "" where the columns are no group's
	columns []int  // those of all groups first
	common  int    // how many of them are of all groups
}

// columnGroups finds the groups that names of two levels make, at least one. Names are
// cut to the level that says what the columns are. Columns of no group are in all.
func columnGroups(names []string) []tableGroup {
	levels := make([][]string, len(names))
	fields, has := [2]int{}, false
	for i, name := range names {
		levels[i] = tupleOf(name)
		has = has || len(levels[i]) == 2
		for k := range levels[i] {
			if k < len(fields) && fieldOfName(levels[i][k]) >= fieldOpen {
				fields[k]++
			}
		}
	}
	if !has {
		return []tableGroup{{columns: upTo(len(names))}}
	}
	field := 0
	if fields[1] > fields[0] {
		field = 1
	}
	var groups []tableGroup
	var common []int
	places := map[string]int{}
	for i, level := range levels {
		symbol := ""
		if len(level) == 2 {
			symbol, names[i] = level[1-field], level[field]
			if names[i] == "" {
				symbol, names[i] = "", symbol // ('Date', '') is of all symbols
			}
		}
		if symbol == "" {
			common = append(common, i)
			continue
		}
		at, ok := places[symbol]
		if !ok {
			at = len(groups)
			places[symbol] = at
			groups = append(groups, tableGroup{symbol: symbol})
		}
		groups[at].columns = append(groups[at].columns, i)
	}
	for i := range groups {
		groups[i].common = len(common)
		groups[i].columns = append(append([]int(nil), common...), groups[i].columns...)
	}
	if len(groups) == 0 {
		return []tableGroup{{columns: common}}
	}
	return groups
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// tupleOf returns the texts of a tuple as Python writes it, ('Close', 'AAPL'); nil
// for any other name.
func tupleOf(name string) []string {
	inner, opened := strings.CutPrefix(name, "(")
	inner, closed := strings.CutSuffix(inner, ")")
	if !opened || !closed {
		return nil
	}
	var texts []string
	for inner != "" {
		quote := inner[0]
		if quote != '\'' && quote != '"' {
			return nil
		}
		end := strings.IndexByte(inner[1:], quote)
		if end < 0 {
			return nil
		}
		texts = append(texts, inner[1:1+end])
		inner = strings.TrimLeft(inner[end+2:], ", ")
	}
	return texts
}
