package formula

import (
	"fmt"
	"slices"
)

// Limits of a formula's text. They keep hostile input cheap; no human comes
// near them.
const (
	LengthMax = 64 << 10 // bytes
	DepthMax  = 100      // nested parentheses, calls and operators
	NodesMax  = 10_000   // after definitions are expanded
)

// Parse reads a formula and returns its program with every error found in its
// text. Names and types are the Builder's business.
func Parse(src string) (*Program, Diagnostics) {
	r := &report{src: src}
	p := parse(r)
	return p, r.sorted()
}

func parse(r *report) *Program {
	if len(r.src) > LengthMax {
		r.add(Span{0, 0}, CodeLimit, "", "formula of %d bytes, at most %d", len(r.src), LengthMax)
		return &Program{src: r.src}
	}
	tokens, comments := scan(r)
	p := &parser{report: r, tokens: tokens}
	return &Program{src: r.src, statements: p.program(), comments: comments}
}

// parser is a Pratt parser (Pratt, Top Down Operator Precedence, 1973): each
// operator has a binding power, and an expression takes the operators that bind
// tighter than what it stands in.
type parser struct {
	*report
	tokens []token
	pos    int
	depth  int
}

// Binding powers, loosest first. A prefix minus binds looser than ^ and tighter
// than *: -x^2 is -(x^2).
const (
	powerConditional = 10
	powerOr          = 20
	powerAnd         = 30
	powerNot         = 40
	powerCompare     = 50
	powerAdd         = 60
	powerMultiply    = 70
	powerSign        = 80
	powerRaise       = 90
)

var powers = map[string]int{
	"?": powerConditional, "or": powerOr, "and": powerAnd,
	"==": powerCompare, "!=": powerCompare, "<": powerCompare, "<=": powerCompare, ">": powerCompare, ">=": powerCompare,
	"+": powerAdd, "-": powerAdd, "*": powerMultiply, "/": powerMultiply, "%": powerMultiply, "^": powerRaise,
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) next() token {
	t := p.tokens[p.pos]
	if t.kind != tokenEnd {
		p.pos++
	}
	return t
}

func (p *parser) is(op string) bool {
	t := p.peek()
	return t.kind == tokenOperator && t.text == op
}

func (p *parser) accept(op string) bool {
	if p.is(op) {
		p.pos++
		return true
	}
	return false
}

// program reads statements up to the end. Every pass takes at least one token.
func (p *parser) program() []statement {
	var all []statement
	for p.peek().kind != tokenEnd {
		if p.peek().kind == tokenLine {
			p.pos++
			continue
		}
		at := p.pos
		all = append(all, p.statement())
		if t := p.peek(); t.kind != tokenLine && t.kind != tokenEnd {
			if !slices.ContainsFunc(p.list, func(d Diagnostic) bool { return d.Span == t.span }) {
				p.add(t.span, CodeSyntax, "", "unexpected %s", describe(t))
			}
			for p.peek().kind != tokenLine && p.peek().kind != tokenEnd {
				p.pos++
			}
		}
		if p.pos == at {
			p.pos++
		}
	}
	if len(all) == 0 {
		p.add(p.peek().span, CodeSyntax, "", "expected an expression, found %s", describe(p.peek()))
	}
	return all
}

func (p *parser) ahead(n int) token { return p.tokens[min(p.pos+n, len(p.tokens)-1)] }

func (p *parser) statement() statement {
	t, after := p.peek(), p.ahead(1)
	switch {
	case t.kind == tokenName && t.text == "param" && after.kind == tokenName:
		p.next()
		return p.assignment(statementParam, t.span)
	case t.kind == tokenName && t.text == "def" && after.kind == tokenName:
		p.next()
		return p.definition(t.span)
	case t.kind == tokenName && after.kind == tokenOperator && after.text == "=":
		return p.assignment(statementAssign, t.span)
	}
	e := p.expression(0)
	return statement{kind: statementResult, value: e, span: e.at()}
}

func (p *parser) assignment(kind statementKind, from Span) statement {
	n := p.next()
	if !p.accept("=") {
		p.add(p.peek().span, CodeSyntax, "", "expected \"=\" behind %s, found %s", n.text, describe(p.peek()))
	}
	e := p.expression(0)
	return statement{kind: kind, name: name{n.span, n.text}, value: e, span: from.join(e.at())}
}

