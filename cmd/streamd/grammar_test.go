package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"streamd/formula"
	"streamd/incremental/catalog"
)

func grammarOf(t *testing.T, args ...string) []byte {
	t.Helper()
	c := root()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetArgs(append([]string{"functions"}, args...))
	if err := c.Execute(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What an editor is told of a function is what the compiler takes: every one can
// be called as its description says.
func TestGrammarDescribesWhatCompiles(t *testing.T) {
	var g formula.Reference
	if err := json.Unmarshal(grammarOf(t, "-o", "json"), &g); err != nil {
		t.Fatal(err)
	}
	b := formula.NewBuilder(formula.Env{
		Table: catalog.New(), Named: formula.NamedDefaults(), LookbackMax: 5000, Others: true,
	})
	for _, f := range g.Functions {
		var args []string
		for _, s := range f.Series {
			args = append(args, map[string]string{"number": "close", "condition": "close > open"}[s])
		}
		written := !strings.Contains(f.Signature, "(") // a word, as tr
		for _, p := range f.Params {
			value, err := json.Marshal(p.Default)
			switch {
			case err != nil:
				t.Fatal(err)
			case p.Required && p.Type == "string" && f.Name == "session":
				value = []byte(`"09:30-16:00"`)
			case p.Required && p.Min != nil:
				value, _ = json.Marshal(max(*p.Min, 2))
			}
			args = append(args, p.Name+"="+string(value))
		}
		text := f.Name
		if !written {
			text += "(" + strings.Join(args, ", ") + ")"
		}
		switch f.Name { // those whose series stands last, and without names
		case "tf":
			text = `tf("1h", close)`
		case "sym":
			text = `sym("SPY", close)`
		}
		c, d := b.Add(text)
		if len(d) > 0 {
			t.Errorf("%s: %s", text, d.Render(text))
			continue
		}
		if f.Lookback != nil && len(f.Series) <= 1 && c.Lookback != *f.Lookback {
			t.Errorf("%s: lookback %d, described as %d", text, c.Lookback, *f.Lookback)
		}
		for _, o := range f.Outputs[1:] {
			for _, name := range append(o.Aliases, o.Name) {
				if _, d := b.Add(text + "." + name); len(d) > 0 {
					t.Errorf("%s.%s: %v", text, name, d)
				}
			}
		}
	}
	if len(g.Functions) < 250 {
		t.Errorf("%d functions", len(g.Functions))
	}
}

func TestFunctionsAreListedByGroupOnce(t *testing.T) {
	var groups []string
	for line := range strings.Lines(string(grammarOf(t))) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, " ") {
			groups = append(groups, line)
		}
	}
	sorted := slices.Clone(groups)
	slices.Sort(sorted)
	if len(groups) < 10 || len(slices.Compact(sorted)) != len(groups) {
		t.Errorf("groups: %q", groups)
	}
	for name, want := range map[string]string{
		"rsi": "Warm-up: 280 further bars", "sma": "Warm-up: none",
		"obv": "never forgets",
	} {
		if got := string(grammarOf(t, name)); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
