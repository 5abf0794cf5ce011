package incremental

// SeriesRows lists the rows of the group, in the order of the documentation.
func SeriesRows() []*Row {
	return []*Row{
		lagRow(), trRow(), changeRow(), cumRow(), highestRow(), lowestRow(), crossoverRow(), crossunderRow(),
		crossRow(), risingRow(), fallingRow(), highestbarsRow(), lowestbarsRow(),
		barssinceRow(), valuewhenRow(), naRow(), nzRow(), fixnanRow(), greaterRow(), lesserRow(),
		pivothighRow(), pivotlowRow(), rangeRow(), medianRow(), modeRow(),
		percentileNearestRankRow(), percentileLinearRow(), devRow(), zscoreRow(),
		linregRow(), r2Row(), rciRow(),
	}
}
