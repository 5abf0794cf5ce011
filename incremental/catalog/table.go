package catalog

import (
	"streamd/incremental"
	"streamd/incremental/pattern"
)

// Table is the list of all rows. It is built by value from the group lists, so
// that nothing registers itself and the order is the documentation's.
type Table struct {
	rows   []*incremental.Row
	byName map[string]*incremental.Row
}

// New returns the table of every indicator.
func New() *Table {
	t := &Table{byName: map[string]*incremental.Row{}}
	for _, group := range [][]*incremental.Row{
		incremental.OverlapRows(), incremental.MomentumRows(), incremental.VolumeRows(), incremental.VolatilityRows(),
		incremental.PriceRows(), incremental.CycleRows(),
		pattern.Rows(), incremental.StatisticRows(), incremental.TransformRows(), incremental.OperatorRows(),
		incremental.SeriesRows(), incremental.VariantRows(), incremental.PineRows(),
	} {
		for _, r := range group {
			if t.byName[r.Name] != nil {
				panic("catalog: two rows named " + r.Name)
			}
			t.rows = append(t.rows, r)
			t.byName[r.Name] = r
		}
	}
	return t
}

// Rows returns all rows, in the order of the documentation.
func (t *Table) Rows() []*incremental.Row { return t.rows }

// Row returns the row of that name, or nil.
func (t *Table) Row(name string) *incremental.Row { return t.byName[name] }
