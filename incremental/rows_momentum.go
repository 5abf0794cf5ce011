package incremental

// MomentumRows lists the rows of the group, in the order of the documentation.
func MomentumRows() []*Row {
	return []*Row{
		acRow(), adxRow(), adxrRow(), aoRow(), apoRow(), aroonRow(), aroonoscRow(), bopRow(), cciRow(), cmoRow(),
		cmouRow(), coppockRow(), dpoRow(), dxRow(), erRow(), eriRow(),
		foscRow(), fractalRow(),
		imiRow(), kdjRow(), macdRow(), macdextRow(), macdfixRow(), mfiRow(), minusDIRow(), minusDMRow(), momRow(),
		plusDIRow(), plusDMRow(), ppoRow(), qstickRow(),
		rocRow(), rocpRow(), rocrRow(), rocr100Row(), rsiRow(), smiRow(), stochRow(), stochfRow(), stochrsiRow(),
		trixRow(), tsiRow(), ultoscRow(), vhfRow(), vortexRow(), wadRow(), willrRow(),
	}
}
