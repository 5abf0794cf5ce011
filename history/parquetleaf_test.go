package history

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// parquetOf writes rows as a Parquet file.
func parquetOf[T any](t *testing.T, rows []T) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return write(t, dir, filepath.Base("f.parquet"), b.Bytes())
}

// TestParquetShapes reads candles from columns that are an index, within a group or
// two for a time.
func TestParquetShapes(t *testing.T) {
	type prices struct {
		Open  float64  `parquet:"open"`
		High  float64  `parquet:"high"`
		Low   *float64 `parquet:"low,optional"`
		Close float64  `parquet:"close"`
	}
	low := 0.5
	read := func(name, path, want string) {
		t.Helper()
		tapes, report := collect(t, Data{Paths: []string{path}})
		if got := show(tapes); got != want || len(report.Errors) > 0 {
			t.Errorf("%s: got\n%swant\n%s%v", name, got, want, report)
		}
	}

	type indexed struct {
		prices
		Symbol string `parquet:"__index_level_0__"`
		Time   int64  `parquet:"__index_level_1__,timestamp(nanosecond)"`
	}
	p := prices{1, 2, &low, 1.5}
	read("multi-index", parquetOf(t, []indexed{{p, "A", 86400e9}, {p, "A", 2 * 86400e9}}),
		"A 1d 2 86400:1,2,0.5,1.5,0 172800:1,2,0.5,1.5,0\n")

	type nested struct {
		Symbol string  `parquet:"symbol"`
		Time   int64   `parquet:"timestamp,timestamp(millisecond)"`
		Candle *prices `parquet:"candle,optional"`
		Tags   []int32 `parquet:"tags,list"`
	}
	read("nested", parquetOf(t, []nested{
		{"A", 60_000, &p, []int32{1, 2}},
		{"A", 120_000, &prices{2, 2, &low, 2}, nil},
	}), "A 1m 2 60:1,2,0.5,1.5,0 120:2,2,0.5,2,0\n")
	tapes, report := collect(t, Data{Paths: []string{parquetOf(t, []nested{
		{"A", 60_000, &p, nil}, {"A", 120_000, nil, nil}, {"A", 180_000, &prices{1, 2, nil, 1}, nil},
	})}})
	if got := show(tapes); got != "A 1d 1 60:1,2,0.5,1.5,0 60:1,2,0.5,1.5,0\n" || report.Skipped[keyOfOne(report)] != 2 {
		t.Errorf("nulls at two levels: %s%v", got, report)
	}

	type split struct {
		Date int32 `parquet:"date,date"`
		Time int64 `parquet:"time,time(microsecond)"`
		prices
	}
	read("date and time", parquetOf(t, []split{{1, 34_200_000_000, p}, {1, 34_260_000_000, p}}),
		"f 1m 2 120600:1,2,0.5,1.5,0 120660:1,2,0.5,1.5,0\n")

	type texts struct {
		Date string `parquet:"Date"`
		Time string `parquet:"Time"`
		prices
	}
	read("date and time as texts", parquetOf(t, []texts{{"1970-01-02", "09:30", p}, {"1970-01-02", "09:31:00", p}}),
		"f 1m 2 120600:1,2,0.5,1.5,0 120660:1,2,0.5,1.5,0\n")
}

func keyOfOne(r Report) string {
	for name := range r.Skipped {
		return name
	}
	return ""
}
