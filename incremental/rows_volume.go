package incremental

// VolumeRows lists the rows of the group, in the order of the documentation.
func VolumeRows() []*Row {
	return []*Row{
		adRow(), adoscRow(), cmfRow(), efiRow(), marketfiRow(), nviRow(), obvRow(), pviRow(), pvoRow(), pvtRow(),
		rvolRow(), vwapRow(),
	}
}
