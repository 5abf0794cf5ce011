package incremental

// momentumRows lists the rows of the group, in the order of the documentation.
func momentumRows() []*Row {
	return []*Row{
		acRow(), adxRow(), adxrRow(), aoRow(), bopRow(), cmoRow(), cmouRow(), dpoRow(), dxRow(), erRow(), eriRow(),
		imiRow(), mfiRow(), minusDIRow(), minusDMRow(), momRow(), plusDIRow(), plusDMRow(), qstickRow(),
		rocpRow(), rocrRow(), rocr100Row(), trixRow(), tsiRow(), ultoscRow(), vortexRow(), wadRow(),
	}
}
