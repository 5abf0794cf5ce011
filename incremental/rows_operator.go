package incremental

// operatorRows lists the rows of the group, in the order of the documentation.
func operatorRows() []*Row {
	return []*Row{addRow(), cumsumRow(), divRow(), maxRow(), maxindexRow(), minRow(), minindexRow(), minmaxRow(), minmaxindexRow(), multRow(), subRow(), sumRow()}
}
