package incremental

// StatisticRows lists the rows of the group, in the order of the documentation.
func StatisticRows() []*Row {
	return []*Row{
		betaRow(), correlRow(), linearregRow(), linearregAngleRow(), linearregInterceptRow(), linearregSlopeRow(),
		percentileRow(), percentrankRow(), stddevRow(), tsfRow(), varRow(),
	}
}
