package incremental

// OperatorRows lists the rows of the group, in the order of the documentation.
func OperatorRows() []*Row {
	return []*Row{
		addRow(), cumsumRow(), divRow(), maxRow(), maxindexRow(), minRow(), minindexRow(), minmaxRow(),
		minmaxindexRow(), multRow(), subRow(), sumRow(),
	}
}
