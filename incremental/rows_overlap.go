package incremental

// OverlapRows lists the rows of the group, in the order of the documentation.
func OverlapRows() []*Row {
	return []*Row{
		accbandsRow(), bbandsRow(), donchianRow(), hmaRow(), htTrendlineRow(), kcRow(), mavpRow(), midpointRow(),
		midpriceRow(),
		sarRow(), sarextRow(), supertrendRow(), vwmaRow(), zlemaRow(), smaRow(), emaRow(), wmaRow(), demaRow(),
		temaRow(), trimaRow(), kamaRow(), mamaRow(), t3Row(), rmaRow(), maRow(),
	}
}
