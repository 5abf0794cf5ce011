package rulebook

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/config"
	"streamd/formula"
	"streamd/stream"
)

// candidate is a formula as somebody has written it, not yet compiled.
type candidate struct {
	config.FormulaSettings
	doc   *config.Document // where it stands; nil for a line of a file of lines
	path  string           // in the document
	place place

	rank stream.Rank

	number int32 // of the line
	line   string

	next  *candidate // of the same name, later in the order
	over  bool       // beyond the most that there may be
	wrong bool       // there is a fault
	stale bool       // its place cannot be read any more, which is the fault
}

func formulaPath(i int) string { return fmt.Sprintf("$.formulas[%d]", i) }

// formula returns the formula for the engine.
func (f *candidate) formula() (stream.Formula, error) {
	sf := stream.Formula{
		Name: f.Name, Expression: f.Expression, Signal: stream.SignalType(f.SignalType), Symbols: f.Symbols,
		Mode: stream.Mode(f.Mode), For: f.For, Cooldown: f.Cooldown, MinBars: f.MinBars, Intrabar: f.Intrabar,
		Metadata: f.Metadata, Params: f.Params, Resolve: f.Resolve, Expires: f.Expires, Once: f.Once, Rearm: f.Rearm,
		Rank: f.rank,
	}
	for k, t := range f.Timeframes {
		tf, err := candle.ParseTimeframe(t)
		if err != nil {
			return sf, f.document().Errorf(fmt.Sprintf("%s.timeframes[%d]", f.path, k), "%v", err)
		}
		sf.Timeframes = append(sf.Timeframes, tf)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Params)) {
		if !slices.Contains(formula.Params(f.Expression), name) {
			return sf, f.document().Errorf(f.path+".params."+name, "formula %s has no param %s", f.Name, name)
		}
	}
	return sf, nil
}

// problem says with its place what is wrong with the formula.
func (f *candidate) problem(p *stream.Problem) error {
	if p.Err != nil {
		return f.document().Errorf(f.path+"."+p.Setting, "%v", p.Err)
	}
	setting := "expression"
	if p.Setting != "" {
		setting = p.Setting
	}
	return errors.New(f.document().InFormula(f.path+"."+setting, p.Subject(), p.Source, p.Diagnostics))
}

// readSettings reads the settings of a formula whose name is known, as they come from a topic or over HTTP: as a line
// of JSON if they are one, and else as YAML, which has a way to say what is wrong with them.
func readSettings(at place, name string, settings []byte) (*candidate, error) {
	text := string(settings)
	if strings.HasPrefix(text, "{") && len(text) <= config.SettingsSizeMax {
		if f, err := readLine(at, 1, text); err == nil && (f.Name == "" || f.Name == name) {
			f.Name = name
			return f, nil
		}
	}
	f := &candidate{path: "$", place: at, number: 1, line: text}
	doc, err := config.Parse(at.name, settings)
	if err != nil {
		return f, err
	}
	if err := doc.Decode(&f.FormulaSettings); err != nil {
		return f, err
	}
	if f.Name != "" && f.Name != name {
		return f, doc.Errorf("$.name", "the formula is named %q, and kept as %q", f.Name, name)
	}
	f.Name = name
	return f, nil
}
