package history

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"streamd/candle"
)

// write puts a file into a directory of the test.
func write(t testing.TB, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, text []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(text, nil)
}

func zipped(t testing.TB, members map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// show is the history as text: series, number of candles, first and last.
func show(tapes []Tape) string {
	var b strings.Builder
	for i := range tapes {
		tape, block := &tapes[i], tapes[i].Range()
		fmt.Fprintf(&b, "%s %d", tape.Key, block.Len())
		if tape.Err != nil {
			fmt.Fprintf(&b, " error")
		}
		for _, k := range []int{0, block.Len() - 1} {
			if block.Len() > 0 {
				c := block.At(k)
				fmt.Fprintf(&b, " %d:%v,%v,%v,%v,%v", c.Time/1e9, c.Open, c.High, c.Low, c.Close, c.Volume)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func collect(t testing.TB, d Data) ([]Tape, Report) {
	t.Helper()
	tapes, report, err := d.Collect(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	return tapes, report
}

const twoSeries = `symbol,timestamp,open,high,low,close,volume
A,2024-01-01,1,2,1,2,10
A,2024-01-02,2,3,2,3,11
B,2024-01-01,5,6,5,6,12
B,2024-01-02,6,7,6,7,13
`

const twoSeriesShown = "A 1d 2 1704067200:1,2,1,2,10 1704153600:2,3,2,3,11\n" +
	"B 1d 2 1704067200:5,6,5,6,12 1704153600:6,7,6,7,13\n"

// TestFormsOfFiles reads the same candles in all forms that files have.
func TestFormsOfFiles(t *testing.T) {
	dir := t.TempDir()
	lines := `{"symbol":"A","timeframe":"1d","timestamp":"2024-01-01T00:00:00Z","open":1,"high":2,"low":1,"close":2,"volume":10}
{"symbol":"B","timeframe":"1d","timestamp":"2024-01-01T00:00:00Z","open":5,"high":6,"low":5,"close":6,"volume":12}

{"symbol":"A","timeframe":"1d","timestamp":"2024-01-02T00:00:00Z","open":2,"high":3,"low":2,"close":3,"volume":"11"}
{"symbol":"A","timeframe":"1d","timestamp":"2024-01-03T00:00:00Z","open":2,"high":3,"low":2,"close":3,"volume":11,"closed":false}
{"symbol":"B","timestamp":1704153600000,"timeframe":"24h","open":6,"high":7,"low":6,"close":7,"volume":13}
`
	one := func(symbol string) string {
		text := "Date;Open;High;Low;Close;Volume\n"
		for line := range strings.Lines(twoSeries) {
			if rest, ok := strings.CutPrefix(line, symbol+","); ok {
				text += strings.ReplaceAll(rest, ",", ";")
			}
		}
		return text
	}
	turns := "ts,symbol,high,low,close,open,volume,note\n1704067200,A,2,1,2,1,10,x\n1704067200,B,6,5,6,5,12\n1704153600,A,3,2,3,2,11,\n1704153600,B,7,6,7,6,13,x\n"
	quoted := "\ufeff\"Ticker\",\"note\",\"DATETIME\",\"Open\",\"High\",\"Low\",\"Close\",\"Volume\"\r\n" +
		"\"A\",\"say \"\"hi\"\", you\",\"2024-01-01 00:00:00\",\"1\",\"2\",\"1\",\"2\",\"10\"\r\n" +
		"\"A\",\"two\nlines\",\"2024-01-02 00:00\",\"2.0\",\"3\",\"2\",\"3\",\"1.1e1\"\r\n" +
		"\r\n" +
		"\"B\",,\"2024-01-01T02:00:00+02:00\",\"5\",\"6\",\"5\",\"+6\",\"12\"\r\n" +
		" B ,, 2024-01-02 00:00:00.000000 , 6 ,07,6., 7 , 13 "
	newestFirst := "timestamp,open,high,low,close,volume\n"
	for _, day := range []string{"03", "02", "01"} {
		newestFirst += "2024-01-" + day + ",1,1,1,1," + day + "\n"
	}

	write(t, dir, "two.csv", []byte(twoSeries))
	write(t, dir, "two.jsonl", []byte(lines))
	write(t, dir, "turns.csv", []byte(turns))
	write(t, dir, "quoted.csv", []byte(quoted))
	write(t, dir, "two.csv.gz", gzipped(t, []byte(twoSeries)))
	write(t, dir, "two.jsonl.zst", zstandard(t, []byte(lines)))
	write(t, dir, "two.csv.zst", zstandard(t, []byte(twoSeries)))
	write(t, dir, "one/A.csv", []byte(one("A")))
	write(t, dir, "one/B.csv.gz", gzipped(t, []byte(one("B"))))
	write(t, dir, "members.zip", zipped(t, map[string][]byte{
		"x/A.csv":    []byte(one("A")),
		"x/B.csv.gz": gzipped(t, []byte(one("B"))),
	}))
	write(t, dir, "packed.csv.zip", zipped(t, map[string][]byte{"two.csv": []byte(twoSeries)}))
	write(t, dir, "named/day-A-2024.csv", []byte(one("A")))
	write(t, dir, "named/day-B-2024.csv", []byte(one("B")))
	write(t, dir, "parts/2.csv", []byte("symbol,timestamp,open,high,low,close,volume\nA,2024-01-01,1,2,1,2,10\nB,2024-01-01,5,6,5,6,12\n"))
	write(t, dir, "parts/1.csv", []byte("symbol,timestamp,open,high,low,close,volume\nB,2024-01-02,6,7,6,7,13\nA,2024-01-02,2,3,2,3,11\n"))
	write(t, dir, "backwards.csv", []byte(newestFirst))

	stdin := func(text string) Data { return Data{Paths: []string{"-"}, Stdin: strings.NewReader(text)} }
	paths := func(names ...string) Data {
		var d Data
		for _, name := range names {
			d.Paths = append(d.Paths, filepath.Join(dir, name))
		}
		return d
	}
	named := paths("named/*.csv")
	named.SymbolFrom = regexp.MustCompile(`day-(\w+)-`)
	for name, d := range map[string]Data{
		"csv": paths("two.csv"), "jsonl": paths("two.jsonl"), "turns": paths("turns.csv"),
		"quoted": paths("quoted.csv"),
		"gz":     paths("two.csv.gz"), "zst": paths("two.csv.zst"), "jsonl.zst": paths("two.jsonl.zst"),
		"zip": paths("members.zip"), "csv.zip": paths("packed.csv.zip"),
		"one each": paths("one/A.csv", "one/B.csv.gz"), "glob": paths("one/*"), "named": named,
		"parts":     paths("parts/*.csv"),
		"stdin csv": stdin(twoSeries), "stdin jsonl": stdin(lines), "stdin quoted": stdin(quoted),
	} {
		t.Run(name, func(t *testing.T) {
			tapes, report := collect(t, d)
			if got := show(tapes); got != twoSeriesShown {
				t.Errorf("got\n%swant\n%s", got, twoSeriesShown)
			}
			if len(report.Skipped)+len(report.Errors) > 0 {
				t.Errorf("report %v", report)
			}
		})
	}

	tapes, _ := collect(t, paths("backwards.csv"))
	if got := show(tapes); got != "backwards 1d 3 1704067200:1,1,1,1,1 1704240000:1,1,1,1,3\n" {
		t.Errorf("newest first: %s", got)
	}
}

// TestBadCandlesAreCounted skips what is no candle, and goes on.
func TestBadCandlesAreCounted(t *testing.T) {
	dir := t.TempDir()
	bad := []string{
		"A,2024-01-02,2,1,2,1,5", "A,2024-01-02,NaN,1,1,1,5", "A,2024-01-02,1,1,1,0x1p3,5", "A,2024-01-02,1,1,1",
		"A,yesterday,1,1,1,1,5",
		"A,2024-01-02,1,1,1,,5", ",2024-01-02,1,1,1,1,5", "A,2024-01-02,1,1,1,1_0,5", "A,2024-01-02,-1,1,1,1,5",
		"A,2024-02-30,1,1,1,1,5", "A",
		"A,2024-01-02,1,1,1,1,inf", strings.Repeat("x", 100) + ",2024-01-02,1,1,1,1,5",
	}
	text := "symbol,timestamp,open,high,low,close,volume\nA,2024-01-01,1,1,1,1,5\n" + strings.Join(bad, "\n") +
		"\nA,2024-01-03,1,1,1,1,5\nA,2024-01-03,1,1,1,1,5\nA,2024-01-03,1,2,1,1,5\nA,2024-01-02,1,1,1,1,5\nA,2024-01-05,1,1,1,1\n"
	for name, d := range map[string]Data{
		"file":  {Paths: []string{write(t, dir, "bad.csv", []byte(text))}},
		"stdin": {Paths: []string{"-"}, Stdin: strings.NewReader(text)},
	} {
		tapes, report := collect(t, d)
		want := "A 1d 4 1704067200:1,1,1,1,5 1704412800:1,1,1,1,0\n"
		if got := show(tapes); got != want {
			t.Errorf("%s: got %s want %s", name, got, want)
		}
		// Beside the bad ones the correction and the repetition; the late one is sorted in.
		if n := report.Skipped[d.Paths[0]]; n != len(bad)+2 {
			t.Errorf("%s: %d skipped, want %d", name, n, len(bad)+2)
		}
	}
}

// TestHostileInput gives what was made to fill memory or to confuse: a clear
// error, and little memory.
func TestHostileInput(t *testing.T) {
	dir := t.TempDir()
	header := "timestamp,open,high,low,close,volume\n"
	row := "2024-01-01,1,1,1,1,1\n"
	long := header + row + "2024-01-02," + strings.Repeat("1", 100<<20)
	wide := strings.TrimSpace(row) + "," + strings.Repeat("x", 900<<10) + "\n"
	bomb := []byte(header + strings.Repeat(wide, 100))
	parquet, err := os.ReadFile("testdata/parquet/plain-snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	whole := gzipped(t, []byte(strings.Repeat(twoSeries, 1000)))
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"line.csv", []byte(long), "a line is longer than 1048576 bytes"},
		{"quote.csv", []byte(header + `"` + strings.Repeat(row, 100_000)), "a line is longer"},
		{"line.csv.gz", gzipped(t, []byte(long)), "a line is longer"},
		{"line.jsonl", []byte(`{"symbol":"` + strings.Repeat("A", 100<<20)), "a text of more than 65536 bytes"},
		{"bomb.csv.gz", gzipped(t, bomb), "unpacks to more than 100 times"},
		{"bomb.csv.zst", zstandard(t, bomb), "unpacks to more than 100 times"},
		{"bomb.csv.zip", zipped(t, map[string][]byte{"bomb.csv": bomb}), "unpacks to more than 100 times"},
		{"bomb.parquet.gz", gzipped(t, bomb), "unpacks to more than 100 times"},
		{"nested.zip", zipped(t, map[string][]byte{"x.zip": zipped(t, nil)}), "an archive within an archive"},
		{"cut.csv.gz", whole[:len(whole)-20], "ends early"},
		{"cut.parquet", parquet[:len(parquet)/2], "its end is missing"},
		{"garbage.parquet", bytes.Repeat([]byte("x"), 4000), "is neither a header nor a row"},
		{"garbage.csv", bytes.Repeat([]byte{0, 1, 2, 255}, 1000), "no column for"},
		{"words.csv", []byte("hello,world\n1,2\n"), `"hello,world" is neither a header nor a row`},
		{"garbage.jsonl", []byte("hello\nworld\n"), `"hello" is neither a header nor a row`},
		{"what.pdf", []byte("%PDF"), `"%PDF" is neither a header nor a row`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, dir, c.name, c.data)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			tapes, report, err := Data{Paths: []string{path}}.Collect(t.Context(), 2)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), path) {
				t.Fatalf("error %v, want %q; %s", err, c.want, show(tapes))
			}
			for i := range tapes {
				report.Errors[tapes[i].Key.Symbol] = tapes[i].Err
			}
			if len(report.Errors) != 1 {
				t.Errorf("report %v", report.Errors)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 && !strings.HasPrefix(c.name, "bomb") {
				t.Errorf("%d MiB allocated", used>>20)
			}
		})
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOneBadFileAmongMany lists what cannot be read, and reads the rest.
func TestOneBadFileAmongMany(t *testing.T) {
	dir := t.TempDir()
	good := []byte("timestamp,open,high,low,close\n2024-01-01,1,1,1,1\n2024-01-02,1,1,1,1\n")
	for i := range 300 {
		text := good
		name := fmt.Sprintf("S%03d.csv", i)
		switch {
		case i%30 == 1:
			text = nil
		case i%30 == 2:
			text = []byte("no candles here\n")
		case i%30 == 3:
			name, text = name+".gz", gzipped(t, good)[:30]
		}
		write(t, dir, name, text)
	}
	tapes, report := collect(t, Data{Paths: []string{filepath.Join(dir, "*"), filepath.Join(dir, "missing.csv")}})
	bad := 0
	for i := range tapes {
		if tapes[i].Err != nil {
			bad++
		} else if tapes[i].Block.Len() != 2 {
			t.Errorf("%s has %d candles", tapes[i].Key, tapes[i].Block.Len())
		}
	}
	if len(tapes)-bad != 270 || len(report.Errors)+bad != 31 {
		t.Fatalf("%d good series, %d bad, %d errors: %v", len(tapes)-bad, bad, len(report.Errors), report.Errors)
	}
	if err := report.Errors[filepath.Join(dir, "S001.csv")]; !errors.Is(err, errEmpty) {
		t.Errorf("S001: %v", err)
	}
}

// TestNothingToRead tells empty files from such that are no history, and from
// missing ones.
func TestNothingToRead(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name        string
		path        string
		stdin       string
		undecodable bool
		fails       bool
	}{
		{name: "empty", path: write(t, dir, "empty.csv", nil), fails: true},
		{name: "header", path: write(t, dir, "header.csv", []byte("ts,open,high,low,close\n")), fails: true},
		{name: "empty stdin", path: "-", fails: true},
		{name: "missing", path: filepath.Join(dir, "missing.csv"), fails: true},
		{name: "glob", path: filepath.Join(dir, "*.parquet"), fails: true},
		{name: "directory", path: dir, fails: true},
		{name: "words", path: "-", stdin: "hello\n", fails: true, undecodable: true},
	} {
		_, _, err := Data{Paths: []string{c.path}, Stdin: strings.NewReader(c.stdin)}.Collect(t.Context(), 1)
		if (err != nil) != c.fails || errors.Is(err, ErrUndecodable) != c.undecodable {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestSelection takes ranges, symbols and timeframes out of a file.
func TestSelection(t *testing.T) {
	dir := t.TempDir()
	text := "symbol,timestamp,open,high,low,close,volume\n"
	for _, symbol := range []string{"BTC1", "BTC2", "ETH"} {
		for i := range 60 {
			text += fmt.Sprintf("%s,%d,%d,%d,%d,%d,1\n", symbol, 1704067200+60*i, i+1, i+1, i+1, i+1)
		}
	}
	path := write(t, dir, "m.csv", []byte(text))
	at := func(minute int64) int64 { return (1704067200 + 60*minute) * 1e9 }
	tf, err := candle.ParseTimeframe("15m")
	if err != nil {
		t.Fatal(err)
	}
	fine, err := candle.ParseTimeframe("10s")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		d    Data
		want string
	}{
		"symbols": {Data{Symbols: []string{"BTC*"}, From: at(10), To: at(12)}, "BTC1 1m 2 1704067800:11,11,11,11,1 " +
			"1704067860:12,12,12,12,1\nBTC2 1m 2 1704067800:11,11,11,11,1 1704067860:12,12,12,12,1\n"},
		"one": {
			Data{Symbols: []string{"ETH", "NO"}, From: at(59)},
			"ETH 1m 1 1704070740:60,60,60,60,1 1704070740:60,60,60,60,1\n",
		},
		"none": {Data{Symbols: []string{"ETH"}, From: at(70)}, "ETH 1m 0\n"},
		"higher": {
			Data{Symbols: []string{"ETH"}, Timeframe: tf},
			"ETH 15m 4 1704067200:1,15,1,15,15 1704069900:46,60,46,60,15\n",
		},
		"range": {
			Data{Symbols: []string{"ETH"}, Timeframe: tf, From: at(1), To: at(16)},
			"ETH 15m 1 1704068100:16,30,16,30,15 1704068100:16,30,16,30,15\n",
		},
		"finer": {Data{Symbols: []string{"ETH"}, Timeframe: fine}, "ETH 10s 0 error\n"},
	} {
		c.d.Paths = []string{path}
		tapes, _ := collect(t, c.d)
		if got := show(tapes); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", name, got, c.want)
		}
	}
}

// TestReaderThatFails passes the error of standard input on.
func TestReaderThatFails(t *testing.T) {
	broken := errors.New("the pipe is broken")
	r := io.MultiReader(strings.NewReader(twoSeries), &failing{broken})
	_, _, err := Data{Paths: []string{"-"}, Stdin: r}.Collect(t.Context(), 1)
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// TestStuckPipe gives up a pipe that gives nothing, after a while or as soon as
// it is told to, before the first byte and in the middle.
func TestStuckPipe(t *testing.T) {
	for _, head := range []string{"", twoSeries} {
		r, w := io.Pipe()
		go io.WriteString(w, head)
		_, _, err := Data{Paths: []string{"-"}, Stdin: r, Stall: 20 * time.Millisecond}.Collect(t.Context(), 1)
		if err == nil || !strings.Contains(err.Error(), "nothing came for 20ms") {
			t.Errorf("stuck: %v", err)
		}
		w.Close()

		r, w = io.Pipe()
		go io.WriteString(w, head)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, _, err = Data{Paths: []string{"-"}, Stdin: r}.Collect(ctx, 1)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		w.Close()
	}
	path := filepath.Join(t.TempDir(), "fifo.csv")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	_, _, err := Data{Paths: []string{path}, Stall: 20 * time.Millisecond}.Collect(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "nothing came for 20ms") {
		t.Errorf("a pipe that nobody writes to: %v", err)
	}
}

// TestBarsBefore1970 reads and aggregates the early bars of an index.
func TestBarsBefore1970(t *testing.T) {
	text := "Date,Open,High,Low,Close\n"
	day := time.Date(1871, time.January, 2, 0, 0, 0, 0, time.UTC)
	for i := range 21 { // three weeks from a Monday on
		text += fmt.Sprintf("%s,%d,%d,1,%d\n", day.AddDate(0, 0, i).Format(time.DateOnly), 1+i, 2+i, 1+i)
	}
	tf, err := candle.ParseTimeframe("1w")
	if err != nil {
		t.Fatal(err)
	}
	tapes, report := collect(t, Data{Paths: []string{write(t, t.TempDir(), "SPX.csv", []byte(text))}, Timeframe: tf})
	want := fmt.Sprintf("SPX 1w 3 %d:1,8,1,7,0 %d:15,22,1,21,0\n", day.Unix(), day.AddDate(0, 0, 14).Unix())
	if got := show(tapes); got != want || len(report.LeftOut) > 0 {
		t.Errorf("got %swant %s%v", got, want, report)
	}
}
