package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestOutcomesAreTheStatistics compares the outcomes that `replay` writes, which are those of `run`, with what
// `scan --stats` says of the same formulas and candles: three days of real minutes of four symbols.
func TestOutcomesAreTheStatistics(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("config.yaml"), []byte(`
kafka: {brokers: ["127.0.0.1:1"], group: g, topics: [{name: candles, timeframe: 1m}], signals: signals}
formulas:
  - {name: low, expression: "rsi(close, 5) < 20", mode: edge, signal_type: ENTRY}
  - {name: high, expression: "close > highest(high, 20)[1]", cooldown: 3}
  - {name: out, expression: "crossunder(close, ema(close, 10))", signal_type: EXIT}
outcomes: {after: [1, 7, 30], topic: outcomes}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"replay", "-c", at("config.yaml"), "-o", at("signals.jsonl"), "--outcomes", at("outcomes.jsonl")},
		{"scan", "-f", at("config.yaml"), "--stats", "--summary", at("summary.json"), "-o", at("matches.jsonl")},
	} {
		c := root()
		c.SetArgs(append(args, "--data", "sample/crypto-minute.csv.gz"))
		c.SetOut(io.Discard)
		c.SetErr(io.Discard)
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	type sum struct{ count, mean, hits float64 }
	live := map[string]*sum{}
	file, err := os.Open(at("outcomes.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var o struct {
			Formula string
			After   int
			Return  float64
		}
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(o.Formula, o.After)
		if live[key] == nil {
			live[key] = &sum{}
		}
		live[key].count++
		live[key].mean += o.Return
		if o.Return > 0 {
			live[key].hits++
		}
	}
	raw, err := os.ReadFile(at("summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var summary struct {
		Statistics []struct {
			Formula string
			Total   []struct {
				Bars    int
				Count   float64
				Mean    float64 `json:"mean_return"`
				HitRate float64 `json:"hit_rate"`
			}
		}
	}
	if err := json.Unmarshal(raw, &summary); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, f := range summary.Statistics {
		for _, want := range f.Total {
			got := live[fmt.Sprint(f.Formula, want.Bars)]
			if got == nil || got.count != want.Count || want.Count < 100 {
				t.Fatalf("%s after %d: %v outcomes, the statistics have %v", f.Formula, want.Bars, got, want.Count)
			}
			for _, pair := range [][2]float64{{got.mean / got.count, want.Mean}, {got.hits / got.count, want.HitRate}} {
				if math.Abs(pair[0]-pair[1]) > 1e-9*math.Abs(pair[1]) {
					t.Errorf("%s after %d: %v, the statistics have %v", f.Formula, want.Bars, pair[0], pair[1])
				}
			}
			compared++
		}
	}
	if compared != 9 {
		t.Errorf("%d comparisons, want 9", compared)
	}
}
