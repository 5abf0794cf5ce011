package incremental

// seriesRows lists the rows of the group, in the order of the documentation.
func seriesRows() []*Row {
	return []*Row{lagRow()}
}
