package formula

import (
	"slices"
	"strings"

	"streamd/formula/plan"
)

// define takes a def line and returns the scope with it. The body is lowered
// once with parameters of no type, so that its errors come out even if nothing
// calls it.
func (l *lowering) define(s *scope, st statement) *scope {
	l.declare(s, st.name, st.kind)
	for i, p := range st.params {
		switch {
		case slices.ContainsFunc(st.params[:i], func(o name) bool { return o.text == p.text }):
			l.add(p.span, CodeName, "", "parameter %s is there twice", p.text)
		case l.builder.reserved(p.text):
			l.add(p.span, CodeName, "", "%s has a meaning already and cannot be a parameter", p.text)
		}
	}
	d := &definition{statement: st}
	s = &scope{outer: s, name: st.name.text, d: d}
	d.in = s
	inside := s
	for _, p := range st.params {
		inside = inside.bind(p.text, &binding{e: bad{p.span}, value: map[*plan.Graph]value{l.graph: {}}})
	}
	hidden := l.hidden
	l.hidden, l.naming = true, append(l.naming, "def "+st.name.text)
	l.expr(inside, st.value)
	l.hidden, l.naming = hidden, l.naming[:len(l.naming)-1]
	return s
}

// expandDefinition lowers the body of a def with the arguments of a call.
func (l *lowering) expandDefinition(s *scope, e call, d *definition) value {
	if slices.Contains(l.naming, "def "+d.name.text) {
		l.add(e.name.span, CodeName, "a formula has no loops", "%s calls itself", d.name.text)
		return value{}
	}
	bound := make([]*binding, len(d.params))
	ok := true
	for i, a := range e.args {
		b := &binding{e: a.value, in: s, value: map[*plan.Graph]value{l.graph: l.assign(l.expr(s, a.value))}}
		k := i
		if a.label.text != "" {
			k = slices.IndexFunc(d.params, func(p name) bool { return p.text == a.label.text })
		}
		switch {
		case k < 0:
			l.add(a.label.span, CodeName, d.signature(), "%s has no parameter %q", d.name.text, a.label.text)
			ok = false
		case k >= len(d.params):
			l.add(a.value.at(), CodeArity, d.signature(), "%s takes %s, found %d", d.name.text,
				count(len(d.params), "argument", "arguments"), len(e.args))
			return value{}
		case bound[k] != nil:
			l.add(a.value.at(), CodeArity, d.signature(), "%s is given twice", d.params[k].text)
			ok = false
		default:
			bound[k] = b
		}
	}
	inside := d.in
	for k, p := range d.params {
		if bound[k] == nil && ok {
			l.add(e.at(), CodeArity, d.signature(), "%s needs %s", d.name.text, p.text)
			ok = false
		}
		inside = inside.bind(p.text, bound[k])
	}
	if !ok {
		return value{}
	}
	l.naming = append(l.naming, "def "+d.name.text)
	v := l.expr(inside, d.value)
	l.naming = l.naming[:len(l.naming)-1]
	return v
}

// signature returns how the def is called.
func (d *definition) signature() string {
	parts := make([]string, len(d.params))
	for i, p := range d.params {
		parts[i] = p.text
	}
	return d.name.text + "(" + strings.Join(parts, ", ") + ")"
}
