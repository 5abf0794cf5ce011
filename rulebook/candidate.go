package rulebook

import (
	"errors"
	"fmt"
	"maps"
	"slices"

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

	rank stream.Rank // in an edition

	number int32 // of the line
	line   string
}

// ownOf returns the formulas of the configuration itself.
func ownOf(file *config.Configuration) []candidate {
	all := make([]candidate, len(file.Formulas))
	for i, f := range file.Formulas {
		all[i] = candidate{
			FormulaSettings: f, doc: file.Document(), path: fmt.Sprintf("$.formulas[%d]", i),
			place: place{inConfig, file.Document().Name()},
		}
	}
	return all
}

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

// readSettings reads the settings of a formula whose name is known, as they come from a topic or over HTTP.
func readSettings(at place, name string, settings []byte) (candidate, error) {
	f := candidate{path: "$", place: at}
	var err error
	if f.doc, err = config.Parse(at.name, settings); err != nil {
		return f, err
	}
	if err := f.doc.Decode(&f.FormulaSettings); err != nil {
		return f, err
	}
	if f.Name != "" && f.Name != name {
		return f, f.doc.Errorf("$.name", "the formula is named %q, and kept as %q", f.Name, name)
	}
	f.Name = name
	return f, nil
}
