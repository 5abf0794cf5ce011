package formula

import (
	"strings"
	"unicode/utf8"
)

// lineWidth is how many characters a formatted line may have before it is
// broken at its loosest operators.
const lineWidth = 100

// Format returns the formula in its one layout: a statement per line, one space
// around operators and behind commas, and, or, not in words, comments kept, at
// most one empty line in a row. Parentheses and numbers stay as written: the
// tokens are the same, so the meaning is. Formatting a formatted text changes
// nothing. A text with errors of syntax is not formatted but returned with them.
func Format(src string) (string, Diagnostics) {
	p, d := Parse(src)
	if len(d) > 0 {
		return src, d
	}
	f := formatter{src: src, comments: p.comments}
	for _, s := range p.statements {
		f.statement(s)
	}
	for _, c := range f.comments {
		f.line(c.span, c.text)
	}
	return f.out.String(), nil
}

type formatter struct {
	src      string
	comments []comment // not yet written
	out      strings.Builder
	end      int // of the source already written
}

// line writes a text that stood at a span on a line of its own, behind an empty
// line if there was one in the source.
func (f *formatter) line(at Span, text string) {
	if f.out.Len() > 0 {
		f.out.WriteByte('\n')
		if strings.Count(f.src[f.end:max(f.end, at.From)], "\n") > 1 {
			f.out.WriteByte('\n')
		}
	}
	f.out.WriteString(text)
	f.end = max(f.end, at.To)
}

// statement writes a statement with its comments: those before and within it
// stand above it, the one behind it on the same line stays there.
func (f *formatter) statement(s statement) {
	for len(f.comments) > 0 && f.comments[0].span.From < s.span.To {
		f.line(f.comments[0].span, f.comments[0].text)
		f.comments = f.comments[1:]
	}
	f.line(s.span, formatStatement(s))
	if len(f.comments) > 0 && !strings.Contains(f.src[s.span.To:f.comments[0].span.From], "\n") && !f.shared(s) {
		f.out.WriteString(" " + f.comments[0].text)
		f.end = f.comments[0].span.To
		f.comments = f.comments[1:]
	}
}

// shared reports whether another statement stands between this one and the
// comment: a = 1; b = 2 # about b.
func (f *formatter) shared(s statement) bool {
	between := f.src[s.span.To:f.comments[0].span.From]
	return strings.Trim(between, "; \t\r\v\f\u0085\u00a0\ufeff") != ""
}

func formatStatement(s statement) string {
	head := ""
	switch s.kind {
	case statementAssign:
		head = s.name.text + " = "
	case statementParam:
		head = "param " + s.name.text + " = "
	case statementDef:
		params := make([]string, len(s.params))
		for i, p := range s.params {
			params[i] = p.text
		}
		head = "def " + s.name.text + "(" + strings.Join(params, ", ") + ") = "
	}
	line := head + formatExpr(s.value)
	if utf8.RuneCountInString(line) <= lineWidth {
		return line
	}
	return head + strings.Join(pieces(s.value), "\n  ")
}

// pieces cuts an expression at its loosest operators, each of which then starts
// a line: such a line goes on with the one before.
func pieces(e expr) []string {
	switch e := e.(type) {
	case binary:
		if e.op.text != "and" && e.op.text != "or" {
			break
		}
		first := []string{formatExpr(e.x)}
		if x, ok := e.x.(binary); ok && x.op.text == e.op.text {
			first = pieces(x)
		}
		return append(first, e.op.text+" "+formatExpr(e.y))
	case conditional:
		return []string{formatExpr(e.cond), "? " + formatExpr(e.x), ": " + formatExpr(e.y)}
	}
	return []string{formatExpr(e)}
}

func formatExpr(e expr) string {
	switch e := e.(type) {
	case number:
		return e.text
	case quoted:
		return quote(e.text)
	case name:
		return e.text
	case paren:
		return "(" + formatExpr(e.x) + ")"
	case unary:
		if e.op.text == "not" {
			return "not " + formatExpr(e.x)
		}
		return e.op.text + formatExpr(e.x)
	case binary:
		return formatExpr(e.x) + " " + e.op.text + " " + formatExpr(e.y)
	case chain:
		var b strings.Builder
		b.WriteString(formatExpr(e.x[0]))
		for i, op := range e.ops {
			b.WriteString(" " + op.text + " " + formatExpr(e.x[i+1]))
		}
		return b.String()
	case conditional:
		return formatExpr(e.cond) + " ? " + formatExpr(e.x) + " : " + formatExpr(e.y)
	case index:
		return formatExpr(e.x) + "[" + formatExpr(e.n) + "]"
	case field:
		if n, ok := e.x.(number); ok { // "11.a" is read as one number that is none
			return n.text + " ." + e.name.text
		}
		return formatExpr(e.x) + "." + e.name.text
	case call:
		args := make([]string, len(e.args))
		for i, a := range e.args {
			args[i] = formatExpr(a.value)
			if a.label.text != "" {
				args[i] = a.label.text + "=" + args[i]
			}
		}
		return e.name.text + "(" + strings.Join(args, ", ") + ")"
	}
	panic("formula: a program without errors holds what could not be read")
}