func (p *parser) definition(from Span) statement {
	n := p.next()
	s := statement{kind: statementDef, name: name{n.span, n.text}}
	p.expect("(")
	for !p.is(")") {
		t := p.next()
		if t.kind != tokenName {
			p.add(t.span, CodeSyntax, "", "expected the name of a parameter, found %s", describe(t))
			break
		}
		s.params = append(s.params, name{t.span, t.text})
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	p.expect("=")
	s.value = p.expression(0)
	s.span = from.join(s.value.at())
	return s
}

// expect takes the operator, or reports what stands there instead.
func (p *parser) expect(op string) Span {
	t := p.peek()
	if p.accept(op) {
		return t.span
	}
	p.add(t.span, CodeSyntax, "", "expected %q, found %s", op, describe(t))
	return Span{t.span.From, t.span.From}
}

func describe(t token) string {
	switch t.kind {
	case tokenEnd:
		return t.text
	case tokenLine:
		return "end of line"
	default:
		return fmt.Sprintf("%q", t.text)
	}
}

// expression reads an expression of operators that bind tighter than least.
func (p *parser) expression(least int) expr {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > DepthMax {
		at := p.peek().span
		p.add(at, CodeLimit, "", "nested deeper than %d", DepthMax)
		p.pos = len(p.tokens) - 1 // nothing behind it can be read with sense
		return bad{at}
	}
	left := p.prefix()
	for {
		t := p.peek()
		power, ok := powers[t.text]
		if t.kind != tokenOperator || !ok || power <= least {
			return left
		}
		p.pos++
		switch power {
		case powerConditional:
			x := p.expression(0)
			p.expect(":")
			left = conditional{mark: t, cond: left, x: x, y: p.expression(powerConditional - 1)}
		case powerRaise: // right associative
			left = binary{op: t, x: left, y: p.expression(powerRaise - 1)}
		case powerCompare:
			c := chain{ops: []token{t}, x: []expr{left, p.expression(powerCompare)}}
			for powers[p.peek().text] == powerCompare && p.peek().kind == tokenOperator {
				c.ops = append(c.ops, p.next())
				c.x = append(c.x, p.expression(powerCompare))
			}
			left = c
		default:
			left = binary{op: t, x: left, y: p.expression(power)}
		}
	}
}

// prefix reads a value with its signs and what sticks to it.
func (p *parser) prefix() expr {
	t := p.peek()
	if t.kind == tokenOperator {
		switch t.text {
		case "-", "+":
			p.pos++
			return unary{op: t, x: p.expression(powerSign)}
		case "not":
			p.pos++
			return unary{op: t, x: p.expression(powerNot)}
		case "(":
			p.pos++
			x := p.expression(0)
			end := p.expect(")")
			return p.postfix(paren{t.span.join(end), x})
		}
	}
	switch t.kind {
	case tokenNumber:
		p.pos++
		return p.postfix(number{t.span, t.text, t.value})
	case tokenString:
		p.pos++
		return quoted{t.span, t.text}
	case tokenName:
		p.pos++
		n := name{t.span, t.text}
		if p.is("(") {
			return p.postfix(p.call(n))
		}
		return p.postfix(n)
	}
	p.add(t.span, CodeSyntax, "", "expected a value, found %s", describe(t))
	if t.kind == tokenOperator && t.text != ")" && t.text != "]" && t.text != "," {
		p.pos++ // a stray operator: what follows may still make sense
	}
	return bad{t.span}
}

func (p *parser) postfix(e expr) expr {
	for {
		switch {
		case p.is("["):
			p.pos++
			n := p.expression(0)
			e = index{x: e, n: n, end: p.expect("]")}
		case p.is("."):
			p.pos++
			t := p.peek()
			if t.kind != tokenName {
				p.add(t.span, CodeSyntax, "", "expected the name of an output behind \".\", found %s", describe(t))
				return e
			}
			p.pos++
			e = field{x: e, name: name{t.span, t.text}}
		case p.is("("):
			p.add(p.peek().span, CodeSyntax, "", "only a name can be called")
			p.call(name{})
			return e
		default:
			return e
		}
	}
}

func (p *parser) call(n name) expr {
	p.expect("(")
	c := call{name: n}
	for !p.is(")") && p.peek().kind != tokenEnd && p.peek().kind != tokenLine {
		var a argument
		if after := p.ahead(1); p.peek().kind == tokenName && after.kind == tokenOperator && after.text == "=" {
			t := p.next()
			p.pos++
			a.label = name{t.span, t.text}
		}
		a.value = p.expression(0)
		c.args = append(c.args, a)
		if !p.accept(",") {
			break
		}
	}
	c.end = p.expect(")")
	return c
}
