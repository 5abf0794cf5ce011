package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"streamd/formula"
	"streamd/stream"
)

// document is a YAML file whose ${NAME} and ${NAME:-default} have been replaced
// by the environment, in scalars only and after parsing, so that no value can
// change the structure.
type document struct {
	path string
	text string
	file *ast.File
}

// The signs of ${NAME:-default} stand for themselves while YAML is parsed,
// since brackets and colons mean something to it; one character for one keeps
// the columns.
var (
	hide = strings.NewReplacer("$", "\ue000", "{", "\ue001", "}", "\ue002", ":", "\ue003", "[", "\ue004", "]",
		"\ue005", ",", "\ue006")
	reveal = strings.NewReplacer("\ue000", "$", "\ue001", "{", "\ue002", "}", "\ue003", ":", "\ue004", "[", "\ue005",
		"]", "\ue006", ",")
	envRef = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}\n]*)?\}`)
)

// documentMax is how many bytes a file may have.
const documentMax = 16 << 20

// readYAML reads a file; "-" is standard input.
func readYAML(path string) (*document, error) {
	in := os.Stdin
	if path != "-" {
		var err error
		if in, err = os.Open(path); err != nil {
			return nil, fmt.Errorf("streamd: %w", err)
		}
		defer in.Close()
	}
	raw, err := io.ReadAll(io.LimitReader(in, documentMax+1))
	if err != nil {
		return nil, fmt.Errorf("streamd: %w", err)
	}
	if len(raw) > documentMax {
		return nil, fmt.Errorf("streamd: %s: more than %d bytes", path, documentMax)
	}
	return parseYAML(path, raw, true)
}

// parseYAML reads what is in a file of that path; the environment is looked up if
// wanted.
func parseYAML(path string, raw []byte, environment bool) (*document, error) {
	d := &document{path: path, text: strings.TrimPrefix(string(raw), "\ufeff")} // editors put it there
	if !utf8.ValidString(d.text) {
		return nil, d.notText()
	}
	hidden := d.text
	if environment {
		hidden = envRef.ReplaceAllStringFunc(d.text, hide.Replace)
	}
	err := guarded(func() (err error) {
		if d.file, err = parser.ParseBytes([]byte(hidden), 0); err == nil && len(d.file.Docs) > 0 {
			mend(d.file.Docs[0].Body)
		}
		return err
	})
	if err != nil {
		return nil, d.explain(err)
	}
	if len(d.file.Docs) == 0 || d.file.Docs[0].Body == nil {
		return nil, d.locate(1, 1, 1, "there is nothing in it")
	}
	for _, more := range d.file.Docs[1:] {
		if more.Body != nil {
			t := more.Body.GetToken()
			return nil, d.locate(t.Position.Line, t.Position.Column, 1, "a second document: there may be one")
		}
	}
	if environment {
		d.file.Docs[0].Body = expand(d.file.Docs[0].Body)
	}
	return d, nil
}

// expand replaces environment references in the scalars below a node. A plain
// scalar is read again, so that ${PORT:-8080} is a number.
func expand(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			v.Value = expand(v.Value)
		}
	case *ast.MappingValueNode:
		n.Value = expand(n.Value)
	case *ast.SequenceNode:
		for i, v := range n.Values {
			n.Values[i] = expand(v)
		}
	case *ast.LiteralNode:
		n.Value.Value = fromEnvironment(n.Value.Value)
	case *ast.StringNode:
		text := fromEnvironment(n.Value)
		if text == n.Value {
			return n
		}
		plain := n.Token.Origin == "" || !strings.ContainsAny(strings.TrimSpace(n.Token.Origin)[:1], `"'`)
		n.Value = text
		n.Token.Value = text
		if plain && text != "" {
			if f, err := parser.ParseBytes([]byte(text), 0); err == nil && len(f.Docs) == 1 {
				switch s := f.Docs[0].Body.(type) {
				case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
					s.GetToken().Position = n.Token.Position
					return s
				}
			}
		}
	}
	return n
}

func fromEnvironment(s string) string {
	if !strings.Contains(s, "\ue000") {
		return s
	}
	return envRef.ReplaceAllStringFunc(reveal.Replace(s), func(ref string) string {
		name, byDefault, _ := strings.Cut(ref[2:len(ref)-1], ":-")
		if v, ok := os.LookupEnv(name); ok && v != "" {
			return v
		}
		return byDefault
	})
}

// decode fills v; an unknown key or a value of the wrong type is an error.
func (d *document) decode(v any) error {
	var buf bytes.Buffer
	dec := yaml.NewDecoder(&buf, yaml.Strict())
	body := d.file.Docs[0].Body
	if err := guarded(func() error { return dec.DecodeFromNode(body, v) }); err != nil {
		return d.explain(err)
	}
	return guarded(func() error { return d.whole(body, reflect.TypeOf(v)) })
}

// guarded turns a panic of the YAML library into an error. It has some for malformed
// texts, and a text may come from anywhere.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this cannot be read as YAML: %v", p)
		}
	}()
	return f()
}

