package formula

import (
	"fmt"
	"strconv"
)

// Limits of a formula. They keep hostile input cheap; no human comes near them.
// Each is named in the error that it causes.
const (
	LengthMax   = 64 << 10 // bytes of text
	DepthMax    = 100      // parentheses, calls and operators within one another
	NodesMax    = 5000     // operators and operands, after definitions are expanded
	ExpandedMax = 32 << 10 // bytes of canonical text
)

// Parse reads a formula. It returns a program even when there are errors, so
// that what could be read can still be checked and formatted.
func Parse(src string) (*Program, Diagnostics) {
	r := &report{src: src}
	p := parse(r)
	return p, r.sorted()
}

func parse(r *report) *Program {
	if len(r.src) > LengthMax {
		r.add(Span{LengthMax, LengthMax}, CodeLimit, "", "formula of %d bytes is over the length limit of %d",
			len(r.src), LengthMax)
		return &Program{src: r.src}
	}
	p := &parser{report: r}
	tokens, comments := scan(r)
	p.tokens = tokens
	program := &Program{src: r.src, comments: comments}
	for p.cur().kind != tokenEnd {
		program.statements = append(program.statements, p.statement())
	}
	p.checkResult(program)
	return program
}

// checkResult holds the program to its shape: only the last statement may be,
// and must be, an expression.
func (p *parser) checkResult(program *Program) {
	n := len(program.statements)
	if n == 0 {
		p.add(p.cur().span, CodeSyntax, "", "the formula is empty")
		return
	}
	for _, s := range program.statements[:n-1] {
		if s.kind == statementResult {
			p.add(s.value.at(), CodeSyntax, "give it a name (name = …) or join the lines with and, or",
				"only the last line may be a result")
		}
	}
	if last := program.statements[n-1]; last.kind != statementResult {
		hint := ""
		if last.kind == statementAssign {
			hint = fmt.Sprintf("end with an expression; to compare write %s == …", last.name.text)
		}
		p.add(p.cur().span, CodeSyntax, hint, "the formula has no result")
	}
}

// parser is a Pratt parser: every operator has a binding power, and an
// expression goes on as long as the next operator binds at least as tightly as
// asked (Pratt, Top Down Operator Precedence, 1973).
//
// Every loop consumes a token per turn or ends, so no text can hang it.
type parser struct {
	*report
	tokens  []token
	pos     int
	depth   int
	stopped bool // at a limit: what follows has not been read
}

// add is report.add until the parser has stopped at a limit.
func (p *parser) add(at Span, code, hint, format string, args ...any) {
	if !p.stopped {
		p.report.add(at, code, hint, format, args...)
	}
}

// stop reports the limit and skips the rest of the text.
func (p *parser) stop(format string, args ...any) expr {
	at := p.cur().span
	p.add(at, CodeLimit, "", format, args...)
	p.stopped = true
	p.pos = len(p.tokens) - 1
	return bad{at}
}

func (p *parser) cur() token { return p.tokens[p.pos] }

// next returns the current token and goes on to the one after it.
func (p *parser) next() token {
	t := p.tokens[p.pos]
	if t.kind != tokenEnd {
		p.pos++
	}
	return t
}

func (p *parser) peek() token { return p.tokens[min(p.pos+1, len(p.tokens)-1)] }

func (p *parser) is(op string) bool { return p.cur().kind == tokenOperator && p.cur().text == op }

func (p *parser) accept(op string) bool {
	if p.is(op) {
		p.pos++
		return true
	}
	return false
}

// ended reports whether the statement is over.
func (p *parser) ended() bool { return p.cur().kind == tokenEnd || p.cur().kind == tokenLine }

// found describes the current token in an error.
func (p *parser) found() string {
	switch t := p.cur(); {
	case t.kind == tokenEnd:
		return t.text
	case t.kind == tokenLine && t.text == "\n":
		return "end of line"
	default:
		return strconv.Quote(p.src[t.span.From:t.span.To])
	}
}

// statement reads one line, up to and with its line break.
func (p *parser) statement() statement {
	s := statement{span: p.cur().span}
	p.pineStatement()
	first, second := p.cur(), p.peek()
	switch {
	case first.kind == tokenName && first.text == "param" && second.kind == tokenName:
		s.kind = statementParam
		p.next()
		s.name = p.name("a name")
		p.expectAssign("param " + s.name.text)
	case first.kind == tokenName && first.text == "def" && second.kind == tokenName:
		s.kind = statementDef
		p.next()
		s.name = p.name("a name")
		s.params = p.parameters()
		p.expectAssign("def " + s.name.text)
	case first.kind == tokenName && second.kind == tokenOperator && second.text == "=":
		s.kind = statementAssign
		s.name = p.name("a name")
		p.next()
	}
	s.value = p.expr(powerConditional)
	for !p.ended() {
		p.unexpected()
		s.value = p.infix(s.value, powerConditional) // behind a parenthesis too many
	}
	s.span.To = p.tokens[max(0, p.pos-1)].span.To
	if p.cur().kind == tokenLine {
		p.next()
	}
	return s
}

// unexpected reports what stands behind a complete expression and skips the
// rest of the line.
func (p *parser) unexpected() {
	t := p.cur()
	if p.is(")") || p.is("]") {
		p.add(t.span, CodeSyntax, "", "unexpected %s without its opening counterpart", p.found())
		p.next()
		return
	}
	hint := ""
	if t.kind == tokenName {
		hint = DidYouMean(t.text, []string{"and", "or", "not"})
	}
	p.add(t.span, CodeSyntax, hint, "expected an operator or the end of the line, found %s", p.found())
	for !p.ended() {
		p.next()
	}
}

// name reads a name; what names is for the error.
func (p *parser) name(what string) name {
	t := p.cur()
	if t.kind != tokenName {
		p.add(t.span, CodeSyntax, "", "expected %s, found %s", what, p.found())
		return name{span: t.span}
	}
	p.next()
	return name{t.span, t.text}
}

func (p *parser) expectAssign(behind string) {
	if !p.accept("=") {
		p.add(p.cur().span, CodeSyntax, "", `expected "=" after %s, found %s`, behind, p.found())
	}
}

// parameters reads the parameter list of a def.
func (p *parser) parameters() []name {
	open := p.cur()
	if !p.accept("(") {
		p.add(open.span, CodeSyntax, "", `expected "(", found %s`, p.found())
		return nil
	}
	var params []name
	for !p.is(")") && !p.ended() {
		before := p.pos
		params = append(params, p.name("a parameter"))
		if !p.accept(",") || p.pos == before {
			break
		}
	}
	p.closing(")", open)
	return params
}

// closing reads the counterpart of an opening parenthesis or bracket; when
// something else stands there it skips to the counterpart, within the line.
func (p *parser) closing(counterpart string, open token) Span {
	if t := p.cur(); p.accept(counterpart) {
		return t.span
	}
	line, col, _ := position(p.src, open.span.From)
	p.add(p.cur().span, CodeSyntax, fmt.Sprintf("%q opened at %d:%d", open.text, line, col), "expected %q, found %s",
		counterpart, p.found())
	for depth := 0; !p.ended(); {
		switch t := p.next(); {
		case t.kind != tokenOperator:
		case t.text == "(" || t.text == "[":
			depth++
		case (t.text == ")" || t.text == "]") && depth > 0:
			depth--
		case t.text == ")" || t.text == "]":
			return t.span
		}
	}
	return Span{p.cur().span.From, p.cur().span.From}
}
