package incremental

// priceRows lists the rows of the group, in the order of the documentation.
func priceRows() []*Row {
	return []*Row{avgdevRow(), avgpriceRow(), haRow(), medpriceRow(), typpriceRow(), wclpriceRow()}
}
