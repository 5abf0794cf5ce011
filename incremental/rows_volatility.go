package incremental

// VolatilityRows lists the rows of the group, in the order of the documentation.
func VolatilityRows() []*Row {
	return []*Row{adrRow(), atrRow(), cviRow(), massiRow(), natrRow(), rviRow(), trangeRow()}
}
