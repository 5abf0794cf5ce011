package main

import (
	"fmt"

	"streamd/candle"
	"streamd/formula"
	"streamd/stream"
)

// candidate is a formula as somebody has written it, to be judged.
type candidate struct {
	formulaConfig
	doc *document // where it stands
	at  string    // in the document
	// origin is what people call the place: a file, or a topic.
	origin string
}

// own returns the formulas of the configuration itself.
func (c *loaded) own() []candidate {
	all := make([]candidate, len(c.Formulas))
	for i, f := range c.Formulas {
		all[i] = candidate{f, c.doc, fmt.Sprintf("$.formulas[%d]", i), c.doc.path}
	}
	return all
}

// judge checks formulas under the configuration's indicators. It returns the rules
// if all are good, else what is wrong with which of them; an error is about the
// configuration itself.
func (c *loaded) judge(all []candidate) (*stream.Rules, map[int]string, error) {
	problems := map[int]string{}
	rc := stream.RulesConfig{Buffer: c.Buffer, Indicators: c.named}
	places := map[string]int{}
	for i, f := range all {
		places[f.Name] = i
		sf, err := f.formula()
		if err != nil {
			problems[i] = err.Error()
			continue
		}
		rc.Formulas = append(rc.Formulas, sf)
	}
	rules, found := stream.NewRules(rc)
	for _, p := range found {
		i, ok := places[p.Name]
		switch {
		case !ok && p.Err == nil && p.Source != "":
			return nil, nil, fmt.Errorf("%s", c.doc.atFormula("$.indicators."+p.Name, p))
		case !ok:
			return nil, nil, fmt.Errorf("%s", c.doc.at("$.indicators", p.Error()))
		case p.Err != nil:
			problems[i] = all[i].doc.at(all[i].at, p.Err.Error())
		default:
			problems[i] = all[i].doc.atFormula(all[i].at+".expression", p)
		}
	}
	if len(problems) > 0 {
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
			return sf, fmt.Errorf("%s", f.doc.at(fmt.Sprintf("%s.timeframes[%d]", f.at, k), err.Error()))
		}
		sf.Timeframes = append(sf.Timeframes, tf)
	}
	return sf, nil
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
