package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"streamd/formula/plan"
	"streamd/incremental"
)

// call lowers f(args).
func (l *lowering) call(s *scope, e call) value {
	if d := s.definition(e.name.text); d != nil {
		return l.expandDefinition(s, e, d)
	}
	switch over := l.builder.over[e.name.text]; {
	case e.name.text == wordHigher:
		return l.higher(s, e)
	case e.name.text == wordSymbol:
		return l.symbol(s, e)
	case over != nil:
		return l.members(s, e, over)
	}
	row := l.builder.rows[e.name.text]
	if row == nil {
		l.unknownFunction(s, e)
		return value{}
	}
	// All arguments are lowered before any is judged, so that the errors
	// within them are reported whatever is wrong with the call.
	given := make([]value, len(e.args))
	for i, a := range e.args {
		given[i] = l.expr(s, a.value)
	}
	if row.Name == "nz" && len(given) == 2 && !given[1].fixed && given[0].typ != Nothing &&
		given[0].typ == given[1].typ {
		return l.replaced(s, e)
	}
	series, rest, ok := l.series(row, e, given)
	if series == nil && !ok {
		return value{}
	}
	condition := row.Name == "nz" && series[0].typ == Condition // is replaced by a condition
	for k, v := range given[rest:] {
		if condition && v.typ == Condition && v.fixed && !v.isNa() {
			given[rest+k] = constant(v.num)
		}
	}
	args, spans, argsOk := l.arguments(row, e.args[rest:], given[rest:], e)
	switch {
	case !ok || !argsOk:
		return value{}
	case condition && args[0].Num != 0 && args[0].Num != 1:
		l.add(spans[0], CodeValue, "", "replacement of nz must be true or false for a condition, found %s",
			formatNumber(args[0].Num))
		return value{}
	}
	return l.bind(row, series, args, spans, e.at())
}

// replaced lowers nz(x, y), where y is a series, as na(x) ? y : x.
func (l *lowering) replaced(s *scope, e call) value {
	x, y := e.args[0].value, e.args[1].value
	isNa := call{name{e.name.span, "na"}, e.args[:1], e.at()}
	return l.expr(s, conditional{e.at(), token{kind: tokenOperator, text: "?", span: e.name.span}, isNa, y, x})
}

func (l *lowering) unknownFunction(s *scope, e call) {
	hint := l.suggest(s, e.name.text, true)
	_, isPrice := price(e.name.text)
	_, isNamed := l.builder.named[e.name.text]
	switch {
	case isPrice || isNamed || s.variable(e.name.text) != nil:
		l.add(e.name.span, CodeName, fmt.Sprintf("history is %s[1]", e.name.text), "%s is no function", e.name.text)
	case l.later[e.name.text]:
		l.add(e.name.span, CodeName, "it is defined further down", "unknown function %q", e.name.text)
	default:
		l.add(e.name.span, CodeName, hint, "unknown function %q", e.name.text)
	}
	for _, a := range e.args { // their errors are worth knowing too
		l.expr(s, a.value)
	}
}

// reals returns how many series a call of the row is given.
func reals(row *incremental.Row) int {
	n := 0
	for _, in := range row.Inputs {
		if in == incremental.Real || in == incremental.Cond {
			n++
		}
	}
	return n
}

// series takes the leading arguments that are series and returns how many
// arguments they were.
func (l *lowering) series(row *incremental.Row, e call, given []value) ([]value, int, bool) {
	want := reals(row)
	if len(given) == 1 && want == 1 && len(row.Params) > 0 && row.Params[0].Kind == incremental.Int &&
		given[0].typ == Constant && e.args[0].label.text == "" {
		return l.impliedSeries(row, e)
	}
	n := 0
	for n < len(given) && n < want && e.args[n].label.text == "" {
		n++
	}
	if n < want && n < len(given) && !slices.ContainsFunc(row.Params,
		func(p incremental.Param) bool { return p.Name == e.args[n].label.text }) {
		l.add(e.args[n].label.span, CodeName, Signature(row), "%s takes its series without a name", row.Name)
		return nil, 0, false
	}
	if n < want && n < len(given) {
		l.add(e.args[n].label.span, CodeArity, Signature(row),
			"%s takes its series first, before arguments with a name", row.Name)
		return nil, 0, false
	}
	if n < want {
		l.add(e.at(), CodeArity, Signature(row), "%s takes %s, found %d", row.Name, count(want, "series", "series"), n)
		return nil, 0, false
	}
	k, ok := 0, true
	for _, in := range row.Inputs {
		switch in {
		case incremental.Real:
			at := e.args[k].value.at()
			if given[k].typ != Condition || !row.TakesConditions {
				ok = l.number(given[k], at, ordinal(k)+" argument of "+row.Name) && ok
			}
			k++
		case incremental.Cond:
			ok = l.condition(given[k], e.args[k].value.at(), ordinal(k)+" argument of "+row.Name) && ok
			k++
		}
	}
	return given[:n], n, ok
}

