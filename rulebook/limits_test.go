package rulebook

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"streamd/config"
	"streamd/stream"
)

// bookOf opens a book with a folder of formulas.
func bookOf(t *testing.T, o Options, files map[string]string) *Book {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("rules", 0o700); err != nil {
		t.Fatal(err)
	}
	files["config.yaml"] = "kafka: {brokers: [\"b:1\"], group: g, topics: [{name: c, timeframe: 1m}], signals: s}\n" +
		"formulas_dir: rules\n"
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return reopened(t, o)
}

func reopened(t *testing.T, o Options) *Book {
	t.Helper()
	file, err := config.Load("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(file, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A formula beyond the most that there may be is left out alone. Others can be deleted, and
// a restart has all that fit.
func TestFormulasMax(t *testing.T) {
	const most = 100
	var text strings.Builder
	text.WriteString("formulas:\n")
	for i := range most {
		fmt.Fprintf(&text, "  - {name: f%d, expression: close > %d}\n", i, i)
	}
	b := bookOf(t, Options{most: most}, map[string]string{
		"rules/a.yaml":   text.String(),
		"rules/one.yaml": "formulas: [{name: one, expression: close > 1}]\n", // the last by its name
	})
	for _, b := range []*Book{b, reopened(t, Options{most: most})} {
		inForce, faults := b.List()
		if len(inForce) != most || len(faults) != 1 || faults[0].Name != "one" {
			t.Errorf("%d formulas, faults %v", len(inForce), faults)
		}
	}
	if err := b.Put("two", []byte("expression: close > 2")); !errors.Is(err, ErrFull) {
		t.Errorf("put: %v", err)
	}
	if err := b.Delete("one"); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, faults := b.List(); len(faults) > 0 {
		t.Errorf("faults %v", faults)
	}
}

// A formula for which the memory does not suffice changes nothing, whether it is put or
// stands in a file.
func TestMemoryDoesNotSuffice(t *testing.T) {
	tight := func(rules *stream.Rules) error {
		for _, f := range rules.Formulas() {
			if strings.Contains(f.Expression, "499") {
				return errors.New("too much")
			}
		}
		return nil
	}
	b := bookOf(t, Options{Fits: tight}, map[string]string{
		"rules/one.yaml": "formulas: [{name: one, expression: close > 1}]\n",
	})
	for _, name := range []string{"one", "two"} {
		if err := b.Put(name, []byte("expression: close > sma(close, 499)")); !errors.Is(err, ErrMemory) {
			t.Errorf("put %s: %v", name, err)
		}
	}
	if _, err := os.Stat("rules/two.yaml"); err == nil {
		t.Error("the file of a formula that is refused was written")
	}
	both := "formulas: [{name: one, expression: 'close > sma(close, 499)'}, {name: two, expression: close > 2}]\n"
	if err := os.WriteFile("rules/one.yaml", []byte(both), 0o600); err != nil {
		t.Fatal(err)
	}
	b.refresh(true)
	inForce, faults := b.List()
	if len(inForce) != 2 || inForce[0].Expression != "close > 1" || len(faults) != 1 || !faults[0].Kept ||
		!strings.Contains(faults[0].Error, "too much") {
		t.Errorf("in force %v, faults %v", inForce, faults)
	}
	if err := b.Put("three", []byte("expression: close > 3")); err != nil {
		t.Errorf("put: %v", err)
	}
	if err := b.Delete("three"); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// At the start, too: of many formulas only those are left out that the memory does not suffice for.
func TestMemoryDoesNotSufficeAtTheStart(t *testing.T) {
	fits := func(rules *stream.Rules) error {
		heavy := 0
		for _, f := range rules.Formulas() {
			if strings.Contains(f.Expression, "499") {
				heavy++
			}
		}
		if heavy > 2 {
			return errors.New("too much")
		}
		return nil
	}
	var text strings.Builder
	text.WriteString("formulas:\n")
	for i := range 200 {
		length := 20
		if i%70 == 3 { // three of them, and two fit
			length = 499
		}
		fmt.Fprintf(&text, "  - {name: f%d, expression: 'close > sma(close, %d) + %d'}\n", i, length, i)
	}
	b := bookOf(t, Options{Fits: fits}, map[string]string{"rules/all.yaml": text.String()})
	inForce, faults := b.List()
	if len(inForce) != 199 || len(faults) != 1 || faults[0].Kept || !strings.Contains(faults[0].Error, "too much") {
		t.Errorf("%d in force, faults %v", len(inForce), faults)
	}
}
