package rulebook

import (
	"errors"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/config"
	"streamd/formula"
	"streamd/incremental/catalog"
	"streamd/ringbuf"
	"streamd/stream"
)

// Compile compiles the formulas of a configuration, and those of its folder where that is wanted. The error lists
// every problem of every formula.
func Compile(file *config.Configuration, folder bool) (*stream.Rules, error) {
	own := ownOf(file)
	all := own.candidates
	var errs []error
	if folder {
		for _, s := range folderOf(file.FormulasDir) {
			all = append(all, s.candidates...)
			if s.err != nil {
				errs = append(errs, s.err)
			}
		}
	}
	return compileAll(file, all, errs)
}

// compileAll compiles formulas under the configuration's indicators, all or none. The error lists every problem after
// those that are known.
func compileAll(file *config.Configuration, all []*candidate, known []error) (*stream.Rules, error) {
	all = slices.DeleteFunc(all, func(f *candidate) bool { return f.Paused })
	rc := rulesConfig(file)
	problems := make([]error, len(all))
	var indexes []int // in all, of the formulas that are compiled
	for i, f := range all {
		var sf stream.Formula
		if sf, problems[i] = f.formula(); problems[i] == nil {
			rc.Formulas, indexes = append(rc.Formulas, sf), append(indexes, i)
		}
	}
	rules, found := stream.NewRules(rc)
	known = append(known, indicatorErrors(file, found))
	for _, p := range found {
		if p.Index >= 0 {
			i := indexes[p.Index]
			problems[i] = joined(problems[i], all[i].problem(p))
		}
	}
	if err := errors.Join(append(known, problems...)...); err != nil {
		return nil, err
	}
	return rules, nil
}

// rulesConfig is what formulas of a configuration are compiled with.
func rulesConfig(file *config.Configuration) stream.RulesConfig {
	return stream.RulesConfig{
		Buffer: file.Buffer, Indicators: file.Named(), Others: file.OthersAllowed(), Universes: file.UniverseList(),
	}
}

// indicatorErrors says what is wrong with indicators of a configuration, of all problems that were found.
func indicatorErrors(file *config.Configuration, found []*stream.Problem) error {
	var errs []error
	for _, p := range found {
		path := "$.indicators." + p.Name
		switch {
		case p.Index >= 0:
		case p.Err != nil:
			errs = append(errs, file.Document().Errorf(path, "%v", p.Err))
		default:
			errs = append(errs, errors.New(file.Document().InFormula(path, p.Subject(), p.Source, p.Diagnostics)))
		}
	}
	return errors.Join(errs...)
}

func joined(known, err error) error {
	if known == nil {
		return err
	}
	return errors.Join(known, err)
}

// compileAlone compiles one formula as the rules compile theirs. What is wrong is an *InvalidError.
func compileAlone(rules *stream.Rules, f *candidate) (stream.Formula, error) {
	sf, err := f.formula()
	if err != nil {
		return sf, invalid(err)
	}
	_, problems := rules.With(sf)
	if len(problems) == 0 {
		return sf, nil
	}
	p := problems[0]
	if p.Err != nil {
		return sf, invalid(f.document().Errorf(f.path+"."+p.Setting, "%v", p.Err))
	}
	all := &InvalidError{}
	for _, g := range p.Diagnostics {
		all.Problems = append(all.Problems, Diagnosis{In: "expression", Diagnostic: g, Text: g.Render(p.Source)})
	}
	return sf, all
}

// Env is what formulas with these indicators and this buffer are compiled in, on a timeframe if it is known. Buffer 0
// is the default.
func Env(indicators []formula.Named, buffer int, tf candle.Timeframe) formula.Env {
	if buffer == 0 {
		buffer = ringbuf.DefaultCapacity
	}
	return formula.Env{
		Table: catalog.New(), Timeframe: tf, Named: formula.NamedWith(indicators), LookbackMax: buffer,
	}
}

// InvalidError is the error of a formula that cannot be put in force.
type InvalidError struct{ Problems []Diagnosis }

// Diagnosis is one thing that is wrong with a formula, and its place: in the settings that were put, else in the text
// of the expression.
type Diagnosis struct {
	In string `json:"in"` // settings, expression
	formula.Diagnostic
	Text string `json:"text"` // with the line and a caret
}

func (e *InvalidError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Text
	}
	return strings.Join(texts, "\n")
}

// invalid makes an *InvalidError of what is wrong with the settings of a formula.
func invalid(err error) error {
	one := Diagnosis{In: "settings", Text: err.Error()}
	one.Diagnostic = formula.Diagnostic{
		Line: 1, Col: 1, EndLine: 1, EndCol: 1, Code: config.CodeSettings, Message: err.Error(),
	}
	if at, ok := errors.AsType[*config.PlacedError](err); ok {
		one.Diagnostic = at.Diagnostic
	}
	return &InvalidError{Problems: []Diagnosis{one}}
}

// NotInForceError is the error of a reload that left formulas out.
type NotInForceError struct{ Problems []string }

func (e *NotInForceError) Error() string { return strings.Join(e.Problems, "\n") }

// memoryError is an ErrMemory with its reason.
// Errors of Put, Delete and Reload.
var (
	ErrUnknown   = errors.New("no such formula")
	ErrElsewhere = errors.New("it is kept elsewhere") // where Put does not write
	ErrReadOnly  = errors.New("formulas are read only: the configuration names no formulas_dir")
	ErrFull      = errors.New("there are as many formulas as limits.formulas allows")
	ErrMemory    = errors.New("the memory does not suffice")
	ErrNoConfig  = errors.New("there is no configuration file to read again")
)