// impliedSeries is about f(20) where f takes a series and a period: the row says which
// price it then means (highest(20) is that of the highs); for most rows it is a slip.
func (l *lowering) impliedSeries(row *incremental.Row, e call) ([]value, int, bool) {
	if row.Implied != incremental.Real {
		return []value{l.price(row.Implied)}, 0, true
	}
	l.add(e.args[0].value.at(), CodeArity, Signature(row), "%s takes a series first, found a constant number", row.Name)
	return nil, 0, false
}

// bind makes the node of a call; at is the call, spans its parameters.
func (l *lowering) bind(row *incremental.Row, series []value, args incremental.Args, spans []Span, at Span) value {
	if row.Subscript {
		return l.history(series[0], args.Int(0), at)
	}
	bound, err := row.With(args)
	if err != nil {
		l.add(blame(row, args, spans, at), CodeValue, Signature(row), "%s",
			strings.TrimPrefix(err.Error(), "incremental: "))
		return value{}
	}
	var parts []string
	var inputs []plan.Ref
	typ, k := Number, 0
	for _, in := range row.Inputs {
		switch {
		case in == incremental.Scale:
			inputs = append(inputs, l.scale(inputs))
			continue
		case !in.Given():
			inputs = append(inputs, l.graph.Price(in))
			continue
		}
		// nz(cond) of a condition is a condition again.
		if in == incremental.Real && series[k].typ == Condition {
			typ = Condition
		}
		inputs = append(inputs, l.column(series[k]))
		parts = append(parts, series[k].canon)
		k++
	}
	for i, p := range row.Params {
		parts = append(parts, formatArg(p, args[i]))
	}
	if row.Outputs[0].Bool {
		typ = Condition
	}
	canon := row.Name
	if !row.Word {
		canon += "(" + strings.Join(parts, ", ") + ")"
	}
	v := l.node(bound, canon, powerAtom, typ, inputs, series, at)
	if v.typ == Nothing || v.fixed {
		return v
	}
	if row.Compares.What == incremental.ComparesCrossing {
		l.never(row.Compares, inputs[0], inputs[1], at)
	}
	v.bound = bound
	v.canon = l.graph.Canon(v.ref)
	return v
}

// scale is the column of the scale that the values were made from, 0 where they show it.
func (l *lowering) scale(of []plan.Ref) plan.Ref {
	if r, ok := l.graph.ScaleColumn(of...); ok {
		return r
	}
	return l.graph.Const(0)
}

// field lowers f(…).name, one output of a call.
func (l *lowering) field(s *scope, e field) value {
	inner := e.x
	for p, ok := inner.(paren); ok; p, ok = inner.(paren) {
		inner = p.x
	}
	var v value
	if c, ok := inner.(call); ok {
		v = l.call(s, c) // the call with this output is what the formula shows, not with its first
	} else {
		v = l.expr(s, inner)
		l.narrow(v)
	}
	switch {
	case v.typ == Nothing:
		return value{}
	case v.bound == nil:
		l.add(e.name.span, CodeName, l.outputFirst(inner, e.name.text), "only the value of a function has outputs")
		return value{}
	}
	var names []string
	for i, o := range v.bound.Row.Outputs {
		if o.Name == e.name.text || slices.Contains(o.Aliases, e.name.text) {
			v.ref.Out = int16(i)
			v.canon = l.graph.Canon(v.ref)
			v.typ = Number
			if o.Bool {
				v.typ = Condition
			}
			return l.watched(v)
		}
		names = append(append(names, o.Name), o.Aliases...)
	}
	hint := DidYouMean(e.name.text, names)
	if hint == "" {
		hint = "its outputs are " + strings.Join(names, ", ")
	}
	if len(v.bound.Row.Outputs) == 1 {
		hint = "it has one output: write it without ." + e.name.text
	}
	l.add(e.name.span, CodeName, hint, "%s has no output %q", v.bound.Row.Name, e.name.text)
	return value{}
}

// outputFirst returns the hint about an output that stands behind a history or a tf().
func (l *lowering) outputFirst(x expr, output string) string {
	switch x := x.(type) {
	case index:
		if _, ok := x.x.(call); ok {
			return fmt.Sprintf("the output stands first: %s.%s[%s]", l.written(x.x), output, l.written(x.n))
		}
	case call:
		if x.name.text == wordHigher && len(x.args) == 2 {
			return fmt.Sprintf("the output stands within: tf(%s, %s.%s)", l.written(x.args[0].value),
				l.written(x.args[1].value), output)
		}
	}
	return ""
}

// ordinal names an argument in an error.
func ordinal(k int) string {
	if k < 3 {
		return [...]string{"the first", "the second", "the third"}[k]
	}
	return "a later"
}

func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

func quotedList(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = strconv.Quote(w)
	}
	return strings.Join(q, ", ")
}
