package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/formula"
	"streamd/stream"
)

// candidate is a formula as somebody has written it, to be judged.
type candidate struct {
	formulaConfig
	doc   *document // where it stands
	at    string    // in the document
	place place
}

// own returns the formulas of the configuration itself.
func (c *loaded) own() []candidate {
	all := make([]candidate, len(c.Formulas))
	for i, f := range c.Formulas {
		all[i] = candidate{f, c.doc, fmt.Sprintf("$.formulas[%d]", i), place{inConfig, c.doc.path}}
	}
	return all
}

// judge checks formulas under the configuration's indicators. It returns the rules
// if all are good, else what is wrong with which of them; an error is about the
// configuration itself.
func (c *loaded) judge(all []candidate) (*stream.Rules, map[int]string, error) {
	problems := map[int]string{}
	rc := stream.RulesConfig{Buffer: c.Buffer, Indicators: c.named}
	var places []int // in all, of the formulas that are compiled
	for i, f := range all {
		sf, err := f.formula()
		if err != nil {
			problems[i] = err.Error()
			continue
		}
		rc.Formulas, places = append(rc.Formulas, sf), append(places, i)
	}
	rules, found := stream.NewRules(rc)
	var indicators []string
	for _, p := range found {
		if p.Index < 0 {
			where := "$.indicators." + p.Name
			if p.Err != nil {
				indicators = append(indicators, c.doc.at(where, p.Err.Error()))
			} else {
				indicators = append(indicators, c.doc.atFormula(where, p))
			}
			continue
		}
		i := places[p.Index]
		text := ""
		if p.Err != nil {
			text = all[i].doc.at(all[i].at+"."+p.Setting, p.Err.Error())
		} else {
			text = all[i].doc.atFormula(all[i].at+".expression", p)
		}
		if problems[i] != "" {
			text = problems[i] + "\n" + text
		}
		problems[i] = text
	}
	switch {
	case len(indicators) > 0:
		return nil, problems, errors.New(strings.Join(indicators, "\n"))
	case len(problems) > 0:
		return nil, problems, nil
	}
	return rules, nil, nil
}

// formula returns the formula for the engine.
func (f *candidate) formula() (stream.Formula, error) {
	sf := stream.Formula{
		Name: f.Name, Expression: f.Expression, Signal: stream.SignalType(f.SignalType), Symbols: f.Symbols,
		Mode: stream.Mode(f.Mode), For: f.For, Cooldown: f.Cooldown, MinBars: f.MinBars, Intrabar: f.Intrabar,
		Metadata: f.Metadata, Params: f.Params,
	}
	for k, t := range f.Timeframes {
		tf, err := candle.ParseTimeframe(t)
		if err != nil {
			return sf, f.doc.errorAt(fmt.Sprintf("%s.timeframes[%d]", f.at, k), err.Error())
		}
		sf.Timeframes = append(sf.Timeframes, tf)
	}
	for _, name := range sortedKeys(f.Params) {
		if !slices.Contains(formula.Params(f.Expression), name) {
			return sf, f.doc.errorAt(f.at+".params."+name, fmt.Sprintf("formula %s has no param %s", f.Name, name))
		}
	}
	return sf, nil
}

// settingsMax is the most bytes that the settings of a formula may take in a topic or
// over HTTP.
const settingsMax = 64 << 10

// readSettings reads the settings of a formula whose name is known. No ${NAME} is
// replaced: who may write formulas need not know the environment.
func readSettings(at place, name string, settings []byte) (candidate, error) {
	f := candidate{at: "$", place: at}
	if len(settings) > settingsMax {
		return f, fmt.Errorf("%s: more than %d bytes", at.name, settingsMax)
	}
	var err error
	if f.doc, err = parseYAML(at.name, settings, false); err != nil {
		return f, err
	}
	if err := f.doc.decode(&f.formulaConfig); err != nil {
		return f, err
	}
	if f.Name != "" && f.Name != name {
		return f, f.doc.errorAt("$.name", fmt.Sprintf("the formula is named %s, and kept as %s", f.Name, name))
	}
	f.Name = name
	return f, nil
}

// readIndicators takes the named indicators of the configuration.
func (c *loaded) readIndicators(fail func(where, format string, args ...any)) {
	for _, item := range c.Indicators {
		name, okName := item.Key.(string)
		expression, okExpression := item.Value.(string)
		if !okName || !okExpression {
			fail("$.indicators", "an indicator is `name: expression`")
			continue
		}
		c.named = append(c.named, formula.Named{Name: name, Expression: expression})
	}
}
