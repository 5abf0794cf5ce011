package stream

import (
	"fmt"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
)

// checker checks formulas one by one. Its builders, one for each timeframe, serve all of them.
type checker struct {
	rules    *Rules
	builders map[candle.Timeframe]*formula.Builder
	problems []*Problem
}

func (c *checker) problem(i int, f *Formula, setting string, err error) {
	c.problems = append(c.problems, &Problem{Index: i, Name: f.Name, Source: f.Expression, Setting: setting, Err: err})
}

// check checks the settings and the expressions of formula i; ok where nothing is wrong.
func (c *checker) check(i int, checked *ruled) (ok bool) {
	before, f := len(c.problems), &checked.Formula
	if setting, err := f.check(); err != nil {
		if c.problem(i, f, setting, err); setting == "expression" {
			return false
		}
	}
	canonical, others, d := c.expression(f)
	if others && f.Intrabar {
		c.problem(i, f, "intrabar", fmt.Errorf("stream: formula %s: intrabar cannot be set: a bar that needs other "+
			"series is judged when it has closed", f.Name))
	}
	if len(d) > 0 {
		c.problems = append(c.problems, &Problem{Index: i, Name: f.Name, Source: f.Expression, Diagnostics: d})
	}
	if f.Rearm != "" {
		rearm := Formula{Expression: f.Rearm, Symbols: f.Symbols, Timeframes: f.Timeframes, Params: f.Params}
		_, far, d := c.expression(&rearm)
		if others = others || far; len(d) > 0 {
			c.problems = append(c.problems, &Problem{
				Index: i, Name: f.Name, Source: f.Rearm, Setting: "rearm", Diagnostics: d,
			})
		}
	}
	if len(c.problems) > before {
		return false
	}
	if canonical == f.Expression {
		canonical = f.Expression // one text in memory
	}
	checked.canonical, checked.others, checked.id = canonical, others, c.rules.env.lastID.Add(1)
	return true
}

// expression compiles the formula once for each timeframe that it names, or for one minute, and returns its canonical
// text, and whether it looks at other series.
func (c *checker) expression(f *Formula) (canonical string, others bool, d formula.Diagnostics) {
	frames := f.Timeframes
	if len(frames) == 0 {
		minute, _ := candle.ParseTimeframe("1m")
		frames = []candle.Timeframe{minute}
	}
	for _, tf := range frames {
		b := c.builders[tf]
		if b == nil {
			b = formula.NewBuilder(c.rules.Environment(tf))
			c.builders[tf] = b
		}
		b.SetParams(f.Params)
		b.SetSelected(f.universe())
		compiled, kept, d := b.Try(f.Expression)
		if len(d) == 0 {
			d = compiled.MustBeBool(f.Expression)
		}
		if len(d) > 0 {
			return "", false, d
		}
		canonical = compiled.Canon
		others = others || kept && needsOthers(b.Graph(), &compiled)
	}
	return canonical, others, nil
}

// needsOthers reports whether a formula, or what its matches show, is made of what other series say.
func needsOthers(g *plan.Graph, c *formula.Compiled) bool {
	refs := []plan.Ref{c.Root}
	for _, w := range c.Watch {
		refs = append(refs, w.Ref)
	}
	return len(plan.NeedsBelow(g, refs...)) > 0
}
