package formula

import (
	"math"
	"slices"
	"strconv"

	"streamd/incremental"
)

// lowering types one formula and turns it into nodes of the graph.
type lowering struct {
	*report
	builder *Builder
	graph   *Graph // of the series, or of the inside of a tf()
	inner   bool   // inside a tf()
	nodes   int
	depth   int
	watch   []Watch
	params  []Param
	naming  []string // named indicators and definitions being expanded
}

// scope holds the names of a formula or of a definition's call.
type scope struct {
	outer *scope
	vars  map[string]*binding
	defs  map[string]statement
}

// binding is a name for an expression. The expression is lowered anew for each
// graph: the same name within a tf() means the higher bars.
type binding struct {
	e     expr
	in    *scope
	value map[*Graph]value
}

func (s *scope) lookup(name string) *binding {
	for ; s != nil; s = s.outer {
		if b := s.vars[name]; b != nil {
			return b
		}
	}
	return nil
}

func (s *scope) definition(name string) (statement, *scope, bool) {
	for ; s != nil; s = s.outer {
		if d, ok := s.defs[name]; ok {
			return d, s, true
		}
	}
	return statement{}, nil, false
}

// program lowers the statements; the last one is the result.
func (l *lowering) program(p *Program) value {
	s := &scope{vars: map[string]*binding{}, defs: map[string]statement{}}
	result := value{}
	for i, st := range p.statements {
		last := i == len(p.statements)-1
		switch st.kind {
		case statementDef:
			l.declare(s, st.name)
			s.defs[st.name.text] = st
		case statementParam:
			l.param(s, st)
		case statementAssign:
			l.declare(s, st.name)
			b := &binding{e: st.value, in: &scope{outer: s.outer, vars: cloneVars(s.vars), defs: s.defs}, value: map[*Graph]value{}}
			b.value[l.graph] = l.expr(s, st.value)
			s.vars[st.name.text] = b
		case statementResult:
			result = l.expr(s, st.value)
			if !last {
				l.add(st.span, CodeSyntax, "give it a name, or put it on the last line", "only the last line can be an expression without a name")
			}
			continue
		}
		if last {
			l.add(Span{st.span.To, st.span.To}, CodeSyntax, "", "the last line must be the result, an expression without a name")
		}
	}
	if result.typ == Words {
		l.add(p.statements[len(p.statements)-1].span, CodeType, "", "a formula cannot be a text")
	}
	return result
}

