package incremental

// CycleRows lists the rows of the group, in the order of the documentation.
func CycleRows() []*Row {
	return []*Row{htDCPeriodRow(), htDCPhaseRow(), htPhasorRow(), htSineRow(), htTrendModeRow()}
}
