package formula

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"streamd/incremental"
)

// prices are the names of the candle's columns; the composites are expressions.
var prices = map[string]incremental.Input{
	"open": incremental.Open, "high": incremental.High, "low": incremental.Low,
	"close": incremental.Close, "volume": incremental.Volume,
}

var composites = map[string]string{
	"hl2": "(high + low) / 2", "hlc3": "(high + low + close) / 3",
	"ohlc4": "(open + high + low + close) / 4", "hlcc4": "(high + low + close + close) / 4",
}

// known reports whether a name has a meaning of its own.
func (b *Builder) known(n string) bool {
	_, price := prices[n]
	_, composite := composites[n]
	_, named := b.named[n]
	return price || composite || named || b.rows[n] != nil || slices.Contains([]string{"na", "true", "false", "tf", "param", "def", "tr"}, n)
}

// name lowers a variable, price or named indicator.
func (l *lowering) name(s *scope, e name) value {
	if b := s.lookup(e.text); b != nil {
		v, ok := b.value[l.graph]
		if !ok {
			v = l.expr(b.in, b.e)
			b.value[l.graph] = v
		}
		return v
	}
	if in, ok := prices[e.text]; ok {
		return value{typ: Number, ref: l.graph.Price(in), canon: e.text, power: powerAtom}
	}
	switch e.text {
	case "true":
		return truth(1)
	case "false":
		return truth(0)
	case "na":
		return constant(math.NaN(), "na")
	}
	if text, ok := composites[e.text]; ok {
		return l.expand(e, text)
	}
	if n, ok := l.builder.named[e.text]; ok {
		return l.expand(e, n.Expression)
	}
	row := l.builder.rows[e.text]
	if row == nil && e.text == "tr" {
		row = l.builder.rows["trange"]
	}
	if row != nil {
		if !slices.Contains(row.Inputs, incremental.Real) && !slices.Contains(row.Inputs, incremental.Cond) {
			return l.bind(row, nil, nil, e.span, e.span)
		}
		l.add(e.span, CodeName, "write "+signature(row), "%s is a function", e.text)
		return value{}
	}
	if _, _, ok := s.definition(e.text); ok {
		l.add(e.span, CodeName, "", "%s is a function", e.text)
		return value{}
	}
	l.add(e.span, CodeName, l.suggest(s, e.text, false), "unknown name %q", e.text)
	return value{}
}

// expand lowers a text of its own in place of a name.
func (l *lowering) expand(at name, text string) value {
	if slices.Contains(l.naming, at.text) {
		l.add(at.span, CodeName, "", "%s is defined by itself", at.text)
		return value{}
	}
	r := &report{src: text}
	p := parse(r)
	sub := &lowering{
		report: r, builder: l.builder, graph: l.graph, inner: l.inner, nodes: l.nodes, depth: l.depth,
		naming: append([]string{""}, append(slices.Clone(l.naming), at.text)...),
	}
	v := sub.program(p)
	l.nodes = sub.nodes
	if len(r.list) > 0 {
		l.add(at.span, CodeName, "", "%s is defined as %q: %s", at.text, text, r.sorted()[0].Message)
		return value{}
	}
	return v
}

// call lowers f(args).
func (l *lowering) call(s *scope, e call) value {
	switch {
	case e.name.text == "":
		return value{}
	case e.name.text == "tf":
		return l.higher(s, e)
	}
	if d, in, ok := s.definition(e.name.text); ok {
		return l.definition(s, e, d, in)
	}
	row := l.builder.rows[e.name.text]
	if row == nil && e.name.text == "tr" {
		row = l.builder.rows["trange"]
	}
	if row == nil {
		hint := l.suggest(s, e.name.text, true)
		if l.builder.known(e.name.text) || s.lookup(e.name.text) != nil {
			hint = e.name.text + " takes no arguments"
		}
		l.add(e.name.span, CodeName, hint, "unknown function %q", e.name.text)
		for _, a := range e.args { // their errors are worth knowing too
			l.expr(s, a.value)
		}
		return value{}
	}
	var series []value
	var at []Span
	wanted := reals(row)
	rest := e.args
	ok := true
	for len(series) < wanted && len(rest) > 0 && rest[0].label.text == "" {
		v := l.expr(s, rest[0].value)
		series, at = append(series, v), append(at, rest[0].value.at())
		rest = rest[1:]
	}
	if len(series) < wanted {
		for _, a := range rest {
			l.expr(s, a.value)
		}
		l.add(e.at(), CodeArity, signature(row), "%s takes %d series, found %d", row.Name, wanted, len(series))
		return value{}
	}
	k := 0
	for _, in := range row.Inputs {
		switch in {
		case incremental.Real:
			ok = l.numberOrAny(row, series[k], at[k]) && ok
			k++
		case incremental.Cond:
			ok = l.condition(series[k], at[k], "argument "+strconv.Itoa(k+1)+" of "+row.Name) && ok
			k++
		}
	}
	args, argsOk := l.arguments(s, row, rest, e)
	if !ok || !argsOk {
		return value{}
	}
	return l.bind(row, series, args, e.at(), e.name.span)
}

