package formula

import (
	"slices"
	"strconv"

	"streamd/formula/plan"
	"streamd/incremental"
)

// lowering types one formula and turns it into nodes of the graph.
type lowering struct {
	*report
	builder *Builder
	graph   *plan.Graph // of the series, or of the inside of a tf()
	inner   bool        // inside a tf()
	hidden  bool        // inside a named indicator, whose calls are not the formula's
	away    away        // inside what other series compute
	nodes   int
	calls   calls
	naming  []string        // named indicators and definitions being expanded
	later   map[string]bool // names that a line further down defines

	namedUsed []string // named indicators that the text names

	// Of a formula whose shape is remembered, or learned from it.
	shape    *shape
	learning bool
	numbers  []float64
}

// program lowers the statements; the last one is the result.
func (l *lowering) program(p *Program) value {
	var s *scope
	l.later = map[string]bool{}
	for _, st := range p.statements {
		l.later[st.name.text] = true
	}
	result := value{}
	for _, st := range p.statements {
		delete(l.later, st.name.text)
		switch st.kind {
		case statementDef:
			s = l.define(s, st)
		case statementParam:
			s = l.param(s, st)
		case statementAssign:
			l.declare(s, st.name, st.kind)
			v := l.assign(l.expr(s, st.value))
			s = s.bind(st.name.text, &binding{e: st.value, in: s, value: map[*plan.Graph]value{l.graph: v}})
		case statementResult:
			result = l.expr(s, st.value)
			if result.typ == Words {
				l.add(st.value.at(), CodeType, "", "a formula cannot be a string")
			}
		}
	}
	return result
}

// param lowers a param line and returns the scope with it.
func (l *lowering) param(s *scope, st statement) *scope {
	l.declare(s, st.name, st.kind)
	v := l.expr(s, st.value)
	if v.typ == Words {
		return l.textParam(s, st, v)
	}
	if v.typ != Nothing && (v.typ != Constant || v.isNa()) {
		l.add(st.value.at(), CodeType, "", "a param must be a constant number, this is %s", v.found())
		v = value{}
	}
	if over, ok := l.builder.env.Params[st.name.text]; ok && v.typ != Nothing {
		x, isNumber := over.Number()
		if !isNumber {
			l.add(st.value.at(), CodeType, "", "the param %s is a number, it cannot be %q", st.name.text, string(over))
			v = value{}
		} else {
			v = constant(x)
		}
	}
	e := expr(number{span: st.value.at(), text: v.canon, value: v.num})
	if v.typ == Nothing {
		e = bad{st.value.at()}
	}
	return s.bind(st.name.text, &binding{e: e, in: s, value: map[*plan.Graph]value{}})
}

// textParam is param for a text: the symbol of sym, or a universe.
func (l *lowering) textParam(s *scope, st statement, v value) *scope {
	if over, ok := l.builder.env.Params[st.name.text]; ok {
		v.text = string(over)
	}
	e := quoted{span: st.value.at(), text: v.text}
	return s.bind(st.name.text, &binding{e: e, in: s, value: map[*plan.Graph]value{}})
}

// expr lowers an expression. What is wrong is reported, and yields Nothing,
// about which no further error is reported.
func (l *lowering) expr(s *scope, e expr) value {
	l.nodes++
	if l.nodes > NodesMax {
		if l.nodes == NodesMax+1 {
			l.add(e.at(), CodeLimit, "", "formula is over the node limit of %d", NodesMax)
		}
		return value{}
	}
	if l.shape == nil || s != nil || l.graph != l.builder.graph {
		return l.anew(s, e)
	}
	if l.learning {
		v := l.anew(s, e)
		l.learn(e.at(), v)
		return v
	}
	if n, ok := e.(number); ok {
		return constant(l.numberAt(n))
	}
	if v, ok := l.remembered(e.at()); ok {
		return v
	}
	return l.anew(s, e)
}

// anew lowers an expression that is not remembered.
func (l *lowering) anew(s *scope, e expr) value {
	switch e := e.(type) {
	case number:
		return constant(e.value)
	case quoted:
		return value{typ: Words, text: e.text, canon: quote(e.text), power: powerAtom}
	case paren:
		return l.expr(s, e.x)
	case name:
		return l.name(s, e)
	case call:
		return l.watched(l.call(s, e))
	case field:
		return l.field(s, e)
	case index:
		return l.index(s, e)
	case unary:
		return l.unary(s, e)
	case binary:
		return l.binary(s, e)
	case chain:
		return l.chain(s, e)
	case conditional:
		return l.conditional(s, e)
	}
	return value{} // bad, reported by the parser
}

// column returns the column of a value, making one of a constant.
func (l *lowering) column(v value) plan.Ref {
	if v.fixed {
		return l.graph.Const(v.num)
	}
	return v.ref
}

// node makes the node of a kernel over values, at once the constant where all
// of them are constant and the kernel has no memory. It refuses what grows over
// a limit; at is the place of the error.
func (l *lowering) node(b *incremental.Bound, canon string, power int, typ Type, inputs []plan.Ref, over []value,
	at Span,
) value {
	ofArguments := !slices.ContainsFunc(b.Row.Inputs, func(in incremental.Input) bool {
		return !in.Given() && in != incremental.Scale
	})
	if ofArguments && b.State == 0 && b.History == 0 && b.Lookback == 0 &&
		!slices.ContainsFunc(over, func(v value) bool { return !v.fixed }) {
		return fold(b, typ, over)
	}
	if len(canon) > ExpandedMax {
		l.add(at, CodeLimit, "", "formula grows over the length limit of %d characters when its names are expanded",
			ExpandedMax)
		return value{}
	}
	v := value{typ: typ, canon: canon, power: power, look: b.Lookback}
	for _, x := range over {
		v.look = max(v.look, x.look+b.Lookback)
	}
	if limit := l.builder.env.LookbackMax; limit > 0 && v.look >= limit {
		l.add(at, CodeLookback, "raise the setting `buffer` to "+strconv.Itoa(v.look+1)+" or more",
			"needs %d bars, the setting `buffer` keeps %d", v.look+1, limit)
		return value{}
	}
	v.ref = l.graph.Call(b, canon, inputs, 0)
	return v
}
