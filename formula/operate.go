package formula

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"streamd/formula/plan"
	"streamd/incremental"
)

// number asks for a number series or constant.
func (l *lowering) number(v value, at Span, what string) bool {
	switch {
	case v.typ == Nothing:
		return false
	case v.typ == Number || v.typ == Constant || v.isNa():
		return true
	}
	hint := ""
	if v.typ == Condition {
		hint = "a number from a condition is cond ? 1 : 0"
	}
	l.add(at, CodeType, hint, "%s must be a number, found a %s", what, v.typ)
	return false
}

// condition asks for a condition.
func (l *lowering) condition(v value, at Span, what string) bool {
	switch {
	case v.typ == Nothing:
		return false
	case v.typ == Condition || v.isNa():
		return true
	}
	hint := ""
	if v.typ == Number {
		hint = "compare it: " + v.within(powerCompare+1) + " > 0"
		if len(hint) > 80 {
			hint = "compare it with something, as in … > 0"
		}
	}
	l.add(at, CodeType, hint, "%s must be a condition, found a %s", what, v.typ)
	return false
}

func (l *lowering) unary(s *scope, e unary) value {
	v := l.expr(s, e.x)
	if e.op.text == "not" {
		if !l.condition(v, e.x.at(), `the operand of "not"`) {
			return value{}
		}
		return l.node(l.builder.ops["not"], "not "+v.within(powerNot), powerNot, Condition, []plan.Ref{l.column(v)},
			[]value{v}, e.at())
	}
	if !l.number(v, e.x.at(), "the operand of "+strconv.Quote(e.op.text)) {
		return value{}
	}
	if e.op.text == "+" {
		v.bound = nil
		return v
	}
	n := l.node(l.builder.ops["neg"], "-"+v.within(powerSign), powerSign, Number, []plan.Ref{l.column(v)}, []value{v},
		e.at())
	if v.exact != nil {
		n.exact = new(big.Rat).Neg(v.exact)
	}
	return n
}

func (l *lowering) binary(s *scope, e binary) value {
	x, y := l.expr(s, e.x), l.expr(s, e.y)
	op := l.builder.ops[e.op.text]
	want, typ := l.number, Number
	if e.op.text == "and" || e.op.text == "or" {
		want, typ = l.condition, Condition
	}
	okX := want(x, e.x.at(), "the left side of "+strconv.Quote(op.Row.Name))
	okY := want(y, e.y.at(), "the right side of "+strconv.Quote(op.Row.Name))
	if !okX || !okY {
		return value{}
	}
	return l.operate(op, x, y, typ, e.op.span)
}

// operate applies a binary operator. Where one side of and, or decides, or
// leaves the decision to the other, nothing is computed.
func (l *lowering) operate(op *incremental.Bound, x, y value, typ Type, at Span) value {
	if op.Row.Operation == incremental.And || op.Row.Operation == incremental.Or {
		decides := 0.0
		if op.Row.Operation == incremental.Or {
			decides = 1
		}
		switch {
		case x.fixed && x.num == decides || y.fixed && y.num == decides:
			return truth(decides)
		case x.fixed && x.num == 1-decides:
			return y
		case y.fixed && y.num == 1-decides:
			return x
		}
	}
	power := infixPower(op.Row.Name)
	left, right := power, power+1 // a - (b - c) keeps its parentheses; floats do not associate
	switch power {
	case powerRaise:
		left, right = power+1, powerSign // right associative
	case powerAnd, powerOr:
		right = power
	case powerCompare: // a chain means something else
		left = power + 1
	}
	canon := x.within(left) + " " + op.Row.Name + " " + y.within(right)
	inputs := []plan.Ref{l.column(x), l.column(y)}
	if op.Row.Operation == incremental.Comparison && typ == Condition {
		if scale, ok := l.graph.ScaleColumn(inputs...); ok {
			op, inputs = l.builder.ops[op.Row.Name+plan.ScaleMark], append(inputs, scale)
		}
	}
	return l.node(op, canon, power, typ, inputs, []value{x, y}, at)
}

