package plan

// Alone reports whether the plan has no clock but the series' own, and looks at
// no other series. Only such a plan can load columns: those of higher timeframes
// have other bars, and those of other series depend on other candles.
func (p *Plan) Alone() bool { return len(p.clocks) == 1 && len(p.foreign) == 0 }

// Stored reports whether the handle's column is computed, and not one of the
// prices, which are there anyway.
func (h Handle) Stored() bool { return h.column.place != direct }

// Load takes the place of Step where the columns of the handles are known from
// an earlier run over the same bars: it puts them where the step would, for as
// many bars as the block has. A series that has been loaded can only be loaded
// on. The plan must be Alone.
func (e *Exec) Load(slab []float64, b *Columns, handles []Handle, columns [][]float64) {
	e.enter(slab, b)
	for k := range handles {
		if handles[k].Stored() {
			copy(e.values(&handles[k].column), columns[k])
		}
	}
	slab[e.plan.clocks[0].off+headCount] += float64(b.Len())
}
