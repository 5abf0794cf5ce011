package config

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"streamd/across"
	"streamd/formula"
)

// UniverseSettings say who is a member of a universe, and for whom a bar waits.
type UniverseSettings struct {
	Join        *int   `yaml:"join,omitempty" jsonschema:"minimum=0,maximum=100000"`
	Silent      *int   `yaml:"silent,omitempty" jsonschema:"minimum=1,maximum=100000"`
	Lateness    *int   `yaml:"lateness,omitempty" jsonschema:"minimum=0,maximum=1000"`
	Grace       string `yaml:"grace,omitempty"`
	PendingBars *int   `yaml:"pending_bars,omitempty" jsonschema:"minimum=1,maximum=1000"`
}

// universeSymbolsMax is how many names and patterns a universe lists at most.
const universeSymbolsMax = 100_000

// UniverseList returns the universes that formulas can name, by name. Lists in files have been read.
func (f *Configuration) UniverseList() []formula.Universe { return f.universes }

// InheritUniverses adds the universes of another configuration that this one has none of the name of.
func (f *Configuration) InheritUniverses(from []formula.Universe) {
	for _, u := range from {
		if !slices.ContainsFunc(f.universes, func(own formula.Universe) bool { return own.Name == u.Name }) {
			f.universes = append(f.universes, u)
		}
	}
}

// Admission says who is a member of a universe when.
func (f *Configuration) Admission() across.Admission {
	a := across.AdmissionDefault()
	if f.Universe.Join != nil {
		a.Join = *f.Universe.Join
	}
	if f.Universe.Silent != nil {
		a.Silent = *f.Universe.Silent
	}
	return a
}

// AllowOthers allows formulas that look at other series: of a configuration for commands that have all series at hand.
func (f *Configuration) AllowOthers() { f.others = true }

// OthersAllowed reports whether formulas may look at other series. Bars that are put in where there is a gap have no
// columns of them.
func (f *Configuration) OthersAllowed() bool {
	return f.others || f.Candles.Gaps == "" || f.Candles.Gaps == "skip"
}

// Waiting is for whom bars wait live that formulas on other series need.
type Waiting struct {
	Lateness    int           // bars that a partition must be ahead for a missing series to be left out
	Grace       time.Duration // behind a bar's end, by the clock
	PendingBars int           // that wait; more, and the input waits
}

// Waiting says for whom bars wait.
func (f *Configuration) Waiting() Waiting {
	w := Waiting{Lateness: 1, Grace: duration(f.Universe.Grace, 5*time.Second), PendingBars: 3}
	if f.Universe.Lateness != nil {
		w.Lateness = *f.Universe.Lateness
	}
	if f.Universe.PendingBars != nil {
		w.PendingBars = *f.Universe.PendingBars
	}
	return w
}

func (f *Configuration) checkUniverses(p *problems) {
	s := &f.Universe
	for _, n := range []struct {
		key         string
		value       *int
		least, most int
	}{
		{"join", s.Join, 0, 100_000},
		{"silent", s.Silent, 1, 100_000},
		{"lateness", s.Lateness, 0, 1000},
		{"pending_bars", s.PendingBars, 1, 1000},
	} {
		if n.value != nil && (*n.value < n.least || *n.value > n.most) {
			p.add("$.universe."+n.key, "%d is outside %d to %d", *n.value, n.least, n.most)
		}
	}
	p.between("$.universe.grace", s.Grace, 0, time.Hour)
	f.universes = nil
	for _, name := range slices.Sorted(maps.Keys(f.Universes)) {
		u, err := universeOf(name, f.Universes[name])
		if err != nil {
			p.add("$.universes."+name, "universe %q: %s", name, err)
			continue
		}
		f.universes = append(f.universes, u)
	}
}

// universeOf reads what a universe is: a list of symbols, a file of such, or a condition.
func universeOf(name string, value any) (formula.Universe, error) {
	u := formula.Universe{Name: name}
	switch v := value.(type) {
	case string:
		if !strings.HasPrefix(v, "@") {
			u.Condition = v
			if strings.TrimSpace(v) == "" {
				return u, fmt.Errorf("the condition is empty")
			}
			return u, nil
		}
		err := readSymbols(&u, v[1:])
		return u, err
	case map[string]any:
		path, ok := v["file"].(string)
		if !ok || len(v) != 1 {
			return u, fmt.Errorf("want a list of symbols, `@FILE` or {file: FILE} with one a line, or a condition")
		}
		err := readSymbols(&u, path)
		return u, err
	case []any:
		for _, e := range v {
			symbol := strings.TrimSpace(fmt.Sprint(e))
			switch {
			case strings.HasPrefix(symbol, "@"):
				if err := readSymbols(&u, symbol[1:]); err != nil {
					return u, err
				}
			case symbol == "":
				return u, fmt.Errorf("an empty pattern fits no symbol")
			default:
				u.Symbols = append(u.Symbols, symbol)
			}
		}
		if len(u.Symbols) == 0 {
			return u, fmt.Errorf("it names no symbol")
		}
		return u, nil
	}
	return u, fmt.Errorf("want a list of symbols, `@FILE` or {file: FILE} with one a line, or a condition")
}

// readSymbols adds the names in a file, one a line, # for comments.
func readSymbols(u *formula.Universe, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	n := len(u.Symbols)
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			u.Symbols = append(u.Symbols, line)
		}
	}
	switch {
	case len(u.Symbols) == n:
		return fmt.Errorf("%s names no symbol", path)
	case len(u.Symbols) > universeSymbolsMax:
		return fmt.Errorf("%d symbols, at most %d", len(u.Symbols), universeSymbolsMax)
	}
	return nil
}
