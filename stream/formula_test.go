package stream

import (
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/formula"
)

// A setting out of its limits is named, and the others of the set are judged all the same.
func TestSettings(t *testing.T) {
	good := Formula{Name: "good", Expression: "close > 1"}
	for _, c := range []struct {
		setting string
		change  func(*Formula)
	}{
		{"name", func(f *Formula) { f.Name = "" }},
		{"name", func(f *Formula) { f.Name = strings.Repeat("x", NameBytesMax+1) }},
		{"name", func(f *Formula) { f.Name = "a\nb" }},
		{"name", func(f *Formula) { f.Name = "\xff" }},
		{"name", func(f *Formula) { f.Name = "good" }},
		{"expression", func(f *Formula) { f.Expression = " \n" }},
		{"symbols", func(f *Formula) { f.Symbols = []string{"A*", ""} }},
		{"signal_type", func(f *Formula) { f.Signal = "BUY" }},
		{"mode", func(f *Formula) { f.Mode = "sometimes" }},
		{"for", func(f *Formula) { f.For = -1 }},
		{"cooldown", func(f *Formula) { f.Cooldown = BarsMax + 1 }},
		{"min_bars", func(f *Formula) { f.MinBars = -1 }},
		{"symbols", func(f *Formula) { f.Symbols = []string{"A*", "*\xff"} }},
		{"symbols", func(f *Formula) { f.Symbols = []string{strings.Repeat("*", PatternBytesMax+1)} }},
	} {
		bad := Formula{Name: "bad", Expression: "close > 1"}
		c.change(&bad)
		rules, problems := NewRules(RulesConfig{Formulas: []Formula{good, bad}})
		if rules != nil || len(problems) != 1 || problems[0].Setting != c.setting || problems[0].Err == nil {
			t.Errorf("%+v: %v", bad, problems)
		}
	}
}

// A named indicator is called what formulas can write, and is shown once.
func TestIndicatorNames(t *testing.T) {
	for _, name := range []string{"", "a b", "a.b", "1x", "x(", "é", "and", "close", "true", "tf", "hl2", "hour"} {
		_, problems := NewRules(RulesConfig{Indicators: []formula.Named{{Name: name, Expression: "sma(close, 2)"}}})
		if len(problems) != 1 || problems[0].Index >= 0 || problems[0].Err == nil {
			t.Errorf("%q: %v", name, problems)
		}
	}
	rules, problems := NewRules(RulesConfig{
		Indicators: []formula.Named{
			{Name: "sma_20", Expression: "sma(close, 2)"},
			{Name: "sma", Expression: "sma(close, 3)"},
		},
		Formulas: []Formula{{Name: "f", Expression: "close > sma_20 - 5 and close > sma - 5"}},
	})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	engine, out := New(rules, Options{}), Effects{}
	s := engine.Series(candle.Series{Symbol: "A", Timeframe: minute(t)})
	for i := range 3 {
		engine.PushSeries(s, candle.Candle{
			Time: int64(i) * int64(time.Minute), Open: 2, High: 9, Low: 2,
			Close: 2 + float64(i), Volume: 1,
		}, true, &out)
	}
	if len(out.Matches) != 1 || !strings.Contains(string(out.Matches[0].AppendJSON(nil)),
		`"indicator_values":{"sma":3,"sma_20":3.5},`) {
		t.Errorf("%d matches, %s", len(out.Matches), out.Matches[0].AppendJSON(nil))
	}
}
