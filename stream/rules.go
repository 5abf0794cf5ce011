package stream

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/incremental/catalog"
	"streamd/ringbuf"
)

// Rules is a formula set that has passed all checks. It is immutable and may be
// shared by engines.
type Rules struct {
	env        formula.Env
	formulas   []Formula
	canonicals []string // of the formulas
	others     bool     // some formula or indicator looks at other series
}

// RulesConfig is what a formula set is made of.
type RulesConfig struct {
	Formulas   []Formula
	Indicators []formula.Named // beyond the ones registered from the start
	Buffer     int             // bars kept per series, the greatest lookback; 0 for 500

	// Others allows formulas that look at other series: whoever pushes candles gives what Engine.Needs lists.
	Others    bool
	Universes []formula.Universe // that formulas can name
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
// if there is none.
func NewRules(c RulesConfig) (*Rules, []*Problem) {
	if c.Buffer == 0 {
		c.Buffer = ringbuf.DefaultCapacity
	}
	r := &Rules{formulas: c.Formulas}
	r.env = formula.Env{
		Table:       catalog.New(),
		Named:       formula.NamedWith(c.Indicators),
		LookbackMax: c.Buffer,
		Others:      c.Others,
		Universes:   c.Universes,
	}
	return r.checked(r.checkNamed(c.Indicators))
}

// With checks other formulas in the same environment, as a preview of them needs.
func (r *Rules) With(formulas ...Formula) (*Rules, []*Problem) {
	return (&Rules{env: r.env, formulas: formulas}).checked(nil)
}

// checked checks the formulas, and returns the rules where nothing is wrong with them nor was before.
func (r *Rules) checked(problems []*Problem) (*Rules, []*Problem) {
	r.canonicals = make([]string, len(r.formulas))
	seen := map[string]bool{}
	builders := map[candle.Timeframe]*formula.Builder{}
	for i := range r.formulas {
		f := &r.formulas[i]
		setting, err := f.check()
		if err == nil && seen[f.Name] {
			setting, err = "name", fmt.Errorf("stream: two formulas named %s", f.Name)
		}
		seen[f.Name] = true
		if err != nil {
			problems = append(problems, &Problem{
				Index: i, Name: f.Name, Source: f.Expression, Setting: setting,
				Err: err,
			})
			if setting == "expression" {
				continue
			}
		}
		canonical, others, d := r.checkExpression(f, builders)
		if others {
			problems = append(problems, &Problem{
				Index: i, Name: f.Name, Source: f.Expression, Setting: "intrabar",
				Err: fmt.Errorf("stream: formula %s: intrabar cannot be set: a bar that needs other series is judged "+
					"when it has closed", f.Name),
			})
		}
		if len(d) > 0 {
			problems = append(problems, &Problem{Index: i, Name: f.Name, Source: f.Expression, Diagnostics: d})
		}
		r.canonicals[i] = canonical
		if f.Rearm != "" {
			rearm := Formula{Expression: f.Rearm, Symbols: f.Symbols, Timeframes: f.Timeframes, Params: f.Params}
			if _, _, d := r.checkExpression(&rearm, builders); len(d) > 0 {
				problems = append(problems, &Problem{
					Index: i, Name: f.Name, Source: f.Rearm, Setting: "rearm",
					Diagnostics: d,
				})
			}
		}
	}
	for _, b := range builders {
		r.others = r.others || b.Graph().Foreign()
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return r, nil
}

// Formulas returns the formulas, in their configured order.
func (r *Rules) Formulas() []Formula { return r.formulas }

// Canonical returns the canonical text of formula i.
func (r *Rules) Canonical(i int) string { return r.canonicals[i] }

func (r *Rules) checkNamed(named []formula.Named) []*Problem {
	var problems []*Problem
	for _, n := range named {
		b := formula.NewBuilder(r.env)
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
		r.others = r.others || b.Graph().Foreign()
	}
	return problems
}

// checkExpression compiles the formula once for each timeframe that it names,
// or for one minute, and returns its canonical text, and whether it is to look at
// other series on forming candles. The builders, one for each timeframe, serve all
// formulas.
func (r *Rules) checkExpression(f *Formula, builders map[candle.Timeframe]*formula.Builder) (canonical string,
	others bool, d formula.Diagnostics,
) {
	frames := f.Timeframes
	if len(frames) == 0 {
		minute, _ := candle.ParseTimeframe("1m")
		frames = []candle.Timeframe{minute}
	}
	for _, tf := range frames {
		b := builders[tf]
		if b == nil {
			b = formula.NewBuilder(r.Environment(tf))
			builders[tf] = b
		}
		b.SetParams(f.Params)
		b.SetSelected(f.universe())
		c, d := b.Add(f.Expression)
		if len(d) == 0 {
			d = c.MustBeBool(f.Expression)
		}
		if len(d) > 0 {
			return "", false, d
		}
		canonical = c.Canon
		others = others || f.Intrabar && len(plan.NeedsBelow(b.Graph(), c.Root)) > 0
	}
	return canonical, others, nil
}

// Environment is what expressions on a timeframe are compiled in: the indicators and the buffer of the rules.
func (r *Rules) Environment(tf candle.Timeframe) formula.Env {
	env := r.env
	env.Timeframe = tf
	return env
}

// program is the part of the rules that applies to a group of series, compiled.
type program struct {
	plan       *plan.Plan
	exec       *plan.Exec
	conditions *plan.Conditions // of the rules
	judge      *plan.Judge
	rules      []rule
	named      []watch          // registered indicators, in every match
	firings    []firing         // of the rules
	attentive  []uint64         // a bit for each rule, see firing.attentive
	columns    []plan.Handle    // of everything that matches show
	shown      []shown          // of columns
	steps      uint64           // so far
	inputs     []input          // columns that conditions and matches read
	handles    []plan.Handle    // of inputs
	settlings  []settling       // of the rules, once asked for
	lengths    map[string]int   // of segments, by their keys
	indexes    map[string]int   // of rules, by idPrefix
	news       map[uint64]*news // by which states are known

	lively   bool  // some formula has a life
	intrabar bool  // some formula looks at forming candles
	err      error // what could not be compiled for the timeframe, and is left out
}

// rule is a formula within a program.
type rule struct {
	*Formula
	root     plan.Ref
	rearm    plan.Ref    // where there is one
	rearmed  plan.Handle // of it
	gate     plan.Gate
	watch    []watch // named and own, sorted by name
	columns  []int32 // of watch, in program.columns
	idPrefix []byte
	metadata []byte // as JSON
}

// watch is a value that goes into indicator_values.
type watch struct {
	name  string
	quote []byte // name as a JSON key with colon
	ref   plan.Ref
}

// compile builds the program of the formulas that select the series. One that cannot
// be computed on the timeframe (its tf() is not a multiple of it, say) is left out, and
// stands in no one else's way.
func (r *Rules) compile(selected []int, tf candle.Timeframe, o Options) *program {
	b := formula.NewBuilder(r.Environment(tf))
	p := &program{}
	var roots, conditions []plan.Ref
	for i, n := range r.env.Named {
		if o.Lean {
			break
		}
		c, d := b.Add(n.Name)
		if len(d) > 0 {
			// a small buffer has no sma_200; a formula that uses it is refused by name
			if i >= len(formula.NamedDefaults()) {
				p.err = errors.Join(p.err, fmt.Errorf("stream: indicator %s for %s:\n%s", n.Name, tf, d.Render(n.Name)))
			}
			continue
		}
		p.named = append(p.named, newWatch(n.Name, c.Root))
		roots = append(roots, c.Root)
	}
	for _, i := range selected {
		if root, needs, ok := p.add(b, &r.formulas[i], tf); ok {
			conditions = append(conditions, root)
			roots = append(roots, needs...)
		}
	}
	p.conditions = plan.NewConditions(b.Graph(), conditions)
	roots = append(roots, p.conditions.Columns()...)
	if o.explain {
		roots = append(roots, conditions...) // with all below them
	}
	p.plan = plan.NewPlan(b.Graph(), roots, plan.Options{Timeframe: tf, BlockMax: o.BlockMax, Slack: o.Slack})
	p.exec = p.plan.NewExec()
	p.judge = p.conditions.NewJudge(p.exec)
	read := slices.Clone(p.conditions.Columns())
	columns := map[plan.Ref]int32{}
	p.attentive = make([]uint64, (len(p.rules)+63)/64)
	for i := range p.rules {
		r := &p.rules[i]
		r.gate = p.plan.Gate(r.root)
		p.firings = append(p.firings, newFiring(r.Formula))
		if r.Rearm != "" {
			r.rearmed = p.plan.Handle(r.rearm)
			read = append(read, r.rearm)
		}
		if p.firings[i].attentive() {
			p.attentive[i>>6] |= 1 << (i & 63)
		}
		for _, w := range r.watch {
			at, ok := columns[w.ref]
			if !ok {
				at = int32(len(p.columns))
				columns[w.ref] = at
				read = append(read, w.ref)
				p.columns, p.shown = append(p.columns, p.plan.Handle(w.ref)), append(p.shown, shown{})
			}
			r.columns = append(r.columns, at)
		}
		p.intrabar = p.intrabar || r.Intrabar
	}
	p.makeInputs(b.Graph(), read)
	return p
}

// add compiles a formula into the program. It returns its condition, and what else it needs.
func (p *program) add(b *formula.Builder, f *Formula, tf candle.Timeframe) (root plan.Ref, needs []plan.Ref, ok bool) {
	left := func(what, text string, d formula.Diagnostics) {
		p.err = errors.Join(p.err, fmt.Errorf("stream: formula %s for %s:%s\n%s", f.Name, tf, what, d.Render(text)))
	}
	b.SetParams(f.Params)
	b.SetSelected(f.universe())
	c, d := b.Add(f.Expression)
	if len(d) > 0 {
		left("", f.Expression, d)
		return root, nil, false
	}
	ru := newRule(f, c, p.named)
	if f.Rearm != "" {
		a, d := b.Add(f.Rearm)
		if len(d) > 0 {
			left(" rearm:", f.Rearm, d)
			return root, nil, false
		}
		ru.rearm = a.Root
		needs = append(needs, a.Root)
	}
	for _, w := range c.Watch {
		needs = append(needs, w.Ref)
	}
	p.rules = append(p.rules, ru)
	p.lively = p.lively || f.lives()
	return c.Root, needs, true
}

// shown is a column that matches show, as it was in a step.
type shown struct {
	step   uint64
	values []float64
}

// show returns the values that a rule's matches show of bar j of the last step. A column is looked up once a step, when
// the first match of it asks.
func (p *program) show(r *rule, j int, values []float64) {
	for i, k := range r.columns {
		s := &p.shown[k]
		if s.step != p.steps {
			s.step, s.values = p.steps, p.exec.Values(p.columns[k])
		}
		values[i] = math.NaN()
		if j < len(s.values) {
			values[i] = s.values[j]
		}
	}
}

func newWatch(name string, ref plan.Ref) watch {
	q, err := json.Marshal(name)
	if err != nil {
		panic("stream: " + err.Error()) // a string always marshals
	}
	return watch{name: name, quote: append(q, ':'), ref: ref}
}

func newRule(f *Formula, c formula.Compiled, named []watch) rule {
	ru := rule{Formula: f, root: c.Root, watch: slices.Clone(named)}
	for _, w := range c.Watch {
		if !slices.ContainsFunc(ru.watch, func(x watch) bool { return x.name == w.Name }) {
			ru.watch = append(ru.watch, newWatch(w.Name, w.Ref))
		}
	}
	slices.SortFunc(ru.watch, func(a, b watch) int { return strings.Compare(a.name, b.name) })
	h := sha256.Sum256([]byte(f.Name + "\x00" + c.Canon + "\x00" + string(f.signal())))
	ru.idPrefix = []byte(hex.EncodeToString(h[:]))
	ru.metadata = []byte("{}")
	if len(f.Metadata) > 0 {
		m, err := json.Marshal(f.Metadata)
		if err != nil {
			panic("stream: " + err.Error()) // a map of strings always marshals
		}
		ru.metadata = m
	}
	return ru
}

func (f *Formula) signal() SignalType {
	if f.Signal == "" {
		return ScanHit
	}
	return f.Signal
}
