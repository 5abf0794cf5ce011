package history

import (
	"path/filepath"
	"strings"
	"testing"

	"streamd/candle"
	"streamd/stream"
)

// fixture is the candles that testdata/parquet/make.py writes.
func fixture(series int) stream.Block {
	var b stream.Block
	for k := range 40 {
		i := series*40 + k
		price := 100 + float64(i*37%23)/4 + float64(i)/8
		b.Append(candle.Candle{
			Time: (1_704_067_200 + int64(k)*86_400) * 1e9,
			Open: price - 0.5, High: price + 1.25, Low: price - 1.5, Close: price, Volume: float64(1000 + i*7%31),
		})
	}
	return b
}

// TestParquetOfAllWriters reads the same candles in the types, encodings and
// compressions that writers use.
func TestParquetOfAllWriters(t *testing.T) {
	paths, err := filepath.Glob("testdata/parquet/*.parquet")
	if err != nil || len(paths) < 25 {
		t.Fatal(err, len(paths))
	}
	want := [2]stream.Block{fixture(0), fixture(1)}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".parquet")
		if name == "nulls" || name == "one.series" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, symbols := range [][]string{nil, {"BB*"}} {
				tapes, report := collect(t, Data{Paths: []string{path}, Symbols: symbols})
				if len(report.Skipped)+len(report.Errors) > 0 {
					t.Fatalf("report %v", report)
				}
				if len(tapes) != 2-len(symbols) {
					t.Fatalf("%d series", len(tapes))
				}
				for i := range tapes {
					k := i + len(symbols)
					if key := tapes[i].Key.String(); key != [2]string{"AAA 1d", "BB.B 1d"}[k] {
						t.Fatalf("series %s", key)
					}
					for j := range want[k].Len() {
						if got := tapes[i].Block.At(j); tapes[i].Block.Len() != 40 || got != want[k].At(j) {
							t.Fatalf("candle %d of %d is %v, want %v", j, tapes[i].Block.Len(), got, want[k].At(j))
						}
					}
				}
			}
		})
	}
}

// TestParquetNulls skips the rows that lack something, and counts them.
func TestParquetNulls(t *testing.T) {
	path := "testdata/parquet/nulls.parquet"
	tapes, report := collect(t, Data{Paths: []string{path}})
	want := [2]stream.Block{fixture(0), fixture(1)}
	if report.Skipped[path] != 8 || len(tapes) != 2 || tapes[0].Block.Len() != 36 || tapes[1].Block.Len() != 36 {
		t.Fatalf("skipped %v\n%s", report.Skipped, show(tapes))
	}
	missing := [2][]int{{3, 4, 10, 20}, {10, 11, 20, 39}}
	for i := range tapes {
		k := 0
		for j := range 40 {
			if len(missing[i]) > 0 && missing[i][0] == j {
				missing[i] = missing[i][1:]
				continue
			}
			c := want[i].At(j)
			c.Volume = 0
			if got := tapes[i].Block.At(k); got != c {
				t.Fatalf("series %d, candle %d is %v, want %v", i, j, got, c)
			}
			k++
		}
	}
}

// TestParquetOneSeries takes the symbol from the file's name, and a file from
// an archive.
func TestParquetOneSeries(t *testing.T) {
	path := "testdata/parquet/one.series.parquet"
	dir := t.TempDir()
	for _, p := range []string{
		path,
		write(t, dir, "one.series.parquet.gz", gzipped(t, mustRead(t, path))),
		write(t, dir, "a.zip", zipped(t, map[string][]byte{"in/one.series.parquet": mustRead(t, path)})),
	} {
		tapes, _ := collect(t, Data{Paths: []string{p}})
		if len(tapes) != 1 || tapes[0].Key.String() != "one.series 1d" || tapes[0].Block.Len() != 40 {
			t.Fatalf("%s: %s", p, show(tapes))
		}
	}
}

// TestParquetDamage flips bytes and cuts files: an error or other candles, but
// no panic, and no more memory than a file of that size may ask for.
func TestParquetDamage(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"small-pages", "dictionary-zstd", "delta", "nulls"} {
		whole := mustRead(t, "testdata/parquet/"+name+".parquet")
		for i := 0; i < len(whole); i += 1 + len(whole)/150 {
			damaged := append([]byte(nil), whole...)
			damaged[i] ^= byte(1 + i%255)
			path := write(t, dir, "x.parquet", damaged)
			tapes, report, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
			if err == nil && len(tapes) == 0 && len(report.Errors) == 0 && report.Skipped[path] == 0 {
				t.Errorf("%s, byte %d: neither candles nor an error", name, i)
			}
			path = write(t, dir, "y.parquet", whole[:i])
			if _, report, _ := (Data{Paths: []string{path}}).Collect(t.Context(), 1); len(report.Errors) != 1 {
				t.Errorf("%s, cut at %d: no error", name, i)
			}
		}
	}
}

// TestParquetRange reads a range of every file, of some symbols or of all, as
// the whole file cut to it, also for higher bars.
func TestParquetRange(t *testing.T) {
	paths, err := filepath.Glob("testdata/parquet/*.parquet")
	if err != nil || len(paths) < 25 {
		t.Fatal(err, len(paths))
	}
	week, err := candle.ParseTimeframe("1w")
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int64) int64 { return (1_704_067_200 + n*86_400) * 1e9 }
	for _, path := range paths {
		for _, tf := range []candle.Timeframe{{}, week} {
			whole, _ := collect(t, Data{Paths: []string{path}, Timeframe: tf})
			for k, c := range [][2]int64{{5, 9}, {0, 3}, {12, 13}, {36, 99}, {70, 80}} {
				d := Data{From: day(c[0]), To: day(c[1]), Cold: k%2 == 0}
				var want []Tape
				for i := range whole {
					want = append(want, Tape{Key: whole[i].Key})
					d.within(&want[i], &whole[i].Block)
				}
				d.Paths, d.Timeframe = []string{path}, tf
				got, _ := collect(t, d)
				if show(got) != show(want) {
					t.Fatalf("%s, days %v: got\n%swant\n%s", path, c, show(got), show(want))
				}
			}
		}
	}
}
