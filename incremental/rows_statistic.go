package incremental

// statisticRows lists the rows of the group, in the order of the documentation.
func statisticRows() []*Row {
	return []*Row{percentileRow(), percentrankRow()}
}
