package history

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"streamd/history/layout"
)

// TestKinds reads small files of the shapes that vendors, exchanges, spreadsheets and libraries write, a folder of
// testdata/kinds for each: the bars are those of want.csv, or the files are refused with the words of refused.txt.
// What the files do not tell is in layout.yaml, or in a preset that the file of that name names.
func TestKinds(t *testing.T) {
	folders, err := filepath.Glob("testdata/kinds/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no kinds: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			d := kindOf(t, folder)
			tapes, report, err := d.Collect(t.Context(), 1)
			for _, e := range report.Errors {
				err = errors.Join(err, e)
			}
			for i := range tapes {
				err = errors.Join(err, tapes[i].Err)
			}
			if words, ok := textOf(t, filepath.Join(folder, "refused.txt")); ok {
				if !errors.Is(err, ErrUndecodable) && !errors.Is(err, errEmpty) || !strings.Contains(err.Error(), words) {
					t.Fatalf("want an error with %q, got %v and %d series", words, err, len(tapes))
				}
				return
			}
			want, ok := textOf(t, filepath.Join(folder, "want.csv"))
			if !ok || err != nil {
				t.Fatalf("want.csv: %t, error %v", ok, err)
			}
			compareBars(t, tapes, strings.Split(want, "\n"))
		})
	}
}

// kindOf says how the files of a folder are read.
func kindOf(t *testing.T, folder string) Data {
	t.Helper()
	d := Data{Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()}
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		switch e.Name() {
		case "want.csv", "refused.txt", "layout.yaml", "preset":
			return err
		}
		if !e.IsDir() {
			d.Paths = append(d.Paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if name, ok := textOf(t, filepath.Join(folder, "preset")); ok {
		if d.Layout, ok = layout.Preset(name); !ok {
			t.Fatalf("no preset %q", name)
		}
	}
	if text, ok := textOf(t, filepath.Join(folder, "layout.yaml")); ok {
		var said layout.FileLayout
		if err := yaml.Unmarshal([]byte(text), &said); err != nil {
			t.Fatal(err)
		}
		d.Layout = d.Layout.Over(said)
	}
	return d
}

func textOf(t *testing.T, path string) (string, bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text)), err == nil
}

// compareBars compares series with lines of symbol, time, open, high, low, close and volume.
func compareBars(t *testing.T, tapes []Tape, want []string) {
	t.Helper()
	var got []string
	var numbers [][]float64
	for _, tape := range tapes {
		for i := range tape.Block.Len() {
			c := tape.Block.At(i)
			got = append(got, tape.Key.Symbol+","+time.Unix(0, c.Time).UTC().Format(time.RFC3339))
			numbers = append(numbers, []float64{c.Open, c.High, c.Low, c.Close, c.Volume})
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d bars, want %d", len(got), len(want))
	}
	for i, line := range want {
		cells := strings.Split(line, ",")
		key := strings.Join(cells[:len(cells)-5], ",")
		if got[i] != key {
			t.Fatalf("bar %d: %s, want %s", i, got[i], key)
		}
		for k, cell := range cells[len(cells)-5:] {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(v-numbers[i][k]) > 1e-12*math.Abs(v) {
				t.Fatalf("bar %d: %s, want %s", i, fmt.Sprint(numbers[i]), line)
			}
		}
	}
}
