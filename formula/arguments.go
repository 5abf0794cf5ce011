package formula

import (
	"math"
	"slices"

	"streamd/incremental"
)

// arguments reads the parameters, by position and by name, and returns where they
// stand; the span of one that is not given is empty.
func (l *lowering) arguments(row *incremental.Row, given []argument, values []value, e call) (incremental.Args, []Span,
	bool,
) {
	args, spans, ok := row.Defaults(), make([]Span, len(row.Params)), true
	for position, a := range given {
		i := position
		if a.label.text != "" {
			i = slices.IndexFunc(row.Params, func(p incremental.Param) bool { return p.Name == a.label.text })
			if i < 0 {
				l.unknownParam(row, a.label)
				ok = false
				continue
			}
		} else if position > 0 && given[position-1].label.text != "" {
			l.add(a.value.at(), CodeArity, Signature(row), "an argument without a name stands after one with a name")
			ok = false
			continue
		}
		switch {
		case i >= len(row.Params):
			l.add(a.value.at(), CodeArity, Signature(row), "%s takes at most %s, found %d", row.Name,
				count(reals(row)+len(row.Params), "argument", "arguments"), len(e.args))
			return nil, nil, false
		case spans[i] != Span{}:
			l.add(a.label.span, CodeArity, "", "%s is given twice", row.Params[i].Name)
			ok = false
			continue
		}
		spans[i] = a.value.at()
		var argOk bool
		args[i], argOk = l.argument(row, row.Params[i], values[position], a.value.at())
		ok = ok && argOk
	}
	for i, p := range row.Params {
		if p.Required && spans[i] == (Span{}) {
			l.add(e.at(), CodeArity, Signature(row), "%s needs %s", row.Name, p.Name)
			ok = false
		}
	}
	return args, spans, ok
}

func (l *lowering) unknownParam(row *incremental.Row, label name) {
	var names []string
	for _, p := range row.Params {
		names = append(names, p.Name)
	}
	hint := DidYouMean(label.text, names)
	if hint == "" {
		hint = Signature(row)
	}
	l.add(label.span, CodeName, hint, "%s has no parameter %q", row.Name, label.text)
}

// argument reads the value of one parameter.
func (l *lowering) argument(row *incremental.Row, p incremental.Param, v value, at Span) (incremental.Arg, bool) {
	what := p.Name + " of " + row.Name
	switch {
	case v.typ == Nothing:
		return incremental.Arg{}, false
	case p.Kind == incremental.Text || p.Kind == incremental.MA:
		return l.textArgument(row, p, v, at)
	case v.typ != Constant || v.isNa():
		hint := Signature(row)
		if reals(row) == 0 {
			hint = row.Name + " reads the prices itself: " + hint
		}
		if v.typ == Number && row.Pairwise != "" {
			hint = "of two series, bar by bar: " + row.Pairwise + "(a, b)"
		}
		l.add(at, CodeType, hint, "%s must be a constant number, found %s", what, v.found())
	case p.Kind == incremental.Int && v.num != math.Trunc(v.num):
		l.add(at, CodeValue, "", "%s must be a whole number, found %s", what, formatNumber(v.num))
	case v.num < p.Min:
		l.add(at, CodeValue, "", "%s must be at least %s, found %s", what, formatNumber(p.Min), formatNumber(v.num))
	case v.num > p.Max && p.Max == incremental.PeriodMax:
		l.add(at, CodeValue, l.kept(), "%s must be at most %s, found %s", what, formatNumber(p.Max),
			formatNumber(v.num))
	case v.num > p.Max:
		l.add(at, CodeValue, "", "%s must be at most %s, found %s", what, formatNumber(p.Max), formatNumber(v.num))
	default:
		return incremental.Arg{Num: v.num}, true
	}
	return incremental.Arg{}, false
}

func (l *lowering) textArgument(row *incremental.Row, p incremental.Param, v value, at Span) (incremental.Arg, bool) {
	words := p.Choices
	if p.Kind == incremental.MA {
		words = append(incremental.MATypes(), "default")
	}
	if v.typ != Words {
		hint := Signature(row)
		if words != nil {
			hint = "one of " + quotedList(words)
		}
		l.add(at, CodeType, hint, "%s of %s must be a string constant, found %s", p.Name, row.Name, v.found())
		return incremental.Arg{}, false
	}
	if words != nil && !slices.Contains(words, v.text) {
		hint := DidYouMean(v.text, words)
		if hint == "" {
			hint = "one of " + quotedList(words)
		}
		l.add(at, CodeValue, hint, "%s of %s cannot be %q", p.Name, row.Name, v.text)
		return incremental.Arg{}, false
	}
	if p.Kind == incremental.MA && v.text == "default" {
		return incremental.Arg{Num: p.Default}, true
	}
	if p.Kind == incremental.MA {
		m, _ := incremental.ParseMAType(v.text)
		return incremental.Arg{Num: float64(m)}, true
	}
	return incremental.Arg{Text: v.text}, true
}

// blame returns the place of the parameter that a row does not take: the only one
// that is given, or the only one with whose default it would do, or one that has no
// default; else the call.
func blame(row *incremental.Row, args incremental.Args, spans []Span, at Span) Span {
	var given, guilty, required []Span
	for i, span := range spans {
		if span == (Span{}) {
			continue
		}
		given = append(given, span)
		if row.Params[i].Required {
			required = append(required, span)
			continue
		}
		without := slices.Clone(args)
		without[i] = row.Defaults()[i]
		if _, err := row.With(without); err == nil {
			guilty = append(guilty, span)
		}
	}
	switch {
	case len(given) == 1:
		return given[0]
	case len(guilty) == 1:
		return guilty[0]
	case len(guilty) == 0 && len(required) == 1:
		return required[0]
	}
	return at
}
