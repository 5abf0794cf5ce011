package incremental

// momentumRows lists the rows of the group, in the order of the documentation.
func momentumRows() []*Row {
	return []*Row{}
}
