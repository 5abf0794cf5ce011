package incremental

// momentumRows lists the rows of the group, in the order of the documentation.
func momentumRows() []*Row {
	return []*Row{
		acRow(), adxRow(), adxrRow(), aoRow(), aroonRow(), aroonoscRow(), bopRow(), cciRow(), cmoRow(), cmouRow(), coppockRow(), dpoRow(), dxRow(), erRow(), eriRow(),
		foscRow(), fractalRow(),
		imiRow(), mfiRow(), minusDIRow(), minusDMRow(), momRow(), plusDIRow(), plusDMRow(), qstickRow(),
		rocpRow(), rocrRow(), rocr100Row(), smiRow(), trixRow(), tsiRow(), ultoscRow(), vhfRow(), vortexRow(), wadRow(), willrRow(),
	}
}
