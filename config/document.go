package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Document is a YAML text that knows the place of each value.
type Document struct {
	name string // path of the file, or what errors call it
	text string
	body ast.Node
	refs references

	above int // lines of the file before the text
}

// Limits of a text, checked before it is parsed: the parser needs memory by the square of the nesting.
const (
	fileSizeMax = 4 << 20
	// SettingsSizeMax is how many bytes a text for Parse may have.
	SettingsSizeMax = 64 << 10
	nestingMax      = 64
)

// Read reads a file that people write, and replaces ${NAME} and ${NAME:-default} in its values by the environment.
// The path - is standard input.
func Read(path string) (*Document, error) {
	in := os.Stdin
	if path != "-" {
		var err error
		if in, err = os.Open(path); err != nil {
			return nil, err
		}
		defer in.Close()
	}
	raw, err := io.ReadAll(io.LimitReader(in, fileSizeMax+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > fileSizeMax {
		return nil, fmt.Errorf("%s: more than %d bytes", path, fileSizeMax)
	}
	return parse(path, raw, true)
}

// Parse reads a text that came over HTTP or from a topic; errors call it by name. Nothing of the environment is
// replaced, and aliases are refused: each could repeat a long value.
func Parse(name string, text []byte) (*Document, error) {
	if len(text) > SettingsSizeMax {
		return nil, fmt.Errorf("%s: more than %d bytes", name, SettingsSizeMax)
	}
	return parse(name, text, false)
}

// ParseLine reads one line of a file of JSON lines, which errors call by name and number.
func ParseLine(name string, number int, text string) (*Document, error) {
	d, err := Parse(name, []byte(text))
	if d != nil {
		d.above = number - 1
	}
	return d, err
}

func parse(name string, raw []byte, environment bool) (*Document, error) {
	d := &Document{name: name, text: strings.TrimPrefix(string(raw), "\ufeff")} // editors put it there
	if !utf8.ValidString(d.text) {
		return nil, d.notUTF8()
	}
	text := d.text
	if environment {
		var err error
		if text, err = d.refs.hide(text); err != nil {
			return nil, d.locate(1, 1, 1, err.Error())
		}
	}
	if err := d.checkLines(); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(text)
	if err := d.checkTokens(tokens, environment); err != nil {
		return nil, err
	}
	var file *ast.File
	err := guarded(func() (err error) {
		if file, err = parser.Parse(tokens, 0); err == nil && len(file.Docs) > 0 {
			joinColons(file.Docs[0].Body)
		}
		return err
	})
	if err != nil {
		return nil, d.explain(err)
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, d.locate(1, 1, 1, "there is nothing in it")
	}
	for _, more := range file.Docs[1:] {
		if more.Body != nil {
			t := more.Body.GetToken()
			return nil, d.locate(t.Position.Line, t.Position.Column, 1, "a second document: there may be one")
		}
	}
	d.body = file.Docs[0].Body
	return d, nil
}

// Decode fills v, a pointer. An unknown key or a value of the wrong type is an error.
func (d *Document) Decode(v any) error {
	return guarded(func() error {
		body, err := d.fit(d.body, reflect.TypeOf(v))
		if err != nil {
			return err
		}
		d.body = body
		if err := yaml.NewDecoder(&bytes.Buffer{}, yaml.Strict()).DecodeFromNode(body, v); err != nil {
			return d.explain(err)
		}
		return nil
	})
}

// DecodeLoosely fills what it can of v, and ignores the rest.
func (d *Document) DecodeLoosely(v any) {
	_ = guarded(func() error { return yaml.NewDecoder(&bytes.Buffer{}).DecodeFromNode(d.body, v) })
}

// guarded turns a panic of the YAML library, which has some for malformed texts, into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this cannot be read as YAML: %v", p)
		}
	}()
	return f()
}

// Name returns the path of the file, or what errors call the text.
func (d *Document) Name() string { return d.name }

// Has reports whether the text is a mapping with the top-level key.
func (d *Document) Has(key string) bool {
	m, ok := d.body.(*ast.MappingNode)
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

// checkLines refuses what nests too deep within one line. It counts quoted brackets and those of comments as well,
// which no real text has so many of; it only keeps a file of brackets from becoming tokens.
func (d *Document) checkLines() error {
	number := 0
	for line := range strings.Lines(d.text) {
		number++
		open := strings.Count(line, "[") + strings.Count(line, "{")
		open -= strings.Count(line, "]") + strings.Count(line, "}")
		rest := line
		for entries := 0; ; entries++ {
			rest = strings.TrimLeft(rest, " ")
			if entries > nestingMax || open > nestingMax {
				return d.locate(number, 1, 1, fmt.Sprintf("nested deeper than %d", nestingMax))
			}
			if !strings.HasPrefix(rest, "- ") && !strings.HasPrefix(rest, "? ") {
				break
			}
			rest = rest[2:]
		}
	}
	return nil
}

// checkTokens refuses nesting beyond the limit, and aliases where they are not wanted.
func (d *Document) checkTokens(tokens token.Tokens, aliases bool) error {
	flow := 0
	var columns []int // of the block collections that are open
	for _, t := range tokens {
		at := t
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(0, flow-1)
		case token.MappingValueType:
			if t.Prev != nil {
				at = t.Prev // the key
			}
			columns = opened(columns, at)
		case token.SequenceEntryType, token.MappingKeyType:
			columns = opened(columns, t)
		case token.AliasType:
			if !aliases {
				return d.locate(t.Position.Line, t.Position.Column, 1, "aliases are for files that people write")
			}
		}
		if flow+len(columns) > nestingMax {
			return d.locate(at.Position.Line, at.Position.Column, 1, fmt.Sprintf("nested deeper than %d", nestingMax))
		}
	}
	return nil
}

// opened returns the columns of the open block collections after a token that begins an entry of one.
func opened(columns []int, t *token.Token) []int {
	for len(columns) > 0 && columns[len(columns)-1] >= t.Position.Column {
		columns = columns[:len(columns)-1]
	}
	return append(columns, t.Position.Column)
}

// explain turns an error of the YAML library into one with its place.
func (d *Document) explain(err error) error {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil {
		return d.locate(1, 1, 1, strings.TrimSpace(err.Error()))
	}
	t, message := y.GetToken(), d.refs.reveal(y.GetMessage())
	if m := goTypes.FindStringSubmatch(message); m != nil {
		wanted := m[2]
		if wanted == "Configuration" || strings.HasSuffix(wanted, "Settings") {
			wanted = "mapping"
		}
		message = strings.NewReplacer("[]", "sequence", "map", "mapping").Replace(m[1]) + " was used where " + wanted +
			" is expected"
	}
	if at := secretKey.FindStringIndex(message); at != nil { // the library repeats what it does not know
		message = masked(message, at[1])
	}
	line, col := d.position(t)
	return d.locate(line, col, utf8.RuneCountInString(strings.TrimSpace(t.Value)), message)
}

// goTypes finds the library's words for values of the wrong kind.
var goTypes = regexp.MustCompile(`^cannot unmarshal (map|\[\]|\w+).* into Go .*of type (?:\w+\.)?(\w+)`)

// notUTF8 makes an error of the first byte that is not UTF-8.
func (d *Document) notUTF8() error {
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
