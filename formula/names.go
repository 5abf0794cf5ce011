package formula

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"streamd/formula/plan"
	"streamd/incremental"
)

// scope is one name with what was named before it: a chain, so that an expression
// sees what stands above it and nothing below.
type scope struct {
	outer *scope
	name  string
	v     *binding    // of a variable, nil for a def
	d     *definition // of a def
}

// binding is a name for an expression. The expression is lowered again for each
// graph: the same name within a tf() means the higher bars.
type binding struct {
	e     expr
	in    *scope
	value map[*plan.Graph]value
}

// definition is a def with the scope that it was written in.
type definition struct {
	statement
	in *scope
}

func (s *scope) lookup(name string) *scope {
	for s != nil && s.name != name {
		s = s.outer
	}
	return s
}

func (s *scope) bind(name string, b *binding) *scope { return &scope{outer: s, name: name, v: b} }

func (s *scope) variable(name string) *binding {
	if f := s.lookup(name); f != nil {
		return f.v
	}
	return nil
}

func (s *scope) definition(name string) *definition {
	if f := s.lookup(name); f != nil {
		return f.d
	}
	return nil
}

// names returns the variables, or else the defs.
func (s *scope) names(defs bool) []string {
	var all []string
	for ; s != nil; s = s.outer {
		if (s.d != nil) == defs {
			all = append(all, s.name)
		}
	}
	return all
}

// priceNames are the columns of the candle that a formula can name.
var priceNames = []string{
	incremental.Open: "open", incremental.High: "high", incremental.Low: "low", incremental.Close: "close",
	incremental.Volume: "volume",
}

// price returns the column of the candle with that name.
func price(name string) (incremental.Input, bool) {
	i := slices.Index(priceNames, name)
	return incremental.Input(i), i >= 0 && name != ""
}

// price is the value of a column of the candle.
func (l *lowering) price(in incremental.Input) value {
	return value{typ: Number, ref: l.graph.Price(in), canon: priceNames[in], power: powerAtom}
}

// reserved reports whether a name has a meaning that a formula cannot change.
// Names of functions are free: sma = sma(close, 20) is clear enough.
func (b *Builder) reserved(n string) bool {
	_, isPrice := price(n)
	row := b.rows[n]
	return isPrice || row != nil && (row.Word || row.Group == incremental.GroupTime) ||
		slices.Contains([]string{"na", "true", "false", wordHigher, "param", "def"}, n)
}

// declare refuses names that have a meaning already.
func (l *lowering) declare(s *scope, n name, kind statementKind) {
	switch {
	case n.text == "": // reported by the parser
	case s.lookup(n.text) != nil:
		l.add(n.span, CodeName, "", "%s is defined twice", n.text)
	case l.builder.reserved(n.text):
		hint := fmt.Sprintf("to compare write %s == …", n.text)
		if kind != statementAssign {
			hint = "choose another name"
		}
		l.add(n.span, CodeName, hint, "%s has a meaning already and cannot be assigned", n.text)
	}
}

// name lowers a variable, price or named indicator.
func (l *lowering) name(s *scope, e name) value {
	if b := s.variable(e.text); b != nil {
		v, ok := b.value[l.graph]
		if !ok {
			v = l.expr(b.in, b.e)
			b.value[l.graph] = v
		}
		return l.named(v)
	}
	if in, ok := price(e.text); ok {
		return l.price(in)
	}
	switch e.text {
	case "true":
		return truth(1)
	case "false":
		return truth(0)
	case "na":
		return constant(math.NaN())
	}
	if n, ok := l.builder.named[e.text]; ok {
		if !l.hidden && !slices.Contains(l.namedUsed, e.text) {
			l.namedUsed = append(l.namedUsed, e.text)
		}
		return l.expand(e, n.Expression)
	}
	if row := l.builder.rows[e.text]; row != nil {
		if bare(row) {
			return l.bind(row, nil, row.Defaults(), nil, e.span)
		}
		hint := "write " + Signature(row)
		if slices.Contains(incremental.MATypes(), e.text) {
			hint += fmt.Sprintf("; a kind of moving average is %q, in quotes", e.text)
		}
		l.add(e.span, CodeName, hint, "%s is a function", e.text)
		return value{}
	}
	if d := s.definition(e.text); d != nil {
		l.add(e.span, CodeName, "write "+d.signature(), "%s is a function", e.text)
		return value{}
	}
	hint := l.suggest(s, e.text, false)
	if l.later[e.text] {
		hint = "it is defined further down"
	}
	l.add(e.span, CodeName, hint, "unknown name %q", e.text)
	return value{}
}

// bare reports whether a function may stand without parentheses: it takes
// neither series nor parameters, or it is the hour, the month and so on.
func bare(row *incremental.Row) bool {
	if reals(row) > 0 || slices.ContainsFunc(row.Params, func(p incremental.Param) bool { return p.Required }) {
		return false
	}
	return len(row.Params) == 0 || row.Group == incremental.GroupTime
}

// expand lowers the expression of a named indicator in place of its name.
func (l *lowering) expand(at name, text string) value {
	if slices.Contains(l.naming, at.text) {
		l.add(at.span, CodeName, "", "%s is defined by itself", at.text)
		return value{}
	}
	key := expansion{l.graph, at.text, markOf(l.builder.env.Selected)}
	if v, ok := l.builder.expanded[key]; ok {
		return v
	}
	r := &report{src: text}
	p := parse(r)
	sub := &lowering{
		report: r, builder: l.builder, graph: l.graph, inner: l.inner, nodes: l.nodes,
		naming: append(slices.Clone(l.naming), at.text), hidden: true, away: l.away,
	}
	v := sub.program(p)
	l.nodes = sub.nodes
	if len(r.list) > 0 {
		l.add(at.span, CodeName, "", "%s is defined as %q: %s", at.text, text, r.sorted()[0].Message)
		return value{}
	}
	if l.graph == l.builder.graph {
		l.builder.expanded[key] = v
	}
	return v
}

// suggest returns a hint with the nearest known name, or "".
func (l *lowering) suggest(s *scope, word string, function bool) string {
	if l.full() { // misspellings by the thousand
		return ""
	}
	if hint := pineHint(word, nil); hint != "" {
		return hint
	}
	if function {
		if hint := pineHint("ta."+word, nil); hint != "" {
			return hint
		}
	}
	words := []string{wordHigher}
	for n, row := range l.builder.rows {
		if function || bare(row) {
			words = append(words, n)
		}
	}
	if !function {
		words = append(words, "true", "false", "na")
		words = append(words, priceNames[incremental.Open:]...)
		words = slices.AppendSeq(words, maps.Keys(l.builder.named))
	}
	if function {
		words = append(words, "not") // NOT (…)
	}
	words = append(words, s.names(function)...)
	slices.Sort(words)
	if hint := DidYouMean(word, words); hint != "" || function {
		return hint
	}
	if row := l.builder.rows[nearest(word, slices.Sorted(maps.Keys(l.builder.rows)))]; row != nil {
		return "did you mean " + Signature(row) + "?"
	}
	return ""
}
