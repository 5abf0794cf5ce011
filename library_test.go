package streamd_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"streamd"
)

// A program of another module builds against this one and prints the bytes that the command writes.
func TestEmbed(t *testing.T) {
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source, err := os.ReadFile(filepath.Join("examples", "embed", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile(filepath.Join("examples", "embed", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.go"), source)
	write(t, filepath.Join(dir, "go.sum"), sums)
	write(t, filepath.Join(dir, "go.mod"), bytes.ReplaceAll(module, []byte("../.."), []byte(root)))
	data := filepath.Join(dir, "SAW.csv")
	write(t, data, saw(400))

	run(t, dir, "go", "build", "-mod=mod", "-o", "embed", ".")
	run(t, root, "go", "build", "-o", filepath.Join(dir, "streamd"), "./cmd/streamd")
	got := run(t, dir, "./embed", data)
	want := run(t, dir, "./streamd", "scan", "close > sma(close, 20) and rsi(close, 14) > 60", "--data", data, "-o", "jsonl")
	if len(want) == 0 || !bytes.Equal(got, want) {
		t.Errorf("the library's matches are not those of the command:\n%.600s\nwant:\n%.600s", got, want)
	}
}

// saw is daily candles of a price that climbs with falls in between.
func saw(bars int) []byte {
	var b bytes.Buffer
	b.WriteString("timestamp,open,high,low,close,volume\n")
	for i := range bars {
		price := 100 + float64(i)/10 + 5*math.Sin(float64(i)/7)
		day := time.Date(2020, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		fmt.Fprintf(&b, "%s,%.2f,%.2f,%.2f,%.2f,%d\n", day, price, price+1, price-1, price+0.5, 1000+i)
	}
	return b.Bytes()
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run returns what a command prints.
func run(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOPROXY=off")
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errors.String())
	}
	return out
}

// Wrong use is an error that says what is wrong; nothing panics.
func TestWrongUse(t *testing.T) {
	for _, c := range []struct {
		want   string
		name   string
		params []any
	}{
		{`unknown indicator "rsy"`, "rsy", nil},
		{"rsi takes at most 1 parameters, found 2", "rsi", []any{14, 3}},
		{"timeperiod 0 is outside 2", "rsi", []any{0}},
		{"timeperiod 2.5 is not a whole number", "rsi", []any{2.5}},
		{`parameter timeperiod: found the text "14"`, "rsi", []any{"14"}},
		{"found a bool", "rsi", []any{true}},
		{"found a <nil>", "rsi", []any{nil}},
		{"NaN is outside", "rsi", []any{math.NaN()}},
	} {
		if _, err := streamd.Indicator(c.name, c.params...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s%v: %v, want %s", c.name, c.params, err, c.want)
		}
	}
	atr, err := streamd.Indicator("atr", 14)
	if err != nil {
		t.Fatal(err)
	}
	if y := atr.Next(1); y == y || atr.Err() == nil || !strings.Contains(atr.Err().Error(), "atr takes 3 inputs a bar (high, low, close), found 1") {
		t.Errorf("one input of three: %v, %v", y, atr.Err())
	}
	if y := atr.Series([]float64{1}, []float64{1, 2}, nil); y != nil {
		t.Errorf("columns of unequal length: %v", y)
	}
	var zero streamd.Function
	if y := zero.Next(1); y == y || zero.Err() == nil || zero.Series() != nil {
		t.Errorf("the zero Function: %v, %v", y, zero.Err())
	}
	zero.Reset()
	var none streamd.Engine
	if m, err := none.Push(daily("A", 0, 1)); m != nil || err != nil {
		t.Errorf("the zero Engine: %v, %v", m, err)
	}
	var match streamd.Match
	if match.Rule() != "" || match.ID() != "" || len(match.Values()) != 0 || string(match.JSON()) != "null" {
		t.Error("the zero Match")
	}
	if _, err := new(streamd.Formula).Values([]streamd.Candle{daily("A", 0, 1)}); err == nil {
		t.Error("the zero Formula has values")
	}
}

func TestEngineErrors(t *testing.T) {
	_, err := streamd.NewEngine(
		streamd.Rule{Name: "a", Expression: "close >"}, streamd.Rule{Name: "b", Expression: "close > 1", Timeframes: []string{"7x"}},
		streamd.Rule{Name: "c", Expression: "close"}, streamd.Rule{Expression: "close > 1"},
	)
	var syntax *streamd.SyntaxError
	if !errors.As(err, &syntax) || syntax.Text != "close >" {
		t.Errorf("no SyntaxError in %v", err)
	}
	for _, want := range []string{"rule a: ", "rule b: ", "rule c: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	engine, err := streamd.NewEngine(streamd.Rule{Name: "a", Expression: "close > 0"})
	if err != nil {
		t.Fatal(err)
	}
	good := daily("A", 1, 10)
	for _, c := range []struct {
		reason string
		spoil  func(c *streamd.Candle)
	}{
		{"nan", func(c *streamd.Candle) { c.Close = math.NaN() }},
		{"high_below_low", func(c *streamd.Candle) { c.High = 1 }},
		{"time_out_of_range", func(c *streamd.Candle) { c.Time = time.Time{} }},
		{"time_out_of_range", func(c *streamd.Candle) { c.Time = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"unknown_timeframe", func(c *streamd.Candle) { c.Timeframe = "" }},
		{"symbol_empty", func(c *streamd.Candle) { c.Symbol = "" }},
		{"", func(*streamd.Candle) {}},
		{"duplicate", func(*streamd.Candle) {}},
		{"correction", func(c *streamd.Candle) { c.Volume++ }},
		{"late", func(c *streamd.Candle) { c.Time = c.Time.AddDate(0, 0, -1) }},
	} {
		bad := good
		c.spoil(&bad)
		matches, err := engine.Push(bad)
		var invalid *streamd.Invalid
		switch errors.As(err, &invalid); {
		case c.reason == "" && (err != nil || len(matches) != 1):
			t.Errorf("the good candle: %v, %v", matches, err)
		case c.reason != "" && (invalid == nil || invalid.Reason != c.reason || matches != nil):
			t.Errorf("%s: %v, %v", c.reason, matches, err)
		}
	}
}

// Next is what Series is, bar by bar, and allocates nothing.
func TestNextIsSeries(t *testing.T) {
	for _, name := range []string{"sma", "mom", "highest", "stddev", "wma"} {
		f, err := streamd.Indicator(name, 20)
		if err != nil {
			t.Fatal(err)
		}
		prices := make([]float64, 300)
		for i := range prices {
			prices[i] = 100 + 10*math.Sin(float64(i))
		}
		prices[150] = math.NaN()
		want := f.Series(prices)
		for i, x := range prices {
			if y := f.Next(x); math.Float64bits(y) != math.Float64bits(want[i]) && (y == y || want[i] == want[i]) {
				t.Fatalf("%s: bar %d: Next %v, Series %v", name, i, y, want[i])
			}
		}
		if n := testing.AllocsPerRun(100, func() { f.Next(100) }); n != 0 {
			t.Errorf("%s: Next allocates %v times", name, n)
		}
	}
}
