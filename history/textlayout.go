package history

// textLayout says how the columns of a table become fields of lines.
type textLayout struct {
	names   []string // of the columns; "" for those that are left out
	groups  []tableGroup
	folders []folder
	grouped bool // whether there is a field for the symbol of the group
}

// newTextLayout lays out columns, and the values that are in the path of their file
// unless a column is called so.
func newTextLayout(names []string, folders []folder) *textLayout {
	y := &textLayout{names: names}
	y.groups = columnGroups(names)
	y.grouped = y.groups[0].symbol != ""
	has := map[string]bool{}
	for _, name := range names {
		has[name] = true
	}
	for _, f := range folders {
		if !has[f.name] {
			y.folders = append(y.folders, f)
		}
	}
	return y
}

// header appends the line of names.
func (y *textLayout) header(b []byte) []byte {
	var names []string
	if y.grouped {
		names = append(names, fieldNames[fieldSymbol])
	}
	for _, f := range y.folders {
		names = append(names, f.name)
	}
	for _, i := range y.groups[0].columns {
		if y.names[i] != "" {
			names = append(names, y.names[i])
		}
	}
	return headerLine(b, names)
}

// lines returns the fields of the lines of every group.
func (y *textLayout) lines(of []cell) []lineCells {
	all := make([]lineCells, 0, len(y.groups))
	for _, g := range y.groups {
		var l lineCells
		if y.grouped {
			l.cells = append(l.cells, constantCell(g.symbol))
			l.shared = 1 + len(y.folders) + g.common
		}
		for _, f := range y.folders {
			l.cells = append(l.cells, constantCell(f.value))
		}
		for _, i := range y.groups[0].columns {
			if y.names[i] != "" {
				l.cells = append(l.cells, of[g.same(y.names, i)])
			}
		}
		all = append(all, l)
	}
	return all
}

// same returns the group's column that is called as a column of the first group.
func (g tableGroup) same(names []string, column int) int {
	for _, i := range g.columns {
		if names[i] == names[column] {
			return i
		}
	}
	return column
}

func constantCell(text string) cell {
	return func(b []byte, _ int) []byte { return append(b, text...) }
}
