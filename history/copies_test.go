package history

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/history/layout"
	"streamd/stream"
)

// copiesIn opens a folder of copies.
func copiesIn(t *testing.T, folder string, most int64) *Copies {
	t.Helper()
	c, err := OpenCopies(folder, "test", most)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dailyFile writes rows of daily bars from a price on.
func dailyFile(t *testing.T, path string, bars int, price float64) {
	t.Helper()
	var b strings.Builder
	b.WriteString("date,open,high,low,close,volume\n")
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range bars {
		p := price + float64(i)
		fmt.Fprintf(&b, "%s,%v,%v,%v,%v,%d\n", at.AddDate(0, 0, i).Format(time.DateOnly), p, p+1, p-1, p, i)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readBoth reads data without copies and with them, and returns the use of the latter.
func readBoth(t *testing.T, d Data, c *Copies) CopyUse {
	t.Helper()
	want, report, err := d.Collect(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	d.Copies = c
	got, own, err := d.Collect(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(bars(got), bars(want)) {
		t.Errorf("from copies:\n%v\nwant\n%v", bars(got), bars(want))
	}
	if !reflect.DeepEqual(own.LeftOut, report.LeftOut) || !reflect.DeepEqual(own.Notes, report.Notes) ||
		!reflect.DeepEqual(own.Files, report.Files) {
		t.Errorf("report from copies:\n%+v\nwant\n%+v", own, report)
	}
	return own.Copies
}

// bars makes text of tapes.
func bars(tapes []Tape) []string {
	var all []string
	for i := range tapes {
		t := &tapes[i]
		for k := range t.Block.Len() {
			all = append(all, fmt.Sprint(t.Key, t.First, t.Block.At(k), t.Forming))
		}
	}
	return all
}

// copiedFile is the only copy in a folder.
func copiedFile(t *testing.T, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*"+copySuffix))
	if err != nil || len(found) != 1 {
		t.Fatalf("copies %q, %v: want one", found, err)
	}
	return found[0]
}

func TestCopies(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache")
	file := filepath.Join(t.TempDir(), "AAPL.csv")
	dailyFile(t, file, 20_000, 10)
	d := Data{Paths: []string{file}}
	use := func(d Data) CopyUse { return readBoth(t, d, copiesIn(t, folder, 0)) }

	if u := use(d); u.Written != 1 || u.Read != 0 {
		t.Errorf("first: %+v", u)
	}
	path := copiedFile(t, folder)
	if u := use(d); u.Written != 0 || u.Read != 1 || u.ReadBytes < 20_000*runBytes {
		t.Errorf("again: %+v", u)
	}
	part := d
	part.From, part.To = 1600000000e9, 1610000000e9
	part.Cold = true
	part.Timeframe, _ = candle.ParseTimeframe("1w")
	if u := use(part); u.Written != 0 || u.Read != 1 {
		t.Errorf("a range of a higher timeframe: %+v", u)
	}
	moved := filepath.Join(t.TempDir(), "AAPL.csv")
	if err := os.Rename(file, moved); err != nil {
		t.Fatal(err)
	}
	d.Paths = []string{moved}
	if u := use(d); u.Written != 0 || u.Read != 1 {
		t.Errorf("in another folder: %+v", u)
	}
	zoned := d
	zoned.Layout = layout.FileLayout{Timezone: "America/New_York"}
	if u := use(zoned); u.Written != 1 || u.Read != 0 {
		t.Errorf("of another zone: %+v", u)
	}
	for _, damage := range []int64{3, 1000, -200, -6} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := damage
		if at < 0 {
			at += int64(len(text))
		}
		text[at] ^= 0x10
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if u := use(d); u.Written != 1 {
			t.Errorf("damaged at %d: %+v", damage, u)
		}
		if u := use(d); u.Written != 0 || u.Read != 1 {
			t.Errorf("mended at %d: %+v", damage, u)
		}
	}
	dailyFile(t, moved, 20_000, 11)
	if u := use(d); u.Written != 1 || u.Read != 0 {
		t.Errorf("with other prices: %+v", u)
	}
}

// Copies make room for others, those that were used longest ago first, but not for those of the same run.
func TestCopiesBound(t *testing.T) {
	folder, files := filepath.Join(t.TempDir(), "cache"), t.TempDir()
	const each = 100*runBytes + 2000 // a copy and its index, at most
	d := Data{}
	for i := range 5 {
		path := filepath.Join(files, fmt.Sprintf("S%d.csv", i))
		dailyFile(t, path, 100, float64(10*i+10))
		d.Paths = append(d.Paths, path)
	}
	use := func(i, j int) CopyUse {
		t.Helper()
		return readBoth(t, Data{Paths: d.Paths[i:j]}, copiesIn(t, folder, 2*each))
	}
	steps := []struct{ from, to, read, written int }{
		{0, 1, 0, 1},
		{1, 2, 0, 1},
		{2, 3, 0, 1}, // in the place of the first
		{1, 2, 1, 0},
		{0, 1, 0, 1}, // in the place of the third
		{1, 2, 1, 0},
		{2, 3, 0, 1},
	}
	for i, s := range steps {
		if u := use(s.from, s.to); u.Read != s.read || u.Written != s.written {
			t.Errorf("step %d: %+v", i, u)
		}
		age(t, folder)
	}
	all := d
	all.Copies = copiesIn(t, folder, 2*each)
	_, report, err := all.Collect(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for _, notes := range report.Notes {
		full += strings.Count(strings.Join(notes, "\n"), errFull.Error())
	}
	if u := report.Copies; u.Read+u.Written != 2 || full != 3 {
		t.Errorf("five files where two fit: %+v, notes %q", u, report.Notes)
	}
	if u := readBoth(t, Data{Paths: d.Paths[:1]}, copiesIn(t, folder, 1)); u != (CopyUse{}) {
		t.Errorf("a file beyond the bound: %+v", u)
	}
}

// age makes the copies in a folder an hour older.
func age(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		at := info.ModTime().Add(-time.Hour)
		if err := os.Chtimes(filepath.Join(folder, e.Name()), at, at); err != nil {
			t.Fatal(err)
		}
	}
}

// A copy that another run removes is written again.
func TestCopiesRemoved(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache")
	path := filepath.Join(t.TempDir(), "AAPL.csv")
	dailyFile(t, path, 100, 10)
	d := Data{Paths: []string{path}, Copies: copiesIn(t, folder, 0)}
	in := newInput(path)
	in.path = path
	c, err := contentsOf(context.Background(), &d, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(copiedFile(t, folder)); err != nil {
		t.Fatal(err)
	}
	r, err := c.units[0].open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	var block stream.Block
	if _, err := r.read(&c.units[0].runs[0], &block); err != nil || block.Len() != 100 {
		t.Errorf("%d bars, %v: want 100", block.Len(), err)
	}
}

// Series that take turns, rows that are left out and candles that are still forming are in a copy as they were read.
func TestCopiesOfLines(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache")
	lines := filepath.Join(t.TempDir(), "all.jsonl")
	var b strings.Builder
	for i := range 50 {
		fmt.Fprintf(&b, `{"symbol":"S%d","timeframe":"1m","timestamp":%d,"open":1,"high":2,"low":%d,"close":1,"volume":%d,`+
			`"closed":%v}`+"\n", i%3, 1700000040+60*i, i/49*3, i, i < 48)
	}
	if err := os.WriteFile(lines, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d := Data{Paths: []string{lines}, Forming: true}
	for i, want := range []CopyUse{{Written: 1}, {Read: 1}} {
		u := readBoth(t, d, copiesIn(t, folder, 0))
		if u.Written != want.Written || u.Read != want.Read {
			t.Errorf("run %d: %+v", i, u)
		}
	}
	d.Symbols = []string{"S1"}
	if u := readBoth(t, d, copiesIn(t, folder, 0)); u.Written != 1 {
		t.Errorf("of one symbol: %+v", u)
	}
}