// chain lowers a < b < c to a < b and b < c.
func (l *lowering) chain(s *scope, e chain) value {
	xs := make([]value, len(e.x))
	for i, x := range e.x {
		xs[i] = l.expr(s, x)
	}
	ok := true
	for i, op := range e.ops {
		// Conditions can be compared for equality, with each other.
		if (op.text == "==" || op.text == "!=") && xs[i].typ == Condition && xs[i+1].typ == Condition {
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
	result := truth(1)
	for i, op := range e.ops {
		next := l.operate(l.builder.ops[op.text], xs[i], xs[i+1], Condition, op.span)
		if xs[i].typ != Condition && !next.fixed && next.typ != Nothing {
			at := e.x[i].at().join(e.x[i+1].at())
			l.never(l.builder.ops[op.text].Row.Compares, l.column(xs[i]), l.column(xs[i+1]), at)
		}
		result = l.operate(l.builder.ops["and"], result, next, Condition, op.span)
		if result.typ == Nothing || next.typ == Nothing {
			return value{}
		}
	}
	return result
}

func (l *lowering) conditional(s *scope, e conditional) value {
	c, x, y := l.expr(s, e.cond), l.expr(s, e.x), l.expr(s, e.y)
	if !l.condition(c, e.cond.at(), `the condition before "?"`) || x.typ == Nothing || y.typ == Nothing {
		return value{}
	}
	want, typ := l.number, Number
	if x.typ == Condition || y.typ == Condition {
		want, typ = l.condition, Condition
	}
	okX, okY := want(x, e.x.at(), `the value after "?"`), want(y, e.y.at(), `the value after ":"`)
	if !okX || !okY {
		return value{}
	}
	if c.fixed {
		switch c.num {
		case 1:
			return x
		case 0:
			return y
		}
		return fixed(typ, math.NaN())
	}
	canon := c.within(powerConditional+1) + " ? " + x.within(powerConditional+1) + " : " + y.within(powerConditional)
	return l.node(l.builder.ops["?"], canon, powerConditional, typ, []plan.Ref{l.column(c), l.column(x), l.column(y)},
		[]value{c, x, y}, e.mark.span)
}

// index lowers x[n], the value n bars ago.
func (l *lowering) index(s *scope, e index) value {
	x, n := l.expr(s, e.x), l.expr(s, e.n)
	switch {
	case x.typ == Nothing || n.typ == Nothing:
		return value{}
	case x.typ == Words:
		l.add(e.x.at(), CodeType, "", "a string has no history")
		return value{}
	case n.typ != Constant || n.isNa():
		l.add(e.n.at(), CodeType, "", "the number of bars in [] must be a constant number, found %s", n.found())
		return value{}
	case n.num != math.Trunc(n.num):
		l.add(e.n.at(), CodeValue, "", "the number of bars in [] must be a whole number, found %s", n.canon)
		return value{}
	case n.num < 0:
		l.add(e.n.at(), CodeValue, "x[1] is the bar before",
			"the number of bars in [] must not be negative: a formula cannot look ahead")
		return value{}
	case n.num > incremental.PeriodMax:
		l.add(e.n.at(), CodeValue, l.kept(), "the number of bars in [] must be at most %d, found %s",
			incremental.PeriodMax, n.canon)
		return value{}
	}
	return l.history(x, int(n.num), e.at())
}

// kept is the hint with what a lookback is limited by in the first place.
func (l *lowering) kept() string {
	if limit := l.builder.env.LookbackMax; limit > 0 {
		return fmt.Sprintf("the setting `buffer` keeps %d", limit)
	}
	return ""
}

// history is x[n]. The value is no longer a call's, and has no other outputs.
func (l *lowering) history(x value, n int, at Span) value {
	if n == 0 || x.fixed {
		x.bound = nil
		return x
	}
	bound, err := l.builder.rows["lag"].With(incremental.Args{{Num: float64(n)}})
	if err != nil {
		panic("formula: " + err.Error()) // the caller has checked the limits
	}
	past := l.node(bound, x.within(powerAtom)+"["+strconv.Itoa(n)+"]", powerAtom, x.typ, []plan.Ref{x.ref}, []value{x},
		at)
	if x.shown && past.typ == Number {
		l.narrow(x)
		return l.note(past)
	}
	return past
}
