package rulebook

import (
	"fmt"
	"slices"
	"testing"

	"streamd/stream"
)

// A book whose formulas are changed one by one has the rules, in the order, of one that reads them all.
func TestChangesAreARestart(t *testing.T) {
	b := bookOf(t, Options{}, map[string]string{
		"rules/m.jsonl": `{"name":"m1","expression":"close > 1","symbols":["A"]}` + "\n" +
			`{"name":"m2","expression":"close > 2","symbols":["B"]}` + "\n",
	})
	named := func(r *stream.Rules) (all []string) {
		for f, canonical := range r.From(0) {
			all = append(all, fmt.Sprint(f.Name, f.Symbols, f.Expression, canonical))
		}
		return all
	}
	for i, step := range []func() error{
		func() error { return b.Put("z", []byte("{expression: close > 5, symbols: [B]}")) },
		func() error { return b.Put("a", []byte("{expression: close > 6}")) },
		func() error { return b.Put("z", []byte("{expression: close > 7, symbols: [C]}")) },
		func() error { return b.Delete("a") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		got, want := named(b.Rules()), named(reopened(t, Options{}).Rules())
		if !slices.Equal(got, want) || len(got) < 3 {
			t.Errorf("step %d: %v, want %v", i, got, want)
		}
	}
}
