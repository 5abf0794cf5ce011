package incremental

// PriceRows lists the rows of the group, in the order of the documentation.
func PriceRows() []*Row {
	return []*Row{
		avgdevRow(), avgpriceRow(), haRow(), medpriceRow(), typpriceRow(), wclpriceRow(),
		hl2Row(), hlc3Row(), ohlc4Row(), hlcc4Row(),
	}
}
