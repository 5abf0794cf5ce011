package history

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"streamd/internal/s3test"
)

// TestObjects reads the same candles from object storage as from files, by few requests.
func TestObjects(t *testing.T) {
	put := s3test.Bucket(t)
	dir := t.TempDir()
	var paths []string
	add := func(name string, content []byte) {
		put("daily/"+name, content)
		paths = append(paths, write(t, dir, name, content))
	}
	for i := range 20 {
		add(fmt.Sprintf("S%02d.parquet", i), mustRead(t, parquetOf(t, randomRows(uint64(i), 3000))))
	}
	add("wide.parquet", smallParquet(60, parquet.MaxRowsPerRowGroup(7)))
	add("one.csv", []byte(twoSeries))
	add("gz.csv.gz", gzipped(t, []byte("date,open,high,low,close\n2024-01-01,1,2,0.5,1\n")))
	add("zip.zip", zipped(t, map[string][]byte{"Z.csv": []byte("date,open,high,low,close\n2024-01-01,1,2,0.5,1\n")}))
	want, _ := collect(t, Data{Paths: paths})
	got, report := collect(t, Data{Paths: []string{"s3://candles/daily/*"}})
	if short(got) != short(want) || len(report.Errors) > 0 {
		t.Errorf("got\n%.300s\nwant\n%.300s\n%v", short(got), short(want), report)
	}
	if n := report.Storage.Requests; n < 24 || n > 60 {
		t.Errorf("%d requests for 24 objects", n)
	}
	for path, want := range map[string]string{
		"s3://candles/none.csv": "no such object", "s3://candles/none*": "no object matches",
		"s3://candles": "want s3://BUCKET/KEY", "s3://nobody/*": `no bucket "nobody"`,
		"az://candles/x": "az",
	} {
		_, _, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// randomRows are minutes of one series.
func randomRows(seed uint64, n int) []minuteRow {
	rows := make([]minuteRow, n)
	for i := range rows {
		x := float64(100+(seed+uint64(i*37))%23) + float64(i)/8
		rows[i] = minuteRow{int64(i) * 60_000, x, x + 1, x - 1, x + 0.5, float64(i), float64(i), "a note of some length"}
	}
	return rows
}

type minuteRow struct {
	Time   int64   `parquet:"timestamp,timestamp(millisecond)"`
	Open   float64 `parquet:"open"`
	High   float64 `parquet:"high"`
	Low    float64 `parquet:"low"`
	Close  float64 `parquet:"close"`
	Volume float64 `parquet:"volume"`
	Other  float64 `parquet:"vwap"`
	Note   string  `parquet:"note"`
}

// BenchmarkObjects scans 200 Parquet files from object storage on loopback, and says how
// much was read of how much.
func BenchmarkObjects(b *testing.B) {
	put := s3test.Bucket(b)
	dir := b.TempDir()
	total := 0
	for i := range 200 {
		var out bytes.Buffer
		w := parquet.NewGenericWriter[minuteRow](&out, parquet.Compression(&parquet.Zstd))
		if _, err := w.Write(randomRows(uint64(i), 25_000)); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		total += out.Len()
		put(fmt.Sprintf("S%03d.parquet", i), out.Bytes())
		write(b, dir, fmt.Sprintf("S%03d.parquet", i), out.Bytes())
	}
	for _, path := range []string{filepath.Join(dir, "*"), "s3://candles/*.parquet"} {
		name, _, _ := strings.Cut(path, ":")
		b.Run(filepath.Base(name), func(b *testing.B) {
			for b.Loop() {
				report, err := Data{Paths: []string{path}}.Tapes(b.Context(), 2, func(int, *Tape) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(report.Storage.Requests), "requests")
				b.ReportMetric(float64(report.Storage.Bytes), "read-B")
				b.ReportMetric(float64(total), "stored-B")
			}
		})
	}
}