func cloneVars(m map[string]*binding) map[string]*binding {
	c := make(map[string]*binding, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// declare refuses names that have a meaning already.
func (l *lowering) declare(s *scope, n name) {
	_, _, def := s.definition(n.text)
	switch {
	case s.lookup(n.text) != nil || def:
		l.add(n.span, CodeName, "", "%s is defined twice", n.text)
	case l.builder.known(n.text):
		l.add(n.span, CodeName, "", "%s has a meaning already", n.text)
	}
}

func (l *lowering) param(s *scope, st statement) {
	l.declare(s, st.name)
	v := l.expr(s, st.value)
	if v.typ != Nothing && !(v.typ == Constant && v.fixed) {
		l.add(st.value.at(), CodeType, "", "a param must be a constant number, this is a %s", v.typ)
		v = value{}
	}
	if over, ok := l.builder.env.Params[st.name.text]; ok && v.typ != Nothing {
		v = constant(over, formatNumber(over))
	}
	l.params = append(l.params, Param{Name: st.name.text, Value: v.num})
	e := expr(number{span: st.value.at(), text: v.canon, value: v.num})
	if v.typ == Nothing {
		e = bad{st.value.at()}
	}
	s.vars[st.name.text] = &binding{e: e, in: s, value: map[*Graph]value{}}
}

// expr lowers an expression. What is wrong is reported, and yields Nothing,
// about which no further error is reported.
func (l *lowering) expr(s *scope, e expr) value {
	l.nodes++
	l.depth++
	defer func() { l.depth-- }()
	if l.nodes > NodesMax || l.depth > 4*DepthMax {
		l.add(Span{}, CodeLimit, "", "formula of more than %d nodes", NodesMax)
		return value{}
	}
	switch e := e.(type) {
	case number:
		return constant(e.value, formatNumber(e.value))
	case quoted:
		return value{typ: Words, fixed: true, text: e.text, canon: strconv.Quote(e.text), power: powerAtom}
	case paren:
		return l.expr(s, e.x)
	case name:
		return l.watched(l.name(s, e), false)
	case call:
		return l.watched(l.call(s, e), true)
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

func formatNumber(v float64) string {
	if math.IsNaN(v) {
		return "na"
	}
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// column returns the column of a value, making one of a constant.
func (l *lowering) column(v value) Ref {
	if v.fixed {
		return l.graph.Const(v.num)
	}
	return v.ref
}

// watched notes a numeric indicator call, so that a match can show its value.
func (l *lowering) watched(v value, written bool) value {
	if !written || v.bound == nil || v.typ != Number || l.inner || len(l.naming) > 0 && l.naming[0] == "" {
		return v
	}
	l.note(v.canon, v.ref)
	return v
}

func (l *lowering) note(canon string, ref Ref) {
	if !slices.ContainsFunc(l.watch, func(w Watch) bool { return w.Name == canon }) {
		l.watch = append(l.watch, Watch{Name: canon, Ref: ref})
	}
}

// number asks for a number series or constant.
func (l *lowering) number(v value, at Span, what string) bool {
	if v.typ == Nothing {
		return false
	}
	if v.typ == Number || v.typ == Constant || v.isNa() {
		return true
	}
	l.add(at, CodeType, "", "%s must be a number, found a %s", what, v.typ)
	return false
}

// condition asks for a condition.
func (l *lowering) condition(v value, at Span, what string) bool {
	if v.typ == Nothing {
		return false
	}
	if v.typ == Condition || v.isNa() {
		return true
	}
	l.add(at, CodeType, "", "%s must be a condition, found a %s", what, v.typ)
	return false
}

func (l *lowering) unary(s *scope, e unary) value {
	v := l.expr(s, e.x)
	if e.op.text == "not" {
		if !l.condition(v, e.x.at(), `the operand of "not"`) {
			return value{}
		}
		if v.fixed {
			return truth(not(v.num))
		}
		canon := "not " + v.within(powerNot)
		return value{typ: Condition, ref: l.graph.Call(l.builder.not, canon, []Ref{v.ref}, 0), canon: canon, power: powerNot, look: v.look}
	}
	if !l.number(v, e.x.at(), "the operand of "+strconv.Quote(e.op.text)) || e.op.text == "+" {
		if v.typ == Number || v.typ == Constant {
			return v
		}
		return value{}
	}
	if v.fixed {
		c := constant(-v.num, formatNumber(-v.num))
		c.power = powerSign
		return c
	}
	canon := "-" + v.within(powerSign)
	return value{typ: Number, ref: l.graph.Call(l.builder.minus, canon, []Ref{v.ref}, 0), canon: canon, power: powerSign, look: v.look}
}

func (l *lowering) binary(s *scope, e binary) value {
	x, y := l.expr(s, e.x), l.expr(s, e.y)
	op := l.builder.ops[e.op.text]
	if e.op.text == "and" || e.op.text == "or" {
		okX := l.condition(x, e.x.at(), "the left side of "+strconv.Quote(op.text))
		okY := l.condition(y, e.y.at(), "the right side of "+strconv.Quote(op.text))
		if !okX || !okY {
			return value{}
		}
		return l.operate(op, x, y, Condition)
	}
	okX := l.number(x, e.x.at(), "the left side of "+strconv.Quote(op.text))
	okY := l.number(y, e.y.at(), "the right side of "+strconv.Quote(op.text))
	if !okX || !okY {
		return value{}
	}
	return l.operate(op, x, y, Number)
}

// operate applies a binary operator, at once to constants.
func (l *lowering) operate(op *operator, x, y value, typ Type) value {
	if x.fixed && y.fixed {
		r := op.f(x.num, y.num)
		if typ == Condition {
			return truth(r)
		}
		return constant(r, formatNumber(r))
	}
	left, right := op.power, op.power+1 // a - (b - c) keeps its parentheses
	switch op.text {
	case "^":
		left, right = op.power+1, op.power
	case "and", "or", "+", "*":
		right = op.power
		if op.text == "+" || op.text == "*" {
			right = op.power + 1 // floats do not associate
		}
	}
	if op.power == powerCompare {
		left = op.power + 1
	}
	canon := x.within(left) + " " + op.text + " " + y.within(right)
	ref := l.graph.Call(op.bound, canon, []Ref{l.column(x), l.column(y)}, 0)
	return value{typ: typ, ref: ref, canon: canon, power: op.power, look: max(x.look, y.look)}
}

// chain lowers a < b < c to a < b and b < c.
func (l *lowering) chain(s *scope, e chain) value {
	xs := make([]value, len(e.x))
	ok := true
	for i, x := range e.x {
		xs[i] = l.expr(s, x)
	}
	for i, op := range e.ops {
		equality := op.text == "==" || op.text == "!="
		if equality && xs[i].typ == Condition && xs[i+1].typ == Condition {
			continue
		}
		if i == 0 {
			ok = l.number(xs[0], e.x[0].at(), "the left side of "+strconv.Quote(op.text)) && ok
		}
		ok = l.number(xs[i+1], e.x[i+1].at(), "the right side of "+strconv.Quote(op.text)) && ok
	}
	if !ok {
		return value{}
	}
	result := l.operate(l.builder.ops[e.ops[0].text], xs[0], xs[1], Condition)
	for i := 1; i < len(e.ops); i++ {
		next := l.operate(l.builder.ops[e.ops[i].text], xs[i], xs[i+1], Condition)
		result = l.operate(l.builder.ops["and"], result, next, Condition)
	}
	return result
}

func (l *lowering) conditional(s *scope, e conditional) value {
	c, x, y := l.expr(s, e.cond), l.expr(s, e.x), l.expr(s, e.y)
	if !l.condition(c, e.cond.at(), `the condition before "?"`) || x.typ == Nothing || y.typ == Nothing {
		return value{}
	}
	typ := Number
	if x.typ == Condition || y.typ == Condition {
		typ = Condition
		okX, okY := l.condition(x, e.x.at(), `the value behind "?"`), l.condition(y, e.y.at(), `the value behind ":"`)
		if !okX || !okY {
			return value{}
		}
	} else {
		okX, okY := l.number(x, e.x.at(), `the value behind "?"`), l.number(y, e.y.at(), `the value behind ":"`)
		if !okX || !okY {
			return value{}
		}
	}
	if c.fixed {
		switch c.num {
		case 1:
			return x
		case 0:
			return y
		}
		return constant(math.NaN(), "na")
	}
	canon := c.within(powerConditional+1) + " ? " + x.within(powerConditional+1) + " : " + y.within(powerConditional)
	ref := l.graph.Call(l.builder.pick, canon, []Ref{c.ref, l.column(x), l.column(y)}, 0)
	return value{typ: typ, ref: ref, canon: canon, power: powerConditional, look: max(c.look, x.look, y.look)}
}

// index lowers x[n], the value n bars ago.
func (l *lowering) index(s *scope, e index) value {
	x, n := l.expr(s, e.x), l.expr(s, e.n)
	if x.typ == Nothing || n.typ == Nothing {
		return value{}
	}
	if x.typ == Words {
		l.add(e.x.at(), CodeType, "", "a text has no history")
		return value{}
	}
	if !n.fixed || n.typ != Constant || n.num != math.Trunc(n.num) {
		l.add(e.n.at(), CodeType, "", "the number of bars in [] must be a constant whole number")
		return value{}
	}
	if n.num < 0 {
		l.add(e.n.at(), CodeValue, "x[1] is the bar before", "a negative offset would look into the future")
		return value{}
	}
	return l.history(x, int(n.num), e.at())
}

func (l *lowering) history(x value, n int, at Span) value {
	if n == 0 || x.fixed {
		return x
	}
	bound, err := l.builder.rows["lag"].With(incremental.Args{{Num: float64(n)}})
	if err != nil {
		l.add(at, CodeValue, "", "%v", err)
		return value{}
	}
	canon := x.within(powerAtom) + "[" + strconv.Itoa(n) + "]"
	v := value{typ: x.typ, ref: l.graph.Call(bound, canon, []Ref{x.ref}, 0), canon: canon, power: powerAtom, look: x.look + n}
	return l.bounded(v, at)
}

// bounded refuses what needs more bars than the engine keeps.
func (l *lowering) bounded(v value, at Span) value {
	if limit := l.builder.env.LookbackMax; limit > 0 && v.look > limit {
		l.add(at, CodeLookback, "raise the setting `buffer`", "needs %d bars, the buffer holds %d", v.look, limit)
		return value{}
	}
	return v
}