// explain turns an error of the YAML library into file:line:col with a caret.
func (d *document) explain(err error) error {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil {
		return d.locate(1, 1, 1, strings.TrimSpace(err.Error()))
	}
	t, message := y.GetToken(), reveal.Replace(y.GetMessage())
	if m := goTypes.FindStringSubmatch(message); m != nil {
		message = strings.NewReplacer("[]", "sequence", "map", "mapping").Replace(m[1]) + " was used where " + m[2] +
			" is expected"
	}
	line, col := d.place(t)
	return d.locate(line, col, utf8.RuneCountInString(strings.TrimSpace(t.Value)), message)
}

// goTypes finds the library's words for values of the wrong kind.
var goTypes = regexp.MustCompile(`^cannot unmarshal (map|\[\]|\w+).* into Go .*of type (?:\w+\.)?(\w+)`)

// notText makes an error of the first byte that is none of UTF-8.
func (d *document) notText() error {
	before := 0
	for i, r := range d.text {
		if _, n := utf8.DecodeRuneInString(d.text[i:]); r == utf8.RuneError && n == 1 {
			before = i
			break
		}
	}
	line := strings.Count(d.text[:before], "\n")
	col := utf8.RuneCountInString(d.text[strings.LastIndexByte(d.text[:before], '\n')+1 : before])
	bad := d.text[before]
	d.text = strings.ToValidUTF8(d.text, "\ufffd")
	return d.locate(line+1, col+1, 1, fmt.Sprintf("byte %#02x is not UTF-8", bad))
}

// at renders a message at the value of a path like $.kafka.topics[0].name, or
// of the nearest one above that is in the file.
func (d *document) at(path, message string) string { return d.errorAt(path, message).Error() }

// errorAt is at as an error that knows its place.
func (d *document) errorAt(path, message string) *placed {
	if n := d.node(path); n != nil {
		t := n.GetToken()
		line, col := d.place(t)
		return d.locate(line, col, utf8.RuneCountInString(strings.TrimSpace(t.Value)), message)
	}
	return d.locate(1, 1, 1, message)
}

// has reports whether the file is a mapping with the top-level key.
func (d *document) has(key string) bool {
	m, ok := d.file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		return false
	}
	for _, v := range m.Values {
		if v.Key.String() == key {
			return true
		}
	}
	return false
}

func (d *document) node(path string) ast.Node {
	for path != "$" && path != "" {
		if p, err := yaml.PathString(path); err == nil {
			if n, err := p.FilterNode(d.file.Docs[0].Body); err == nil && n != nil {
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

// atFormula renders the diagnostics of a formula below the place where it
// stands in the file.
func (d *document) atFormula(path string, p *stream.Problem) string {
	n := d.node(path)
	var b strings.Builder
	for i, g := range p.Diagnostics {
		if i > 0 {
			b.WriteByte('\n')
		}
		l, c := 1, 1
		if n != nil {
			l, c = d.within(n, p.Source, g.Span.From)
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s:\n%s", d.path, l, c, p.Subject(), indent(g.Render(p.Source)))
	}
	return b.String()
}

// place returns the line and column of a token. The YAML library counts the blanks
// behind a plain scalar into its column, where a line ends with them.
func (d *document) place(t *token.Token) (line, col int) {
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

// within returns the line and column at which a byte of a scalar's value stands in
// the file. YAML folds and indents, and it never makes a character out of blanks: so
// the value's characters that are none are counted off in the file. Where that does
// not come out even (a value from the environment), it is the beginning.
func (d *document) within(n ast.Node, value string, offset int) (line, col int) {
	line, col = d.place(n.GetToken())
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

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// placed is an error in a document.
type placed struct {
	formula.Diagnostic
	text string // with the line and a caret
}

func (e *placed) Error() string { return e.text }

// locate makes an error of a message about some characters of a line.
func (d *document) locate(line, col, width int, message string) *placed {
	lines := strings.SplitAfter(d.text, "\n")
	text, before := "", ""
	if line >= 1 && line <= len(lines) {
		text = strings.TrimRight(lines[line-1], "\r\n")
		before = strings.Join(lines[:line-1], "")
	}
	width = max(1, min(width, utf8.RuneCountInString(text)-col+1))
	characters := []rune(text)
	from, to := min(max(0, col-1), len(characters)), min(max(0, col-1+width), len(characters))
	e := &placed{text: fmt.Sprintf("%s:%d:%d: %s\n  %s\n  %s%s", d.path, line, col, message, text,
		strings.Repeat(" ", max(0, col-1)), strings.Repeat("^", width))}
	e.Line, e.Col, e.EndLine, e.EndCol, e.Code, e.Message = line, col, line, col+width, codeSettings, message
	e.From = len(utf16.Encode([]rune(before))) + len(utf16.Encode(characters[:from]))
	e.To = e.From + len(utf16.Encode(characters[from:to]))
	return e
}

// codeSettings is the code of what is wrong beside an expression.
const codeSettings = "settings"
