package incremental

// pineRows lists the rows of the group, in the order of the documentation.
func pineRows() []*Row {
	return []*Row{kcwRow()}
}
