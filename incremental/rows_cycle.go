package incremental

// cycleRows lists the rows of the group, in the order of the documentation.
func cycleRows() []*Row {
	return []*Row{htDCPeriodRow(), htDCPhaseRow(), htPhasorRow(), htSineRow(), htTrendModeRow()}
}
