package incremental

// VariantRows lists the rows of the group, in the order of the documentation.
func VariantRows() []*Row {
	return []*Row{
		atrSMARow(), rsiSMARow(), emaTVRow(), macdTVRow(), hmaTVRow(), rsiTVRow(), cmoTVRow(), mfiTVRow(), stochTVRow(),
		tsiTVRow(),
		atrTVRow(), kcTVRow(), supertrendTVRow(), sarTVRow(), dmiRow(), obvTVRow(), nviTVRow(), pviTVRow(),
		percentrankTVRow(), vwapTVRow(),
	}
}
