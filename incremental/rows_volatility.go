package incremental

// volatilityRows lists the rows of the group, in the order of the documentation.
func volatilityRows() []*Row {
	return []*Row{adrRow(), atrRow(), cviRow(), massiRow(), natrRow(), rviRow(), trangeRow()}
}
