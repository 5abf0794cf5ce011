package history

import (
	"context"
	"testing"
)

// TestParquetEpochs reads whole numbers without a unit as times by their magnitude, page by page, and those that are no
// epochs as text.
func TestParquetEpochs(t *testing.T) {
	type row struct {
		Symbol string  `parquet:"symbol"`
		Time   int64   `parquet:"ts"`
		Open   float64 `parquet:"open"`
		High   float64 `parquet:"high"`
		Low    float64 `parquet:"low"`
		Close  float64 `parquet:"close"`
	}
	rows := func(times ...int64) string {
		var all []row
		for _, at := range times {
			all = append(all, row{"A", at, 1, 2, 0.5, 1.5})
		}
		return parquetOf(t, all)
	}
	const day0, day = 1_704_067_200, 86_400
	const want = "A 1d 2 1704067200:1,2,0.5,1.5,0 1704153600:1,2,0.5,1.5,0\n"
	for _, unit := range []int64{1, 1e3, 1e6, 1e9} {
		readByPage(t, rows(day0*unit, (day0+day)*unit), true, want)
	}
	readByPage(t, rows(day0, (day0+day)*1e3), true, want) // as archives that changed their unit
	readByPage(t, rows(20240101, 20240102), false, want)
	readByPage(t, rows(45292, 45293), false, want) // days of a spreadsheet

	later := make([]int64, rowsOfText+2)
	for i := range later {
		later[i] = day0 + int64(i)*day
	}
	later[rowsOfText] = 20240101 // no epoch, behind the rows that are looked at
	tapes, report := collect(t, Data{Paths: []string{rows(later...)}})
	if n := report.Skipped[keyOfOne(report)]; n != 1 || len(tapes) != 1 || tapes[0].Block.Len() != rowsOfText+1 {
		t.Errorf("%d rows skipped of %s", n, show(tapes))
	}
}

// readByPage reads a file, which must hold what is wanted, in units of runs where it is read by page.
func readByPage(t *testing.T, path string, byPage bool, want string) {
	t.Helper()
	d := Data{Paths: []string{path}}
	tapes, report := collect(t, d)
	if got := show(tapes); got != want || len(report.Errors)+len(report.Notes) > 0 {
		t.Errorf("got\n%swant\n%s%v", got, want, report)
	}
	c, err := parquetContents(context.Background(), &d, &input{path: path, name: path, stem: "f"})
	if err != nil || len(c.units) > 0 != byPage {
		t.Errorf("%d units, %v", len(c.units), err)
	}
}
