package stream

import (
	"strings"
	"testing"
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
