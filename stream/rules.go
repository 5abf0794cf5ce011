package stream

import (
	"fmt"
	"iter"
	"sync/atomic"

	"streamd/candle"
	"streamd/formula"
	"streamd/incremental/catalog"
	"streamd/ringbuf"
)

// Rules is a formula set that has passed all checks. It is immutable and may be
// shared by engines.
type Rules struct {
	ruleIndex
	env    *environment
	others int // formulas and indicators that look at other series
}

// environment is what the formulas of rules that came of one another are compiled in.
type environment struct {
	formula.Env
	lastID atomic.Uint32
}

// RulesConfig is what a formula set is made of.
type RulesConfig struct {
	Formulas   []Formula
	Indicators []formula.Named // beyond the ones registered from the start
	Buffer     int             // bars kept per series, the greatest lookback; 0 for 500

	// Others allows formulas that look at other series: whoever pushes candles gives what Engine.Needs lists.
	Others    bool
	Universes []formula.Universe // that formulas can name

	LeaveOut bool // there are rules without the formulas that have problems
}

// Problem is what is wrong with one formula or named indicator.
type Problem struct {
	Index       int    // of the formula, -1 for an indicator
	Name        string // of the formula or indicator
	Source      string // its expression
	Setting     string // the setting that Err is about
	Err         error  // what is wrong beside the expression, or nil
	Diagnostics formula.Diagnostics
}

// Error returns the problem with carets under the offending text.
func (p *Problem) Error() string {
	if p.Err != nil {
		return p.Err.Error()
	}
	return fmt.Sprintf("stream: %s:\n%s", p.Subject(), p.Diagnostics.Render(p.Source))
}

// Subject says what the problem is with.
func (p *Problem) Subject() string {
	if p.Index < 0 {
		return "indicator " + p.Name
	}
	return "formula " + p.Name
}

// NewRules checks a formula set. It returns every problem found, and rules only
// if there is none, or formulas may be left out and no indicator is bad.
func NewRules(c RulesConfig) (*Rules, []*Problem) {
	if c.Buffer == 0 {
		c.Buffer = ringbuf.DefaultCapacity
	}
	r := &Rules{env: &environment{Env: formula.Env{
		Table:       catalog.New(),
		Named:       formula.NamedWith(c.Indicators),
		LookbackMax: c.Buffer,
		Others:      c.Others,
		Universes:   c.Universes,
	}}}
	return r.checked(c.Formulas, r.checkNamed(c.Indicators), c.LeaveOut)
}

// With checks other formulas in the same environment, as a preview of them needs.
func (r *Rules) With(formulas ...Formula) (*Rules, []*Problem) {
	return (&Rules{env: r.env}).checked(formulas, nil, false)
}

// Change returns the rules with formulas added, or put in place of those of the same names, and others removed. It
// compiles no others, and leaves r as it is. The index of a problem is that in put, in which each name stands once.
func (r *Rules) Change(put []Formula, remove ...string) (*Rules, []*Problem) {
	changed := *r
	var edits []ruleEdit
	gone := make(map[string]bool, len(remove))
	for _, name := range remove {
		if f, ok := r.byName.get(name); ok && !gone[name] {
			gone[name] = true
			changed.others -= countOf(f.others)
			edits = append(edits, ruleEdit{was: f})
		}
	}
	c := checker{rules: r, builders: map[candle.Timeframe]*formula.Builder{}}
	for i := range put {
		f := &ruled{Formula: put[i]}
		if !c.check(i, f) {
			continue
		}
		e := ruleEdit{now: f}
		if was, ok := r.byName.get(f.Name); ok && !gone[f.Name] {
			changed.others -= countOf(was.others)
			e.was = was
		}
		changed.others += countOf(f.others)
		edits = append(edits, e)
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	changed.ruleIndex = changed.edited(edits)
	return &changed, nil
}

func countOf(is bool) int {
	if is {
		return 1
	}
	return 0
}

// checked checks the formulas, and returns the rules of the good ones where all are good, or bad ones may be left out,
// and nothing was wrong before.
func (r *Rules) checked(formulas []Formula, problems []*Problem, leaveOut bool) (*Rules, []*Problem) {
	c := checker{rules: r, builders: map[candle.Timeframe]*formula.Builder{}, problems: problems}
	seen := make(map[string]bool, len(formulas))
	all := make([]*ruled, 0, len(formulas))
	own := make([]ruled, len(formulas)) // in one piece
	for i := range formulas {
		f := &own[i]
		if f.Formula = formulas[i]; f.Rank.Place == "" {
			f.Rank.Index = int64(i)
		}
		if seen[f.Name] && f.Name != "" {
			c.problem(i, &f.Formula, "name", fmt.Errorf("stream: two formulas named %s", f.Name))
		}
		seen[f.Name] = true
		if c.check(i, f) {
			all = append(all, f)
			r.others += countOf(f.others)
		}
	}
	if len(problems) > 0 || len(c.problems) > 0 && !leaveOut {
		return nil, c.problems
	}
	r.ruleIndex = newRuleIndex(all)
	return r, c.problems
}

// Len returns the number of formulas.
func (r *Rules) Len() int { return r.ordered.count }

// Formulas returns copies of the formulas, in their order, which stands for their ranks.
func (r *Rules) Formulas() []Formula {
	all := make([]Formula, 0, r.Len())
	for f := range r.ordered.all(0) {
		one := f.Formula
		one.Rank = Rank{}
		all = append(all, one)
	}
	return all
}

// Find returns the formula of a name and its canonical text.
func (r *Rules) Find(name string) (f *Formula, canonical string, ok bool) {
	found, ok := r.byName.get(name)
	if !ok {
		return nil, "", false
	}
	return &found.Formula, found.canonical, true
}

// From goes through the formulas from index on, in their order, with their canonical texts.
func (r *Rules) From(index int) iter.Seq2[*Formula, string] {
	return func(yield func(*Formula, string) bool) {
		for f := range r.ordered.all(index) {
			if !yield(&f.Formula, f.canonical) {
				return
			}
		}
	}
}

func (r *Rules) checkNamed(named []formula.Named) []*Problem {
	var problems []*Problem
	for _, n := range named {
		b := formula.NewBuilder(r.env.Env)
		if fault := b.NameFault(n.Name); fault != "" {
			problems = append(problems, &Problem{
				Index: -1, Name: n.Name, Source: n.Expression,
				Err: fmt.Errorf("stream: indicator %q: %s", n.Name, fault),
			})
			continue
		}
		if _, d := b.Add(n.Expression); len(d) > 0 {
			problems = append(problems, &Problem{Index: -1, Name: n.Name, Source: n.Expression, Diagnostics: d})
		}
		r.others += countOf(b.Graph().Foreign())
	}
	return problems
}

// Environment is what expressions on a timeframe are compiled in: the indicators and the buffer of the rules.
func (r *Rules) Environment(tf candle.Timeframe) formula.Env {
	env := r.env.Env
	env.Timeframe = tf
	return env
}
