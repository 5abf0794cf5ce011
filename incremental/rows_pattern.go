package incremental

// patternRows lists the rows of the group, in the order of the documentation.
func patternRows() []*Row {
	return []*Row{}
}
