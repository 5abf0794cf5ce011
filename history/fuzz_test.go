package history

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"streamd/candle"
	"streamd/internal/seed"
	"streamd/stream"

	"github.com/parquet-go/parquet-go"
)

// FuzzCSV reads a text as a file and as a pipe, and as encoding/csv writes its cells again: the same candles of the same
// series.
func FuzzCSV(f *testing.F) {
	f.Add([]byte(twoSeries))
	f.Add([]byte("ts;open;high;low;close\n1;1;1;1;1\n\n2;\"1\";1;1;1\r\n"))
	f.Add([]byte("symbol,ts,open,high,low,close,timeframe\n\"A,\"\"B\",1704067200,1,1,1,1,1m\n\"x\ny\",1704067260,1,1,1,1,1h\n"))
	f.Add([]byte("\xef\xbb\xbfDate,Open,High,Low,Close,Volume\n2024-01-01,1,2,0.5,1.5,10\n2024-01-02, 1 ,2,0.5,1.5\n"))
	f.Add([]byte(",ts,open,high,low,Close,timefrAme\n,0,0,1,0,0"))
	f.Add([]byte("ts,open,high,low,close,a,volume,b\n0,0,1,0,0\n86400,0,1,\"0\",0\n172800,\"\"\"\",1,0,0\n"))
	f.Add([]byte("a,date,open,high,low,close\nb\"c,2024-01-01,1,1,1,1\n"))
	dir := fuzzDir(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "-.csv") // its symbol is that of standard input
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		fromFile, _, errFile := Data{Paths: []string{path}}.Collect(t.Context(), 2)
		fromPipe, _, errPipe := Data{Paths: []string{"-"}, Stdin: bytes.NewReader(text)}.Collect(t.Context(), 1)
		rows := csv.NewReader(bytes.NewReader(text))
		rows.FieldsPerRecord = -1
		if _, err := rows.ReadAll(); err != nil {
			return // quotes out of place: what they mean is a matter of taste
		}
		trimmed := bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
		if len(trimmed) > 0 && trimmed[0] != '{' && trimmed[0] != '[' && trimmed[0] != 0x1f &&
			!bytes.HasPrefix(trimmed, []byte("PAR1")) {
			if (errFile == nil) != (errPipe == nil) {
				t.Fatalf("file: %v; pipe: %v", errFile, errPipe)
			}
			if a, b := showFilled(fromFile), showFilled(fromPipe); a != b {
				t.Fatalf("file:\n%q\npipe:\n%q", a, b)
			}
		}
		again, ok := rewritten(text)
		if !ok || errFile != nil {
			return
		}
		fromAgain, _, err := Data{Paths: []string{"-"}, Stdin: bytes.NewReader(again)}.Collect(t.Context(), 1)
		if a, b := showFilled(fromFile), showFilled(fromAgain); err != nil || a != b {
			t.Fatalf("got\n%sas encoding/csv writes it:\n%s\n%s, %v", a, again, b, err)
		}
	})
}

