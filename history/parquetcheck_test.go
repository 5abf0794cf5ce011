package history

import (
	"bytes"
	"math"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"streamd/stream"
)

type checkedRow struct {
	Symbol string  `parquet:"symbol"`
	Time   int64   `parquet:"timestamp,timestamp(millisecond)"`
	Open   float64 `parquet:"open"`
	High   float64 `parquet:"high"`
	Low    float64 `parquet:"low"`
	Close  float64 `parquet:"close"`
	Volume float64 `parquet:"volume"`
}

// badBars are five bars, the last three of which have a bad high, close and volume.
func badBars() []checkedRow {
	rows := make([]checkedRow, 5)
	for i := range rows {
		rows[i] = checkedRow{"A", int64(i+1) * 60_000, 1, 2, 0, 0, 7}
	}
	rows[2].High, rows[3].Close, rows[4].Volume = math.NaN(), -1, math.Inf(1)
	return rows
}

func checkedFile(t *testing.T, creator string, options ...parquet.WriterOption) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[checkedRow](&b, append(options, parquet.CreatedBy(creator, "1", ""))...)
	if _, err := w.Write(badBars()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), filepath.Base("f.parquet"), b.Bytes())
}

// TestParquetReads decodes and checks columns that nobody looks at, unless the candles are known to be good.
func TestParquetReads(t *testing.T) {
	creator, key, value := CheckedCandles()
	mark := parquet.KeyValueMetadata(key, value)
	foreign, copied, own := checkedFile(t, "other"), checkedFile(t, "other", mark), checkedFile(t, creator, mark)
	const last, volume = stream.PriceSet(1 << 3), stream.PriceSet(1 << 4)
	for _, test := range []struct {
		name string
		data Data
		bars []int64 // minutes that are kept
	}{
		{"of another program", Data{Paths: []string{foreign}, Reads: last}, []int64{1, 2}},
		{"changed by another program", Data{Paths: []string{copied}, Reads: last}, []int64{1, 2}},
		{"of this program, all is read", Data{Paths: []string{own}}, []int64{1, 2}},
		{"of this program", Data{Paths: []string{own}, Reads: last}, []int64{1, 2, 3, 5}},
		{"trusted", Data{Paths: []string{foreign}, Reads: last, Trust: true}, []int64{1, 2, 3, 5}},
		{"trusted, volumes", Data{Paths: []string{foreign}, Reads: volume, Trust: true}, []int64{1, 2, 3, 4}},
		{"trusted, both", Data{Paths: []string{foreign}, Reads: last | volume, Trust: true}, []int64{1, 2, 3}},
		{"trusted, all is read", Data{Paths: []string{foreign}, Trust: true}, []int64{1, 2}},
	} {
		tapes, report := collect(t, test.data)
		if len(tapes) != 1 || tapes[0].Block.Len() != len(test.bars) ||
			report.Skipped[keyOfOne(report)] != len(badBars())-len(test.bars) {
			t.Errorf("%s: %s%v", test.name, show(tapes), report.LeftOut)
			continue
		}
		reads := test.data.Reads
		if reads == 0 || !test.data.Trust && test.data.Paths[0] != own {
			reads = stream.PricesAll
		}
		for i, minute := range test.bars {
			bar, want := tapes[0].Block.At(i), badBars()[minute-1]
			got := [...]float64{bar.Open, bar.High, bar.Low, bar.Close, bar.Volume}
			for k, v := range [...]float64{want.Open, want.High, want.Low, want.Close, want.Volume} {
				if reads.Has(k) && got[k] != v || !reads.Has(k) && !math.IsNaN(got[k]) {
					t.Errorf("%s: minute %d, column %d is %v of %v", test.name, minute, k, got[k], v)
				}
			}
		}
	}
}
