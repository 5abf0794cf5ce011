package incremental

// overlapRows lists the rows of the group, in the order of the documentation.
func overlapRows() []*Row {
	return []*Row{
		bbandsRow(), smaRow(), emaRow(), wmaRow(), demaRow(), temaRow(), trimaRow(), kamaRow(), mamaRow(), t3Row(), rmaRow(), maRow(),
	}
}