// fuzzDir returns a folder for the inputs of a target, one for each of the processes
// that run it. A folder for each input would take longer than reading it.
func fuzzDir(f *testing.F) string {
	dir := filepath.Join(f.TempDir(), strconv.Itoa(os.Getpid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	return dir
}

// showFilled is show without the series that have no candle.
func showFilled(tapes []Tape) string {
	return show(slices.DeleteFunc(tapes, func(t Tape) bool { return t.Block.Len() == 0 }))
}

// rewritten returns the cells of a text as encoding/csv writes them; false for text that is not strictly CSV, or may
// have another delimiter.
func rewritten(text []byte) ([]byte, bool) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.ContainsAny(text, ";|\t\r") || !utf8.Valid(text) {
		return nil, false
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 || len(rows[0]) < 2 {
		return nil, false
	}
	var again bytes.Buffer
	w := csv.NewWriter(&again)
	err = w.WriteAll(rows)
	return again.Bytes(), err == nil
}

// fuzzRow is a candle as the seeds of FuzzParquet hold it.
type fuzzRow struct {
	Symbol    string   `parquet:"symbol,dict"`
	Timestamp int64    `parquet:"timestamp,timestamp(millisecond)"`
	Open      float64  `parquet:"open"`
	High      *float64 `parquet:"high,optional"`
	Low       int64    `parquet:"low,decimal(2:12)"`
	Close     float32  `parquet:"close"`
	Volume    int32    `parquet:"volume,delta"`
}

// smallParquet returns a file of a few rows: short ones are changed faster.
func smallParquet(rows int, options ...parquet.WriterOption) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[fuzzRow](&b, options...)
	for i := range rows {
		high := 3.0
		row := fuzzRow{
			Symbol: []string{"A", "B"}[i*2/rows], Timestamp: int64(60_000 * i), Open: 2, High: &high, Low: 100, Close: 2,
			Volume: 7,
		}
		if i%3 == 1 {
			row.High = nil
		}
		if _, err := w.Write([]fuzzRow{row}); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// FuzzParquet gives damaged files: no panic, and no more memory than such a
// file may ask for.
func FuzzParquet(f *testing.F) {
	for _, rows := range []int{1, 6} {
		f.Add(smallParquet(rows))
		f.Add(smallParquet(rows, parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1)))
		f.Add(smallParquet(rows, parquet.Compression(&parquet.Zstd), parquet.PageBufferSize(64)))
	}
	f.Add(mustRead(f, "testdata/parquet/one.series.parquet"))
	f.Fuzz(func(t *testing.T, file []byte) {
		before := allocated()
		tapes, _, _ := Data{Paths: []string{"-"}, Stdin: bytes.NewReader(file)}.Collect(t.Context(), 1)
		if used := allocated() - before; used > 512<<20 {
			t.Errorf("%d MiB allocated for %d bytes", used>>20, len(file))
		}
		for i := range tapes {
			holdOrder(t, &tapes[i].Block)
		}
	})
}

// allocated returns how many bytes the process has ever asked for. It does not stop
// the process, as runtime.ReadMemStats does.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// holdOrder holds a block to what a tape promises.
func holdOrder(t *testing.T, b *stream.Block) {
	last := int64(math.MinInt64)
	for i := range b.Len() {
		c := b.At(i)
		since1970 := c // history goes back further
		since1970.Time = max(c.Time, candle.MinTime)
		if since1970.Check() != nil || c.Time <= last {
			t.Fatalf("candle %d: %v behind %d", i, c, last)
		}
		last = c.Time
	}
}

// TestRandomFiles cuts random candles of random series into random files, and
// reads them as if they were one.
func TestRandomFiles(t *testing.T) {
	dir := t.TempDir()
	rng := seed.Rand(t)
	for round := range 20 {
		lines, want := randomHistory(rng.Uint64())
		var d Data
		for i, text := range lines {
			d.Paths = append(d.Paths, write(t, dir, fmt.Sprintf("%d-%d.csv", round, i), []byte(text)))
		}
		for workers := 1; workers <= 3; workers++ {
			tapes, _, err := d.Collect(t.Context(), workers)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(tapes); got != want {
				t.Fatalf("round %d, %d workers: got\n%swant\n%s", round, workers, got, want)
			}
		}
	}
}

// randomHistory returns the texts of files and what they hold. Some files have
// their series in runs, some in turns, some only one.
func randomHistory(seed uint64) (files []string, want string) {
	r := rand.New(rand.NewPCG(seed, 7))
	const header = "symbol,timestamp,open,high,low,close,volume\n"
	const start = 1_700_000_040
	series := 1 + r.IntN(6)
	bars := 1 + r.IntN(3000)
	parts := 1 + r.IntN(4)
	var tapes []Tape
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		panic(err)
	}
	texts := make([]strings.Builder, parts)
	line := func(part, s, bar int) {
		fmt.Fprintf(&texts[part], "S%d,%d,1,%d,1,1,%d\n", s, start+60*bar, 1+s, bar)
	}
	for p := range parts {
		texts[p].WriteString(header)
		from, to := bars*p/parts, bars*(p+1)/parts
		if r.IntN(2) == 0 {
			for s := range series {
				for bar := from; bar < to; bar++ {
					line(p, s, bar)
				}
			}
			continue
		}
		for bar := from; bar < to; bar++ {
			for s := range series {
				line(p, s, bar)
			}
		}
	}
	for s := range series {
		tape := Tape{Key: candle.Series{Symbol: fmt.Sprintf("S%d", s), Timeframe: minute}}
		for bar := range bars {
			tape.Block.Append(candle.Candle{
				Time: int64(start+60*bar) * 1e9, Open: 1, High: float64(1 + s), Low: 1, Close: 1,
				Volume: float64(bar),
			})
		}
		if bars == 1 {
			tape.Key.Timeframe = usualTimeframe(0, nil)
		}
		tapes = append(tapes, tape)
	}
	for p := range parts {
		files = append(files, texts[p].String())
	}
	r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	return files, show(tapes)
}
