package incremental

// variantRows lists the rows of the group, in the order of the documentation.
func variantRows() []*Row {
	return []*Row{atrSMARow(), rsiSMARow(), percentrankTVRow()}
}
