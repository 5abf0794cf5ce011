package formula

import (
	"slices"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
	"streamd/incremental"
	"streamd/incremental/catalog"
)

// Env is what formulas are compiled in.
type Env struct {
	Table       *catalog.Table   // nil for catalog.New()
	Timeframe   candle.Timeframe // of the series; zero when it is not known
	Named       []Named
	Params      map[string]ParamSetting // overrides of `param` lines
	LookbackMax int                     // bars kept per series, the setting `buffer`

	// Others allows functions that look at other series: the caller has these and gives their columns.
	Others    bool
	Universes []Universe // that formulas can name
	Selected  []string   // patterns of the symbols that a formula selects; none for all
}

// Named is an indicator that formulas use by name.
type Named struct{ Name, Expression string }

// NamedDefaults returns the indicators that are registered from the start.
func NamedDefaults() []Named {
	return []Named{
		{"sma_20", "sma(close, 20)"},
		{"sma_50", "sma(close, 50)"},
		{"sma_200", "sma(close, 200)"},
		{"ema_12", "ema(close, 12)"},
		{"ema_26", "ema(close, 26)"},
		{"rsi_14", "rsi(close, 14)"},
		{"atr_14", "atr(14)"},
		{"volume_sma_20", "sma(volume, 20)"},
	}
}

// NamedWith returns the indicators that are registered from the start and those that
// are added to them; one added takes the place of the one of its name.
func NamedWith(added []Named) []Named {
	all := NamedDefaults()
	for _, n := range added {
		if i := slices.IndexFunc(all, func(o Named) bool { return o.Name == n.Name }); i >= 0 {
			all[i] = n
		} else {
			all = append(all, n)
		}
	}
	return all
}

// NameFault says why formulas could not use an indicator by the name, "" if they can.
func (b *Builder) NameFault(name string) string {
	r := &report{src: name}
	tokens, _ := scan(r)
	switch {
	case len(r.list) > 0 || len(tokens) != 2 || tokens[0].kind != tokenName || tokens[0].text != name:
		return "names are of the letters a to z, digits and _"
	case b.reserved(name):
		return "it has a meaning already"
	}
	return ""
}

// Compiled is a formula that has become part of a graph.
type Compiled struct {
	Root     plan.Ref
	Type     Type
	Bool     bool
	Lookback int    // bars before the first value
	Canon    string // canonical text
	Watch    []Watch
	Named    []string    // registered indicators that the text names, in its order
	Warnings Diagnostics // comparisons that can never be true
}

// Watch is a numeric indicator call written in a formula, by its canonical text with the
// history index behind it.
type Watch struct {
	Name string
	Ref  plan.Ref
}

// MustBeBool returns the diagnostic of a formula that is to fire and is no
// condition, or none.
func (c *Compiled) MustBeBool(src string) Diagnostics {
	if c.Bool {
		return nil
	}
	r := &report{src: src}
	p := parse(&report{src: src})
	at := Span{0, len(src)}
	if n := len(p.statements); n > 0 {
		at = p.statements[n-1].span
	}
	r.add(at, CodeType, `compare it with something: close > sma(close, 20)`,
		"a formula must be a condition, this is a %s", c.Type)
	return r.sorted()
}

// Builder compiles formulas into one graph.
type Builder struct {
	env   Env
	graph *plan.Graph
	rows  map[string]*incremental.Row
	over  map[string]*across.Function // a universe
	ops   map[string]*incremental.Bound
	named map[string]Named
	// expanded holds the named indicators that are in the graph already.
	expanded map[expansion]value

	far    map[string]bool   // words by which a formula looks at other series
	shapes map[string]*shape // nil for one that is not worth it
	scan   shapeScanner
}

// expansion is a named indicator in one graph, of formulas that select the same symbols.
type expansion struct {
	graph          *plan.Graph
	name, selected string
}

// Functions returns every function of the language: the indicator table, then
// the functions of time. A nil table is that of every indicator.
func Functions(t *catalog.Table) []*incremental.Row {
	if t == nil {
		t = catalog.New()
	}
	return slices.Concat(t.Rows(), timeRows())
}

