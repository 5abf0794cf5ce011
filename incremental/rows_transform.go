package incremental

// TransformRows lists the rows of the group, in the order of the documentation.
func TransformRows() []*Row {
	return []*Row{
		acosRow(), asinRow(), atanRow(), ceilRow(), cosRow(), coshRow(), expRow(), floorRow(),
		lnRow(), log10Row(), sinRow(), sinhRow(), sqrtRow(), tanRow(), tanhRow(),
		absRow(), signRow(), roundRow(), logRow(),
	}
}
