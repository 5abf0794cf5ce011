package rulebook

import (
	"errors"
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
	all := ownOf(file)
	var errs []error
	if folder {
		for _, s := range folderOf(file.FormulasDir) {
			all = append(all, s.candidates...)
			if s.err != nil {
				errs = append(errs, s.err)
			}
		}
	}
	all = running(all)
	rules, problems, err := compile(file, all)
	errs = append(errs, err)
	for i := range all {
		errs = append(errs, problems[i])
	}
	return rules, errors.Join(errs...)
}

// compile compiles formulas under the configuration's indicators. It returns the rules if all are good, else the
// problems by the index of the formula; an error is about the configuration itself.
func compile(file *config.Configuration, all []candidate) (*stream.Rules, map[int]error, error) {
	problems := map[int]error{}
	rc := stream.RulesConfig{
		Buffer: file.Buffer, Indicators: file.Named(), Others: file.OthersAllowed(), Universes: file.UniverseList(),
	}
	var indexes []int // in all, of the formulas that are compiled
	for i, f := range all {
		sf, err := f.formula()
		if err != nil {
			problems[i] = err
			continue
		}
		rc.Formulas, indexes = append(rc.Formulas, sf), append(indexes, i)
	}
	rules, found := stream.NewRules(rc)
	var indicators []error
	for _, p := range found {
		if p.Index < 0 {
			path := "$.indicators." + p.Name
			if p.Err != nil {
				indicators = append(indicators, file.Document().Errorf(path, "%v", p.Err))
			} else {
				text := file.Document().InFormula(path, p.Subject(), p.Source, p.Diagnostics)
				indicators = append(indicators, errors.New(text))
			}
			continue
		}
		i := indexes[p.Index]
		problems[i] = errors.Join(problems[i], all[i].problem(p))
	}
	switch {
	case len(indicators) > 0:
		return nil, problems, errors.Join(indicators...)
	case len(problems) > 0:
		return nil, problems, nil
	}
	return rules, nil, nil
}

// compileAlone compiles one formula under the configuration's indicators. What is wrong is an *InvalidError.
func compileAlone(file *config.Configuration, f *candidate) error {
	sf, err := f.formula()
	if err != nil {
		return invalid(err)
	}
	_, problems := stream.NewRules(stream.RulesConfig{
		Buffer: file.Buffer, Indicators: file.Named(), Formulas: []stream.Formula{sf}, Others: file.OthersAllowed(),
		Universes: file.UniverseList(),
	})
	if len(problems) == 0 {
		return nil
	}
	p := problems[0]
	if p.Err != nil {
		return invalid(f.document().Errorf(f.path+"."+p.Setting, "%v", p.Err))
	}
	all := &InvalidError{}
	for _, g := range p.Diagnostics {
		all.Problems = append(all.Problems, Diagnosis{In: "expression", Diagnostic: g, Text: g.Render(p.Source)})
	}
	return all
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
type memoryError struct{ text string }

func (e *memoryError) Error() string { return e.text }

func (e *memoryError) Unwrap() error { return ErrMemory }

// Errors of Put, Delete and Reload.
var (
	ErrUnknown   = errors.New("no such formula")
	ErrElsewhere = errors.New("it is kept elsewhere") // where Put does not write
	ErrReadOnly  = errors.New("formulas are read only: the configuration names no formulas_dir")
	ErrFull      = errors.New("there are as many formulas as limits.formulas allows")
	ErrMemory    = errors.New("the memory does not suffice")
	ErrNoConfig  = errors.New("there is no configuration file to read again")
)
