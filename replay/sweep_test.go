package replay

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"streamd/formula"
	"streamd/stream"
)

var crossing = []stream.Formula{
	{
		Name: "entry", Expression: "param fast = 5\nparam slow = 20\ncrossover(sma(close, fast), sma(close, slow))",
		Signal: stream.Entry,
	},
	{
		Name: "exit", Expression: "param fast = 5\nparam slow = 20\ncrossunder(sma(close, fast), sma(close, slow))",
		Signal: stream.Exit,
	},
}

var crossingAxes = []Axis{{"fast", []formula.ParamSetting{"3", "5", "8"}}, {"slow", []formula.ParamSetting{"20", "30"}}}

// TestSweepIsManyBacktests holds every row of a sweep to a backtest of its own,
// to the bit.
func TestSweepIsManyBacktests(t *testing.T) {
	d := walks(t, 6, 600)
	rules := &TradingRules{Side: Long, Cash: 1000, Size: 1, Fee: 0.001, Stop: 0.1}
	s, _, err := RunSweep(t.Context(), &Job{Data: d, Formulas: crossing, Workers: 3}, rules, crossingAxes, "sharpe", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rows) != 6 || s.Symbols != 6 || len(s.WalkForward) != 0 {
		t.Fatalf("%d rows, %d symbols", len(s.Rows), s.Symbols)
	}
	for i, row := range s.Rows {
		if i > 0 && better(float64(s.Rows[i-1].Stats.Sharpe), float64(row.Stats.Sharpe)) > 0 {
			t.Errorf("row %d is better than the one before", i)
		}
		own := slices.Clone(crossing)
		for k := range own {
			own[k].Params = row.Params
		}
		b, _, err := RunBacktest(t.Context(), &Job{Data: d, Formulas: own}, rules)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(row.Stats)
		want, _ := json.Marshal(b.Stats)
		if string(got) != string(want) {
			t.Errorf("%v:\n%s, alone\n%s", row.Params, got, want)
		}
	}
}

// TestWalkForward trades on each part what was best on the one before it.
func TestWalkForward(t *testing.T) {
	d := walks(t, 3, 1000)
	rules := &TradingRules{Side: Long, Cash: 1000, Size: 1}
	j := &Job{Data: d, Formulas: crossing, Workers: 2}
	s, _, err := RunSweep(t.Context(), j, rules, crossingAxes, "return", 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.WalkForward) != 3 {
		t.Fatalf("%d folds", len(s.WalkForward))
	}
	growth := 1.0
	for i, f := range s.WalkForward {
		if i > 0 && !f.TrainFrom.After(s.WalkForward[i-1].TrainFrom) || !f.TestFrom.After(f.TrainFrom) ||
			!f.TestTo.After(f.TestFrom) {
			t.Errorf("fold %d: %v, %v, %v", i, f.TrainFrom, f.TestFrom, f.TestTo)
		}
		growth *= 1 + float64(f.Test.Return)
		if i > 0 && reflect.DeepEqual(f.Params, s.WalkForward[i-1].Params) {
			// What was tested on a part is what training on it saw.
			if prev := s.WalkForward[i-1].Test.Return; prev != f.Train.Return {
				t.Errorf("fold %d trains on %v, the test before gave %v", i, f.Train.Return, prev)
			}
		}
	}
	if float64(s.TestReturn) != growth-1 {
		t.Errorf("return %v, the folds give %v", s.TestReturn, growth-1)
	}
}

// TestSweepScanIsManyScans holds every row to a scan of its own.
func TestSweepScanIsManyScans(t *testing.T) {
	d := walks(t, 5, 400)
	f := []stream.Formula{{Name: "low", Expression: "param n = 14\nparam level = 30\nrsi(close, n) < level"}}
	axes := []Axis{{"n", []formula.ParamSetting{"2", "7", "14"}}, {"level", []formula.ParamSetting{"20", "40"}}}
	rows, _, _, err := SweepScan(t.Context(), &Job{Data: d, Formulas: f, Workers: 2, Statistics: true}, axes)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		own := slices.Clone(f)
		own[0].Params = row.Params
		j := &Job{Data: d, Formulas: own, Statistics: true}
		results, _, err := Scan(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		totals := Aggregate(results, "")
		if row.Matches != totals.Total || row.SymbolsWithMatches != totals.SymbolsWithMatches || i > 0 &&
			row.Matches > rows[i-1].Matches {
			t.Errorf("%+v: alone %d matches of %d symbols", row, totals.Total, totals.SymbolsWithMatches)
		}
		if got, want := row.Outcomes[1].Count, Statistics(results, j)[0].Total[1].Count; got != want {
			t.Errorf("%v: %d outcomes, alone %d", row.Params, got, want)
		}
	}
}

// TestSweepLimits refuses what would not end or has no order.
func TestSweepLimits(t *testing.T) {
	j := &Job{Data: walks(t, 1, 30), Formulas: crossing}
	rules := &TradingRules{Side: Long, Cash: 1000, Size: 1}
	many := Axis{Name: "fast", Values: slices.Repeat([]formula.ParamSetting{"5"}, 101)}
	if _, _, err := RunSweep(t.Context(), j, rules, []Axis{many, many}, "sharpe", 0); err == nil ||
		!strings.Contains(err.Error(), "combinations") {
		t.Errorf("10,201 combinations: %v", err)
	}
	if _, _, err := RunSweep(t.Context(), j, rules, crossingAxes, "luck", 0); err == nil ||
		!strings.Contains(err.Error(), "sharpe") {
		t.Errorf("sorted by luck: %v", err)
	}
}
