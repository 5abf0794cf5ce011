package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"streamd/formula"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// PlacedError is a problem at a place of a document.
type PlacedError struct {
	formula.Diagnostic
	name   string // of the document
	source string // the line, without secrets
}

// Error returns the place, the message, and the line with a caret.
func (e *PlacedError) Error() string {
	line, col := window(e.source, e.Col)
	width := max(1, min(e.EndCol-e.Col, utf8.RuneCountInString(line)-col+1))
	return fmt.Sprintf("%s\n  %s\n  %s%s", e.Brief(), line, strings.Repeat(" ", max(0, col-1)),
		strings.Repeat("^", width))
}

// Brief returns the place and the message, without the line: for readers who may not see the file.
func (e *PlacedError) Brief() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.name, e.Line, e.Col, e.Message)
}

// WithoutLines returns an error that says the same without the lines of the file, which may hold secrets: for logs, and
// for answers over HTTP.
func WithoutLines(err error) error {
	switch e := err.(type) {
	case *PlacedError:
		return errors.New(e.Brief())
	case interface{ Unwrap() []error }: // of errors.Join
		brief := make([]error, 0, len(e.Unwrap()))
		for _, one := range e.Unwrap() {
			brief = append(brief, WithoutLines(one))
		}
		return errors.Join(brief...)
	}
	return err
}

// CodeSettings is the code of diagnostics that are not about an expression.
const CodeSettings = "settings"

// Limits of what an error shows, in characters.
const (
	messageMax = 1000
	lineMax    = 200
)

// window cuts a long line down to what is around a column.
func window(line string, col int) (string, int) {
	characters := []rune(line)
	if len(characters) <= lineMax {
		return line, col
	}
	from := min(max(0, col-1-lineMax/2), len(characters)-lineMax)
	return string(characters[from : from+lineMax]), col - from
}

// visible replaces characters that could command a terminal or reorder what it shows.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// locate makes an error of a message about some characters of a line.
func (d *Document) locate(line, col, width int, message string) *PlacedError {
	lines := strings.SplitAfter(d.text, "\n")
	source, before := "", ""
	if line >= 1 && line <= len(lines) {
		source = strings.TrimRight(lines[line-1], "\r\n")
		before = strings.Join(lines[:line-1], "")
	}
	width = max(1, min(width, utf8.RuneCountInString(source)-col+1))
	characters := []rune(source)
	from, to := min(max(0, col-1), len(characters)), min(max(0, col-1+width), len(characters))
	if r := []rune(message); len(r) > messageMax {
		message = string(r[:messageMax]) + "…"
	}
	e := &PlacedError{name: d.name, source: visible(withoutSecrets(lines, line))}
	line += d.above
	e.Line, e.Col, e.EndLine, e.EndCol, e.Code, e.Message = line, col, line, col+width, CodeSettings, message
	e.From = len(utf16.Encode([]rune(before))) + len(utf16.Encode(characters[:from]))
	e.To = e.From + len(utf16.Encode(characters[from:to]))
	return e
}

// Errorf makes an error at the value of a path as $.kafka.topics[0].name, or of the nearest one above that is in the
// file.
func (d *Document) Errorf(path, format string, args ...any) *PlacedError {
	message := fmt.Sprintf(format, args...)
	if n := d.node(path); n != nil {
		t := n.GetToken()
		line, col := d.position(t)
		return d.locate(line, col, utf8.RuneCountInString(strings.TrimSpace(t.Value)), message)
	}
	return d.locate(1, 1, 1, message)
}

// Line returns the line of the value at a path, or of the nearest one above that is in the file.
func (d *Document) Line(path string) int {
	if n := d.node(path); n != nil {
		return n.GetToken().Position.Line
	}
	return 1
}

func (d *Document) node(path string) ast.Node {
	for path != "$" && path != "" {
		if p, err := yaml.PathString(path); err == nil {
			if n, err := p.FilterNode(d.body); err == nil && n != nil {
				if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
					return m.Values[0].Key
				}
				if m, ok := n.(*ast.MappingValueNode); ok {
					return m.Key
				}
				return n
			}
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return nil
}

// InFormula renders the diagnostics of an expression below the place where it stands in the file; what names it.
func (d *Document) InFormula(path, what, expression string, found formula.Diagnostics) string {
	n := d.node(path)
	var b strings.Builder
	for i, g := range found {
		if i > 0 {
			b.WriteByte('\n')
		}
		l, c := 1, 1
		if n != nil {
			l, c = d.within(n, expression, g.Span.From)
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s:\n%s", d.name, l+d.above, c, what, indent(g.Render(expression)))
	}
	return b.String()
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// position returns the line and column of a token. The YAML library counts the blanks behind a plain scalar into its
// column, where a line ends with them.
func (d *Document) position(t *token.Token) (line, col int) {
	line, col = t.Position.Line, t.Position.Column
	lines := strings.Split(d.text, "\n")
	words := strings.Fields(t.Value)
	if line < 1 || line > len(lines) || len(words) == 0 {
		return line, col
	}
	text := strings.TrimRight(lines[line-1], "\r")
	characters := []rune(text)
	at := func(col int) bool {
		return col >= 1 && col <= len(characters) && strings.HasPrefix(string(characters[col-1:]), words[0])
	}
	blanks := len(text) - len(strings.TrimRight(text, " \t"))
	if !at(col) && at(col-blanks) {
		col -= blanks
	}
	return line, col
}

// within returns the line and column at which a byte of a scalar's value stands in the file. YAML folds lines and
// removes indentation, but never makes other characters of blanks: so the value's characters that are not blank are
// counted off in the file. Where that does not come out even, as for a value from the environment, it is the beginning
// of the scalar.
func (d *Document) within(n ast.Node, value string, offset int) (line, col int) {
	line, col = d.position(n.GetToken())
	l, c := line, col
	quote := rune(0)
	if _, block := n.(*ast.LiteralNode); block {
		l, c = line+1, 1
	}
	rest := []rune(strings.Join(strings.SplitAfter(d.text, "\n")[l-1:], ""))[c-1:]
	if len(rest) > 0 && c == col && l == line && (rest[0] == '"' || rest[0] == '\'') {
		quote, rest, c = rest[0], rest[1:], c+1
	}
	skip := func() { // to the next character
		for len(rest) > 0 && unicode.IsSpace(rest[0]) {
			if c++; rest[0] == '\n' {
				l, c = l+1, 1
			}
			rest = rest[1:]
		}
	}
	for at, r := range value {
		if unicode.IsSpace(r) && at < offset {
			if r != '\n' && len(rest) > 0 && rest[0] == r { // the error may be at the end of some
				rest, c = rest[1:], c+1
			}
			continue
		}
		if !unicode.IsSpace(r) {
			skip()
		}
		if at >= offset {
			return l, c
		}
		width := 1
		if quote == '\'' && r == '\'' || quote == '"' && len(rest) > 0 && rest[0] == '\\' {
			width = 2
		}
		if len(rest) < width || rest[width-1] != r {
			return line, col
		}
		rest, c = rest[width:], c+width
	}
	return l, c
}