// NewBuilder returns a builder with an empty graph.
func NewBuilder(env Env) *Builder {
	b := &Builder{
		env: env, graph: plan.NewGraph(), rows: map[string]*incremental.Row{}, ops: plan.Operators(),
		named: map[string]Named{}, expanded: map[expansion]value{}, over: map[string]*across.Function{},
		shapes: map[string]*shape{},
	}
	for _, r := range Documented(env.Table) {
		b.rows[r.Name] = r
	}
	for _, f := range across.Functions() {
		b.over[f.Row.Name] = f
	}
	for _, n := range env.Named {
		b.named[n.Name] = n
	}
	b.far = b.farNames()
	return b
}

// SetParams sets the overrides of `param` lines for the formulas added next.
func (b *Builder) SetParams(params map[string]ParamSetting) { b.env.Params = params }

// SetSelected sets the patterns of the symbols that the formulas added next select: their universe, where they name
// none.
func (b *Builder) SetSelected(patterns []string) { b.env.Selected = patterns }

// Named returns the registered indicators.
func (b *Builder) Named() []Named { return b.env.Named }

// Graph returns the graph of everything added.
func (b *Builder) Graph() *plan.Graph { return b.graph }

// Add compiles a formula into the graph. It returns every error found; the
// result is of use only without any.
func (b *Builder) Add(src string) (Compiled, Diagnostics) {
	sh, known := b.shapeOf(src)
	if sh != nil {
		if c, ok := b.again(sh); ok {
			return c, nil
		}
	}
	r := &report{src: src}
	program := parse(r)
	l := &lowering{report: r, builder: b, graph: b.graph}
	v := l.program(program)
	if len(r.list) > 0 {
		return Compiled{}, r.sorted()
	}
	c := Compiled{
		Root: l.column(v), Type: v.typ, Bool: v.typ == Condition, Canon: plan.Shown(v.canon), Watch: l.calls.watch(),
		Named: l.namedUsed, Warnings: r.placed(r.warnings),
	}
	c.Lookback = b.graph.Lookback(c.Root)
	if !known {
		b.remember(program, c)
	}
	return c, nil
}

// Checked is what editors want to know of a formula. Diagnostics is never nil.
type Checked struct {
	OK          bool        `json:"ok"`
	Type        string      `json:"type,omitempty"`
	Lookback    int         `json:"lookback"`
	Canonical   string      `json:"canonical,omitempty"`
	Formatted   string      `json:"formatted,omitempty"`
	Diagnostics Diagnostics `json:"diagnostics"`
	Warnings    Diagnostics `json:"warnings,omitempty"`

	// Needs says what other series must compute for it, in words; none for a formula of its own series.
	Needs []string `json:"needs,omitempty"`
}

// Check compiles a formula into the graph and tells about it.
func (b *Builder) Check(src string) Checked {
	c, d := b.Add(src)
	if len(d) > 0 {
		return Checked{Diagnostics: d}
	}
	formatted, _ := Format(src)
	return Checked{
		OK: true, Type: c.Type.String(), Lookback: c.Lookback, Canonical: c.Canon, Formatted: formatted,
		Diagnostics: Diagnostics{}, Warnings: c.Warnings, Needs: b.Needs(c),
	}
}

// Needs says in words what other series must compute for a formula of the graph, and what that takes in history.
func (b *Builder) Needs(c Compiled) []string {
	var words []string
	for _, n := range plan.NeedsBelow(b.graph, c.Root) {
		what := n.Of.Text
		if what == "" {
			what = "the bar"
		}
		text := what + " of " + n.Of.Symbol
		switch {
		case n.Of.Symbol == "" && n.Of.Universe == "":
			text = what + " of every series that is selected, 8 bytes for each bar of each"
		case n.Of.Symbol == "":
			text = what + " of the universe " + n.Of.Universe + ", 8 bytes for each bar of each series"
		}
		if !slices.Contains(words, text) {
			words = append(words, text)
		}
	}
	return words
}

// Params returns the names of the `param` lines of a formula, also of one with
// errors.
func Params(src string) []string {
	p := parse(&report{src: src})
	var names []string
	for _, s := range p.statements {
		if s.kind == statementParam {
			names = append(names, s.name.text)
		}
	}
	return names
}
