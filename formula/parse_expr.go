package formula

import (
	"fmt"
	"strings"
)

// Binding powers, loosest first; the canonical text goes by them too. A sign
// binds looser than ^ and tighter than *: -x^2 is -(x^2).
const (
	powerConditional = 10 * (iota + 1)
	powerOr
	powerAnd
	powerNot
	powerCompare
	powerAdd
	powerMultiply
	powerSign
	powerRaise
	powerAtom
)

// infixPower returns the binding power of an infix operator, 0 for others.
func infixPower(op string) int {
	switch op {
	case "?":
		return powerConditional
	case "or":
		return powerOr
	case "and":
		return powerAnd
	case "==", "!=", "<", "<=", ">", ">=":
		return powerCompare
	case "+", "-":
		return powerAdd
	case "*", "/", "%":
		return powerMultiply
	case "^":
		return powerRaise
	}
	return 0
}

// expr reads an expression of operators that bind at least with the given power.
func (p *parser) expr(power int) expr {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > DepthMax {
		return p.tooDeep()
	}
	return p.infix(p.prefix(), power)
}

// infix reads on behind an operand while the operators bind at least with the given
// power.
func (p *parser) infix(x expr, power int) expr {
	for terms := 0; ; terms++ {
		op := p.cur()
		if p.is("=") && power <= powerCompare {
			op.text = "=="
		}
		if word := strings.ToLower(op.text); op.kind == tokenName && (word == "and" || word == "or") {
			op.kind, op.text = tokenOperator, word
		}
		bind := infixPower(op.text)
		if op.kind != tokenOperator || bind == 0 || bind < power {
			return x
		}
		if terms >= NodesMax {
			return p.stop("formula is over the node limit of %d", NodesMax)
		}
		if p.is("=") {
			hint := `did you mean "=="?`
			if c, ok := x.(call); ok && power == powerConditional {
				hint += fmt.Sprintf(" A function is defined by def %s = …", p.written(c))
			}
			p.add(op.span, CodeSyntax, hint, "unexpected %s", p.found())
		}
		if p.cur().kind == tokenName { // AND for and
			p.add(op.span, CodeSyntax, fmt.Sprintf("did you mean %q?", op.text), "unexpected %s", p.found())
		}
		p.next()
		switch {
		case op.text == "?":
			x = p.conditional(x, op)
		case op.text == "^":
			y := p.expr(powerSign) // right associative; 2 ^ -x needs no parentheses
			x = binary{x.at().join(y.at()), op, x, y}
		case bind == powerCompare:
			y := p.expr(bind + 1)
			if c, ok := x.(chain); ok {
				x = chain{c.span.join(y.at()), append(c.ops, op), append(c.x, y)}
			} else {
				x = chain{x.at().join(y.at()), []token{op}, []expr{x, y}}
			}
		default:
			y := p.expr(bind + 1)
			x = binary{x.at().join(y.at()), op, x, y}
		}
	}
}

func (p *parser) tooDeep() expr {
	return p.stop("formula is nested over the depth limit of %d", DepthMax)
}

func (p *parser) conditional(cond expr, mark token) expr {
	x := p.expr(powerConditional)
	if !p.accept(":") {
		line, col, _ := position(p.src, mark.span.From)
		p.add(p.cur().span, CodeSyntax, fmt.Sprintf(`"?" at %d:%d`, line, col), `expected ":", found %s`, p.found())
		return conditional{cond.at().join(x.at()), mark, cond, x, bad{p.cur().span}}
	}
	y := p.expr(powerConditional)
	return conditional{cond.at().join(y.at()), mark, cond, x, y}
}

// prefix reads an operand with what sticks to it: signs before, history, fields
// and calls behind.
func (p *parser) prefix() expr {
	for {
		t := p.cur()
		switch {
		case t.kind == tokenNumber:
			p.next()
			return p.postfix(number{t.span, t.text, t.value})
		case t.kind == tokenString:
			p.next()
			return quoted{t.span, t.text}
		case t.kind == tokenName && p.peek().kind == tokenOperator && p.peek().text == "(":
			p.next()
			return p.postfix(p.call(name{t.span, t.text}))
		case t.kind == tokenName && strings.EqualFold(t.text, "not") &&
			(p.peek().kind == tokenName || p.peek().kind == tokenNumber):
			p.add(t.span, CodeSyntax, `did you mean "not"?`, "unexpected %s", p.found())
			p.next()
			x := p.expr(powerNot)
			t.text = "not"
			return unary{t.span.join(x.at()), t, x}
		case t.kind == tokenName:
			p.next()
			return p.postfix(name{t.span, t.text})
		case p.is("("):
			p.next()
			x := p.expr(powerConditional)
			end := p.closing(")", t)
			return p.postfix(paren{t.span.join(end), x})
		case p.is("-") || p.is("+"):
			p.next()
			x := p.expr(powerSign)
			return unary{t.span.join(x.at()), t, x}
		case p.is("not"):
			p.next()
			x := p.expr(powerNot)
			return unary{t.span.join(x.at()), t, x}
		}
		p.add(t.span, CodeSyntax, "", "expected a value, found %s", p.found())
		if p.ended() || p.is(")") || p.is("]") || p.is(",") || p.is(":") {
			return bad{t.span}
		}
		p.next() // a stray operator: what follows it is still read
	}
}

// postfix reads what follows an operand: [n], .field.
func (p *parser) postfix(x expr) expr {
	for steps := 0; ; steps++ {
		t := p.cur()
		if t.kind != tokenOperator || t.text != "[" && t.text != "." && t.text != "(" {
			return x
		}
		if steps > DepthMax {
			return p.tooDeep()
		}
		p.next()
		switch t.text {
		case "[":
			n := p.expr(powerConditional)
			x = index{x.at().join(p.closing("]", t)), x, n}
		case ".":
			f := p.name("the name of an output")
			n, ok := x.(name)
			if ok {
				if pine, is := p.pineName(n, t, f); is {
					x = pine
					continue
				}
			}
			if ok && p.is("(") {
				p.add(n.span.join(t.span), CodeName, fmt.Sprintf("write %s(…)", f.text), "functions have no prefix %q",
					n.text+".")
				x = p.call(f)
				continue
			}
			x = field{x.at().join(f.span), x, f}
		case "(":
			p.add(t.span, CodeSyntax, "", "only a name can be called")
			p.arguments(t)
			x = bad{x.at()}
		}
	}
}

// call reads the arguments of f, whose name is read already.
func (p *parser) call(f name) expr {
	open := p.next()
	args, end := p.arguments(open)
	return call{f, args, end}
}

func (p *parser) arguments(open token) ([]argument, Span) {
	var args []argument
	for !p.is(")") && !p.ended() {
		var a argument
		if t := p.cur(); t.kind == tokenName && p.peek().kind == tokenOperator && p.peek().text == "=" {
			p.next()
			p.next()
			a.label = name{t.span, t.text}
		}
		a.value = p.expr(powerConditional)
		args = append(args, a)
		if !p.accept(",") {
			break
		}
	}
	return args, p.closing(")", open)
}
