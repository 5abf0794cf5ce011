package incremental

// PineRows lists the rows of the group, in the order of the documentation.
func PineRows() []*Row {
	return []*Row{
		almaRow(), swmaRow(), framaRow(), vidyaRow(), mcginleyRow(), ichimokuRow(), anchoredVWAPRow(),
		pivotPointLevelsRow(),
		cogRow(), crsiRow(), kstRow(), stcRow(), fisherRow(), squeezeRow(), williamsFractalRow(),
		klingerRow(), accdistRow(), iiiRow(), wvadRow(), bbwRow(), kcwRow(), chandelierRow(), chopRow(), ulcerRow(),
		haOpenRow(), haHighRow(), haLowRow(), haCloseRow(),
	}
}
