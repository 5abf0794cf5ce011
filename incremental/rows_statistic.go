package incremental

// statisticRows lists the rows of the group, in the order of the documentation.
func statisticRows() []*Row {
	return []*Row{
		betaRow(), correlRow(), linearregRow(), linearregAngleRow(), linearregInterceptRow(), linearregSlopeRow(),
		percentileRow(), percentrankRow(), stddevRow(), tsfRow(), varRow(),
	}
}
