package stream

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
)

// core is what has to be computed for formulas of some shapes on a timeframe. The programs of all series whose
// formulas are of these shapes share it: the numbers of a formula stand in its program's conditions, so that
// `close > 190.5` for one symbol and `close > 0.4` for another are one plan. What is in a core, and in which order, is
// a function of the shapes alone: a series has the same state whatever came before.
type core struct {
	builder *formula.Builder // its graph is the core's; a program's own nodes come and go behind it
	mark    formula.Extent
	plan    *plan.Plan
	exec    *plan.Exec
	named   []watch             // registered indicators, in every match
	columns []plan.Handle       // of everything that matches show
	place   map[plan.Ref]int32  // in columns
	shown   []shown             // of columns
	steps   uint64              // so far
	inputs  []input             // columns that conditions and matches read
	handles []plan.Handle       // of inputs
	lengths map[string]int      // of segments, by their keys
	faces   map[faceKey][]*face // see face
	err     error               // indicators that could not be compiled for the timeframe
}

// face is what formulas of one shape have in common within a core.
type face struct {
	watch   []watch    // named and own, sorted by name
	columns []int32    // of watch, in core.columns
	gate    plan.Gate  // of the condition
	under   []plan.Ref // columns of the core that the condition is made of
	rearm   string     // where there is one
	rearmed plan.Handle
	refs    []plan.Ref // all columns that matches depend on
}

// faceKey finds the faces that may be a formula's.
type faceKey struct {
	rearm string
	under plan.Ref // the first
}

// sample is a formula that a core is made for.
type sample struct {
	formula    *Formula
	expression string // instead of the formula's
}

// newCore lays out what the samples need. A sample that cannot be computed on the timeframe is left out: so is every
// formula of its shape.
func newCore(b *formula.Builder, samples []sample, tf candle.Timeframe, o Options) *core {
	c := &core{
		builder: b, place: map[plan.Ref]int32{}, faces: map[faceKey][]*face{},
	}
	b.SetParams(nil)
	b.SetSelected(nil)
	var roots, conditions []plan.Ref
	if !o.Lean {
		roots = c.addNamed(b, tf)
	}
	shows := slices.Clone(roots)
	for _, s := range samples {
		b.SetParams(s.formula.Params)
		b.SetSelected(s.formula.universe())
		compiled, d := b.Add(s.expression)
		if len(d) > 0 {
			continue
		}
		if s.formula.Rearm != "" {
			rearm, d := b.Add(s.formula.Rearm)
			if len(d) > 0 {
				continue
			}
			roots = append(roots, rearm.Root)
		}
		conditions = append(conditions, compiled.Root)
		for _, w := range compiled.Watch {
			shows = append(shows, w.Ref)
		}
	}
	roots = append(roots, shows...)
	read := plan.NewConditions(b.Graph(), conditions).Columns()
	roots = append(roots, read...)
	if o.explain {
		roots = append(roots, conditions...) // with all below them
	}
	c.plan = plan.NewPlan(b.Graph(), roots, plan.Options{Timeframe: tf, BlockMax: o.BlockMax, Slack: o.Slack})
	c.exec = c.plan.NewExec()
	c.mark = b.Mark()
	for _, r := range shows {
		if _, ok := c.place[r]; !ok {
			c.place[r] = int32(len(c.columns))
			c.columns, c.shown = append(c.columns, c.plan.Handle(r)), append(c.shown, shown{})
		}
	}
	c.makeInputs(b.Graph(), roots[len(c.named):])
	return c
}

// addNamed compiles the registered indicators.
func (c *core) addNamed(b *formula.Builder, tf candle.Timeframe) (roots []plan.Ref) {
	for i, n := range b.Named() {
		compiled, d := b.Add(n.Name)
		if len(d) > 0 {
			// a small buffer has no sma_200; a formula that uses it is refused by name
			if i >= len(formula.NamedDefaults()) {
				c.err = errors.Join(c.err, fmt.Errorf("stream: indicator %s for %s:\n%s", n.Name, tf, d.Render(n.Name)))
			}
			continue
		}
		c.named = append(c.named, newWatch(n.Name, compiled.Root))
		roots = append(roots, compiled.Root)
	}
	return roots
}

// faceOf returns the face of a formula that has been compiled, nil where the core does not compute what it needs.
func (c *core) faceOf(compiled *formula.Compiled, rearm plan.Ref, f *Formula) *face {
	g := c.builder.Graph()
	var buf [8]plan.Ref
	under, thin := g.Under(buf[:0], compiled.Root, c.mark.Nodes())
	if !thin || len(under) == 0 {
		return nil
	}
	key := faceKey{rearm: f.Rearm, under: under[0]}
	for _, have := range c.faces[key] {
		if slices.Equal(have.under, under) && have.shows(c.named, compiled.Watch) {
			return have
		}
	}
	made := &face{watch: slices.Clone(c.named), under: slices.Clone(under), rearm: f.Rearm}
	for _, w := range compiled.Watch {
		if !slices.ContainsFunc(made.watch, func(x watch) bool { return x.name == w.Name }) {
			made.watch = append(made.watch, newWatch(w.Name, w.Ref))
		}
	}
	slices.SortFunc(made.watch, func(a, b watch) int { return cmp.Compare(a.name, b.name) })
	made.refs = slices.Clone(under)
	for _, w := range made.watch {
		at, ok := c.place[w.ref]
		if !ok {
			return nil
		}
		made.columns, made.refs = append(made.columns, at), append(made.refs, w.ref)
	}
	if f.Rearm != "" {
		if !c.plan.Computes(rearm) {
			return nil
		}
		made.rearmed, made.refs = c.plan.Handle(rearm), append(made.refs, rearm)
	}
	made.gate = c.plan.GateOver(under)
	c.faces[key] = append(c.faces[key], made)
	return made
}

