package formula

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"

	"streamd/across"
	"streamd/formula/plan"
	"streamd/incremental"
)

// Universe is a set of series that formulas name in functions over a universe.
type Universe struct {
	Name      string
	Symbols   []string // names and patterns; none for all
	Condition string   // its members on a bar are those that fulfil it; empty for all of Symbols
}

// UniverseDepthMax is how many functions over a universe may stand within each other.
const UniverseDepthMax = 3

// members lowers a function over a universe: its first argument in a graph of its own, which every series of the
// universe computes, and its kernel over what the members' values say together.
func (l *lowering) members(s *scope, e call, f *across.Function) value {
	args, rest, ok := e.args, 0, l.mayLeave(e.name)
	if l.away.universe >= UniverseDepthMax {
		l.add(e.name.span, CodeLimit, "", "functions over a universe stand at most %d deep within each other",
			UniverseDepthMax)
		return value{}
	}
	where := l.away
	where.universe++
	var x value
	var graph *plan.Graph
	switch given := len(args) > 0 && args[0].label.text == ""; {
	case given && !(f.Row.Name == "members" && l.isText(s, args[0].value)):
		rest = 1
		x, graph = l.leave(s, args[0].value, where)
		ok = l.asked(f, x, args[0].value.at()) && ok
	case f.Row.Name == "members":
		x, graph = l.leave(s, number{span: e.at(), text: "1", value: 1}, where)
		x.canon = ""
	default:
		l.add(e.at(), CodeArity, Signature(&f.Row), "%s takes 1 series, found 0", f.Row.Name)
		ok = false
	}
	values := make([]value, len(args)-rest)
	for i, a := range args[rest:] {
		values[i] = l.expr(s, a.value)
	}
	given, spans, argsOk := l.arguments(&f.Row, args[rest:], values, e)
	if !ok || !argsOk {
		return value{}
	}
	last := len(f.Row.Params) - 1
	of, ok := l.universe(s, given.Text(last), spans[last], &x, graph, where)
	if !ok {
		return value{}
	}
	return l.overMembers(e, f, given, x, of)
}

// isText reports whether an expression is a string constant.
func (l *lowering) isText(s *scope, e expr) bool {
	switch e := e.(type) {
	case quoted:
		return true
	case name:
		b := s.variable(e.text)
		return b != nil && l.isText(b.in, b.e)
	}
	return false
}

// asked checks what a function is asked of.
func (l *lowering) asked(f *across.Function, x value, at Span) bool {
	what := "the first argument of " + f.Row.Name
	switch {
	case x.typ == Nothing:
		return false
	case f.Row.Inputs[0] == incremental.Cond:
		return l.condition(x, at, what)
	case f.Row.Name == "members" && x.typ == Condition:
		return true
	}
	return l.number(x, at, what)
}

// universe finds the universe of a call. A condition of it becomes part of x: who does not fulfil it has no value.
func (l *lowering) universe(s *scope, name string, at Span, x *value, graph *plan.Graph, where away) (*plan.Others,
	bool,
) {
	of := &plan.Others{Graph: graph, Root: x.ref, Text: plan.Shown(x.canon)}
	mark := ""
	switch i := slices.IndexFunc(l.builder.env.Universes, func(u Universe) bool { return u.Name == name }); {
	case at == Span{} || name == "":
		of.Patterns = l.builder.env.Selected
		mark = markOf(l.builder.env.Selected)
	case i < 0:
		l.unknownUniverse(name, at)
		return nil, false
	default:
		u := l.builder.env.Universes[i]
		of.Universe, of.Patterns = u.Name, u.Symbols
		if u.Condition != "" {
			root, ok := l.fulfilling(u, at, x, graph, where)
			if !ok {
				return nil, false
			}
			of.Root = root
		}
	}
	of.Scale = graph.Scale(of.Root)
	of.Canon = plan.Mark(x.canon, mark) + " in " + quote(of.Universe)
	return of, true
}

func (l *lowering) unknownUniverse(name string, at Span) {
	var names []string
	for _, u := range l.builder.env.Universes {
		names = append(names, u.Name)
	}
	hint := DidYouMean(name, names)
	switch {
	case hint != "":
	case len(names) > 0:
		hint = "one of " + quotedList(names)
	default:
		hint = "the configuration names them under `universes`"
	}
	l.add(at, CodeName, hint, "unknown universe %q", name)
}

// fulfilling returns the column that is x where the condition of a universe is true, else na.
func (l *lowering) fulfilling(u Universe, at Span, x *value, graph *plan.Graph, where away) (plan.Ref, bool) {
	known := "universe " + u.Name
	if slices.Contains(l.naming, known) {
		l.add(at, CodeName, "", "the universe %s is defined by itself", u.Name)
		return plan.Ref{}, false
	}
	r := &report{src: u.Condition}
	p := parse(r)
	sub := &lowering{
		report: r, builder: l.builder, graph: graph, nodes: l.nodes, hidden: true, away: where,
		naming: append(slices.Clone(l.naming), known),
	}
	c := sub.program(p)
	l.nodes = sub.nodes
	if len(r.list) == 0 && c.typ != Condition {
		r.add(Span{0, len(u.Condition)}, CodeType, "", "it must be a condition, this is a %s", c.typ)
	}
	if len(r.list) > 0 {
		l.add(at, CodeName, "", "the universe %s is defined as %q: %s", u.Name, u.Condition, r.sorted()[0].Message)
		return plan.Ref{}, false
	}
	canon := "(" + c.canon + " ? " + x.within(powerAtom) + " : na)"
	if x.canon == "" {
		canon = "(" + c.canon + " ? 1 : na)"
	}
	inputs := []plan.Ref{sub.column(c), x.ref, graph.Const(math.NaN())}
	return graph.Call(l.builder.ops["?"], canon, inputs, 0), l.fits(canon, at)
}

// overMembers makes the node of a function over the columns that it takes.
func (l *lowering) overMembers(e call, f *across.Function, args incremental.Args, x value, of *plan.Others) value {
	bound, err := f.Bind(args)
	if err != nil {
		l.add(e.at(), CodeValue, Signature(&f.Row), "%s", strings.TrimPrefix(err.Error(), "incremental: "))
		return value{}
	}
	var parts []string
	if x.canon != "" {
		parts = append(parts, x.canon)
	}
	last := len(args) - 1
	for i, p := range f.Row.Params[:last] {
		parts = append(parts, formatArg(p, args[i]))
	}
	name := f.Row.Name
	if of.Universe == "" {
		name = plan.Mark(name, markOf(of.Patterns))
	} else {
		parts = append(parts, quote(of.Universe))
	}
	v := value{typ: Number, canon: name + "(" + strings.Join(parts, ", ") + ")", power: powerAtom, bound: bound}
	if f.Row.Outputs[0].Bool {
		v.typ = Condition
	}
	if !l.fits(v.canon, e.at()) {
		return value{}
	}
	inputs := make([]plan.Ref, len(f.Takes))
	for i, take := range f.Takes {
		inputs[i] = l.graph.Other(plan.Need{Of: of, Take: take})
	}
	v.ref = l.graph.Call(bound, v.canon, inputs, 0)
	return v
}

// markOf tells the series that formulas select apart; selecting all has no mark.
func markOf(patterns []string) string {
	if len(patterns) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(patterns, "\x00")))
	return hex.EncodeToString(sum[:6])
}