// numberOrAny takes a number; the functions about na take a condition too.
func (l *lowering) numberOrAny(row *incremental.Row, v value, at Span) bool {
	if v.typ == Condition && row.NaAware {
		return true
	}
	return l.number(v, at, "an argument of "+row.Name)
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

// arguments reads the parameters, by position and by name.
func (l *lowering) arguments(s *scope, row *incremental.Row, given []argument, e call) (incremental.Args, bool) {
	args := row.Defaults()
	set := make([]bool, len(row.Params))
	ok := true
	position := 0
	for _, a := range given {
		v := l.expr(s, a.value)
		i := position
		if a.label.text != "" {
			i = slices.IndexFunc(row.Params, func(p incremental.Param) bool { return p.Name == a.label.text })
			if i < 0 {
				l.add(a.label.span, CodeArity, signature(row), "%s has no parameter %s", row.Name, a.label.text)
				ok = false
				continue
			}
		} else {
			position++
		}
		if i >= len(row.Params) {
			l.add(a.value.at(), CodeArity, signature(row), "%s takes at most %d arguments", row.Name, reals(row)+len(row.Params))
			return nil, false
		}
		if set[i] {
			l.add(a.value.at(), CodeArity, "", "%s is given twice", row.Params[i].Name)
			ok = false
			continue
		}
		set[i] = true
		var argOk bool
		args[i], argOk = l.argument(row, row.Params[i], v, a.value.at())
		ok = ok && argOk
	}
	for i, p := range row.Params {
		if p.Required && !set[i] {
			l.add(e.at(), CodeArity, signature(row), "%s needs %s", row.Name, p.Name)
			ok = false
		}
	}
	return args, ok
}

func (l *lowering) argument(row *incremental.Row, p incremental.Param, v value, at Span) (incremental.Arg, bool) {
	if v.typ == Nothing {
		return incremental.Arg{}, false
	}
	switch p.Kind {
	case incremental.Text:
		if v.typ != Words {
			l.add(at, CodeType, signature(row), "%s of %s must be a text, found a %s", p.Name, row.Name, v.typ)
			return incremental.Arg{}, false
		}
		return incremental.Arg{Text: v.text}, true
	case incremental.MA:
		m, ok := incremental.ParseMAType(v.text)
		if v.typ != Words || !ok {
			l.add(at, CodeValue, "one of "+strings.Join(incremental.MATypes(), ", "), "%s of %s must be the name of a moving average", p.Name, row.Name)
			return incremental.Arg{}, false
		}
		return incremental.Arg{Num: float64(m)}, true
	}
	if v.typ != Constant || !v.fixed || v.isNa() {
		l.add(at, CodeType, signature(row), "%s of %s must be a constant number, found a %s", p.Name, row.Name, v.typ)
		return incremental.Arg{}, false
	}
	switch {
	case p.Kind == incremental.Int && v.num != math.Trunc(v.num):
		l.add(at, CodeValue, "", "%s of %s must be a whole number, found %s", p.Name, row.Name, formatNumber(v.num))
	case v.num < p.Min:
		l.add(at, CodeValue, "", "%s of %s must be at least %s, found %s", p.Name, row.Name, formatNumber(p.Min), formatNumber(v.num))
	case v.num > p.Max:
		l.add(at, CodeValue, "", "%s of %s must be at most %s, found %s", p.Name, row.Name, formatNumber(p.Max), formatNumber(v.num))
	default:
		return incremental.Arg{Num: v.num}, true
	}
	return incremental.Arg{}, false
}

// bind makes the node of a call.
func (l *lowering) bind(row *incremental.Row, series []value, args incremental.Args, at, nameAt Span) value {
	if args == nil {
		args = row.Defaults()
		if slices.ContainsFunc(row.Params, func(p incremental.Param) bool { return p.Required }) {
			l.add(nameAt, CodeArity, signature(row), "%s needs arguments", row.Name)
			return value{}
		}
	}
	if row.Name == "lag" {
		return l.history(series[0], args.Int(0), at)
	}
	bound, err := row.With(args)
	if err != nil {
		l.add(at, CodeValue, signature(row), "%s", strings.TrimPrefix(err.Error(), "incremental: "))
		return value{}
	}
	var parts []string
	var inputs []Ref
	look, k := 0, 0
	conditions := false
	for _, in := range row.Inputs {
		if in != incremental.Real && in != incremental.Cond {
			inputs = append(inputs, l.graph.Price(in))
			continue
		}
		inputs = append(inputs, l.column(series[k]))
		parts = append(parts, series[k].canon)
		look = max(look, series[k].look)
		conditions = conditions || series[k].typ == Condition && in == incremental.Real
		k++
	}
	for i, p := range row.Params {
		parts = append(parts, formatArg(p, args[i]))
	}
	canon := row.Name + "(" + strings.Join(parts, ", ") + ")"
	v := value{typ: Number, canon: canon, power: powerAtom, bound: bound, look: look + bound.Lookback}
	v.ref = l.graph.Call(bound, canon, inputs, 0)
	if len(row.Outputs) > 1 {
		v.canon = l.graph.Canon(v.ref)
	}
	// nz(cond) of a condition is a condition again; na(x) always is one.
	if row.Outputs[0].Bool || conditions && row.Group == incremental.GroupSeries {
		v.typ = Condition
	}
	return l.bounded(v, at)
}

func formatArg(p incremental.Param, a incremental.Arg) string {
	switch p.Kind {
	case incremental.Text:
		return strconv.Quote(a.Text)
	case incremental.MA:
		return strconv.Quote(incremental.MAType(a.Num).String())
	}
	return formatNumber(a.Num)
}

// field lowers f(…).name, one output of a call.
func (l *lowering) field(s *scope, e field) value {
	inner := e.x
	for {
		p, ok := inner.(paren)
		if !ok {
			break
		}
		inner = p.x
	}
	var v value
	switch x := inner.(type) {
	case call:
		v = l.call(s, x)
	case name:
		v = l.name(s, x)
	default:
		v = l.expr(s, e.x)
	}
	if v.typ == Nothing {
		return value{}
	}
	if v.bound == nil {
		l.add(e.name.span, CodeName, "", "only a function has outputs")
		return value{}
	}
	for i, o := range v.bound.Row.Outputs {
		if o.Name == e.name.text || slices.Contains(o.Aliases, e.name.text) {
			v.ref.Out = int16(i)
			v.canon = l.graph.Canon(v.ref)
			v.typ = Number
			if o.Bool {
				v.typ = Condition
			}
			_, written := inner.(call)
			return l.watched(v, written)
		}
	}
	var names []string
	for _, o := range v.bound.Row.Outputs {
		names = append(append(names, o.Name), o.Aliases...)
	}
	l.add(e.name.span, CodeName, "its outputs are "+strings.Join(names, ", "), "%s has no output %s", v.bound.Row.Name, e.name.text)
	return value{}
}

// definition expands a call of a function that the formula defines.
func (l *lowering) definition(s *scope, e call, d statement, in *scope) value {
	if slices.Contains(l.naming, "def "+d.name.text) {
		l.add(e.name.span, CodeName, "", "%s calls itself", d.name.text)
		return value{}
	}
	if len(e.args) != len(d.params) {
		l.add(e.at(), CodeArity, "", "%s takes %d arguments, found %d", d.name.text, len(d.params), len(e.args))
		return value{}
	}
	inside := &scope{outer: in, vars: map[string]*binding{}}
	for i, p := range d.params {
		a := e.args[i]
		if a.label.text != "" && a.label.text != p.text {
			k := slices.IndexFunc(e.args, func(o argument) bool { return o.label.text == p.text })
			if k < 0 {
				l.add(a.label.span, CodeArity, "", "%s has no parameter %s", d.name.text, a.label.text)
				return value{}
			}
			a = e.args[k]
		}
		inside.vars[p.text] = &binding{e: a.value, in: s, value: map[*Graph]value{}}
	}
	l.naming = append(l.naming, "def "+d.name.text)
	v := l.expr(inside, d.value)
	l.naming = l.naming[:len(l.naming)-1]
	return v
}