// shows reports whether a face shows the named indicators and what is watched, and nothing else.
func (f *face) shows(named []watch, watched []formula.Watch) bool {
	own := 0
	for _, w := range watched {
		if slices.ContainsFunc(named, func(x watch) bool { return x.name == w.Name }) {
			continue
		}
		own++
		if !slices.ContainsFunc(f.watch, func(x watch) bool { return x.name == w.Name && x.ref == w.Ref }) {
			return false
		}
	}
	return len(f.watch) == len(named)+own
}

// shown is a column that matches show, as it was in a step.
type shown struct {
	step   uint64
	values []float64
}

// show returns the values that a rule's matches show of bar j of the last step. A column is looked up once a step, when
// the first match of it asks.
func (c *core) show(r *rule, j int, values []float64) {
	for i, k := range r.columns {
		s := &c.shown[k]
		if s.step != c.steps {
			s.step, s.values = c.steps, c.exec.Values(c.columns[k])
		}
		values[i] = math.NaN()
		if j < len(s.values) {
			values[i] = s.values[j]
		}
	}
}

// cores are the cores of an engine. Programs that are gone leave theirs behind until sweep.
type cores struct {
	builders map[candle.Timeframe]*formula.Builder
	byShapes map[string]*core
	text     []byte
	numbers  []float64
}

func newCores() cores {
	return cores{builders: map[candle.Timeframe]*formula.Builder{}, byShapes: map[string]*core{}}
}

// builder returns a builder for the timeframe with an empty graph, and one for reading shapes.
func (k *cores) builder(rules *Rules, tf candle.Timeframe) *formula.Builder {
	b := k.builders[tf]
	if b == nil {
		b = formula.NewBuilder(rules.Environment(tf))
		k.builders[tf] = b
	}
	return b
}

// of returns the core of the shapes of the formulas.
func (k *cores) of(rules *Rules, selected []*ruled, tf candle.Timeframe, o Options) *core {
	b := k.builder(rules, tf)
	samples := map[string]sample{}
	for _, f := range selected {
		k.text = k.text[:0]
		shaped := false
		if len(f.Params) == 0 {
			k.text, k.numbers, shaped = b.AppendShape(k.text, f.Expression, k.numbers[:0])
		}
		n := len(k.text)
		if !shaped || f.others {
			shaped, k.text = false, appendWhole(k.text[:0], &f.Formula)
		}
		k.text = append(append(k.text, 2), f.Rearm...)
		if _, ok := samples[string(k.text)]; !ok {
			s := sample{formula: &f.Formula, expression: f.Expression}
			if shaped {
				s.expression = formula.Sample(string(k.text[:n]))
			}
			samples[string(k.text)] = s
		}
	}
	keys := slices.Sorted(maps.Keys(samples))
	k.text = append(k.text[:0], tf.String()...)
	for _, key := range keys {
		k.text = append(append(k.text, 3), key...)
	}
	if c := k.byShapes[string(k.text)]; c != nil {
		return c
	}
	inOrder := make([]sample, len(keys))
	for i, key := range keys {
		inOrder[i] = samples[key]
	}
	text := string(k.text)
	c := newCore(b.Fork(), inOrder, tf, o)
	k.byShapes[text] = c
	return c
}

// appendWhole appends what a formula that shares its shape with no other is compiled of.
func appendWhole(dst []byte, f *Formula) []byte {
	dst = append(append(dst, 1), f.Expression...)
	for _, name := range slices.Sorted(maps.Keys(f.Params)) {
		dst = fmt.Appendf(dst, "\x01%s=%s", name, f.Params[name])
	}
	for _, p := range f.universe() {
		dst = append(append(dst, 1), p...)
	}
	return dst
}

// alone returns a core for the formulas as they are.
func (k *cores) alone(rules *Rules, selected []*ruled, tf candle.Timeframe, o Options) *core {
	samples := make([]sample, len(selected))
	for i, f := range selected {
		samples[i] = sample{formula: &f.Formula, expression: f.Expression}
	}
	return newCore(k.builder(rules, tf).Fork(), samples, tf, o)
}

// sweep forgets the cores that no program has.
func (k *cores) sweep(used map[*core]bool) {
	maps.DeleteFunc(k.byShapes, func(_ string, c *core) bool { return !used[c] })
}
