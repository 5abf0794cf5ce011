package notify

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
	"unicode/utf8"

	"streamd/candle/zone"
	"streamd/formula"
)

// Template writes the text of a signal. Values are escaped as the receiver wants it; the text of
// the template itself is its author's.
type Template struct{ tree *template.Template }

// escapeName is the function that every printed value goes through.
const escapeName = "_escape"

// templateBytesMax is the longest template.
const templateBytesMax = 16 << 10

// templateFields are what `.` has, and what is below it where that is fixed.
var templateFields = map[string][]string{
	"id": nil, "resolves": nil, "formula": nil, "signal_type": nil, "symbol": nil, "timeframe": nil, "timestamp": nil,
	"indicator_values": nil, "metadata": nil, "intrabar": nil, "bars": nil,
	"candle": {"open", "high", "low", "close", "volume"},
}

// ParseTemplate parses a template. CheckTemplate says where one is wrong.
func ParseTemplate(text string) (*Template, error) {
	t, err := template.New("template").Funcs(functions(nil, "", nil)).Parse(text)
	if err != nil {
		return nil, err
	}
	for _, each := range t.Templates() {
		escapeAll(each.Tree, each.Root)
	}
	return &Template{t}, nil
}

// escapeAll puts the escaping behind every action that prints a value.
func escapeAll(tree *parse.Tree, n parse.Node) {
	walk(n, func(n parse.Node) {
		if a, ok := n.(*parse.ActionNode); ok && len(a.Pipe.Decl) == 0 {
			a.Pipe.Cmds = append(a.Pipe.Cmds, &parse.CommandNode{
				NodeType: parse.NodeCommand, Pos: a.Pos,
				Args: []parse.Node{parse.NewIdentifier(escapeName).SetPos(a.Pos).SetTree(tree)},
			})
		}
	})
}

// walk calls f for a node and all below it.
func walk(n parse.Node, f func(parse.Node)) {
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, f)
		walk(b.List, f)
		walk(b.ElseList, f)
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, each := range n.Nodes {
				walk(each, f)
			}
		}
		return
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.ActionNode:
		walk(n.Pipe, f)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, f)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walk(c, f)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			walk(a, f)
		}
	}
	f(n)
}

// Execute writes the text of a signal.
func (t *Template) Execute(s *Signal, publicURL string, escape func(string) string) (string, error) {
	own, err := t.tree.Clone()
	if err != nil {
		return "", err
	}
	var b limited
	if err := own.Funcs(functions(s, publicURL, escape)).Execute(&b, s.data()); err != nil {
		return "", fmt.Errorf("notify: template: %w", err)
	}
	return b.String(), nil
}

// limited keeps a text within textBytesMax: a template may repeat what it prints.
type limited struct{ strings.Builder }

const textBytesMax = 1 << 20

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > textBytesMax {
		return 0, fmt.Errorf("more than %d bytes", textBytesMax)
	}
	return l.Builder.Write(p)
}

var _ io.Writer = (*limited)(nil)

// functions are what a template can call, besides text/template's own.
func functions(s *Signal, publicURL string, escape func(string) string) template.FuncMap {
	return template.FuncMap{
		"num": formatNumber,
		"pct": func(x any, digits ...int) (string, error) {
			v, ok := x.(float64)
			if !ok {
				return formatNumber(x)
			}
			if len(digits) == 0 {
				digits = []int{2}
			}
			text, err := formatNumber(100*v, digits...)
			return text + "%", err
		},
		"time":  formatTime,
		"upper": func(x any) string { return strings.ToUpper(plain(x)) },
		"link": func(...any) string {
			if s == nil {
				return ""
			}
			return chartLink(publicURL, s)
		},
		escapeName: func(x any) string {
			if escape == nil {
				return plain(x)
			}
			return escape(plain(x))
		},
	}
}

// plain writes a value: numbers as the signal has them, nothing for what is not there.
func plain(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case float64:
		if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
			return strconv.FormatFloat(x, 'g', -1, 64)
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	case time.Time:
		return x.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(x)
}

// formatNumber writes a number with that many digits after the decimal point, all by default; na
// for none.
func formatNumber(x any, digits ...int) (string, error) {
	var v float64
	switch x := x.(type) {
	case nil:
		return "na", nil
	case float64:
		v = x
	case int:
		v = float64(x)
	case string:
		f, err := strconv.ParseFloat(x, 64)
		if err != nil {
			return "", fmt.Errorf("%q is no number", x)
		}
		v = f
	default:
		return "", fmt.Errorf("%v is no number", x)
	}
	switch {
	case len(digits) == 0:
		return plain(v), nil
	case len(digits) > 1 || digits[0] < 0 || digits[0] > 20:
		return "", errors.New("the digits of a number are one value from 0 to 20")
	}
	return strconv.FormatFloat(v, 'f', digits[0], 64), nil
}

// formatTime writes a time by a layout of Go, 2006-01-02 15:04 where there is none, in a zone, UTC
// where there is none.
func formatTime(x any, layoutAndZone ...string) (string, error) {
	var t time.Time
	switch x := x.(type) {
	case nil:
		return "", nil
	case string:
		var err error
		if t, err = time.Parse(time.RFC3339Nano, x); err != nil {
			return "", fmt.Errorf("%q is no time", x)
		}
	case time.Time:
		t = x
	default:
		return "", fmt.Errorf("%v is no time", x)
	}
	layout, name := "2006-01-02 15:04", ""
	switch len(layoutAndZone) {
	case 0:
	case 1:
		layout = layoutAndZone[0]
	case 2:
		layout, name = layoutAndZone[0], layoutAndZone[1]
	default:
		return "", errors.New("time takes a value, a layout and a time zone")
	}
	in, err := zone.Load(name)
	if err != nil {
		return "", err
	}
	return t.In(in).Format(layout), nil
}

// sample is the signal by which templates are tried.
const sample = `{"id":"00000000000000000000000000000000","formula":"sample","signal_type":"ENTRY","symbol":"SAMPLE",` +
	`"timeframe":"1m","timestamp":"2024-01-02T14:30:00Z","candle":{"open":100,"high":102.5,"low":99,"close":101.25,` +
	`"volume":1000},"indicator_values":{"rsi_14":28.4,"sma_20":101.5},"metadata":{"severity":"info"}}`

// CheckTemplate returns what is wrong with a template, and where.
func CheckTemplate(text string) formula.Diagnostics {
	if len(text) > templateBytesMax {
		return fault(text, 0, len(text), fmt.Sprintf("a template of %d bytes, at most %d", len(text), templateBytesMax))
	}
	t, err := ParseTemplate(text)
	if err != nil {
		from, to := placeOf(text, err)
		return fault(text, from, to, withoutPlace(err))
	}
	var found formula.Diagnostics
	for _, each := range t.tree.Templates() {
		checkFields(text, each.Root, &found)
	}
	if len(found) > 0 {
		return found
	}
	s, err := ReadSignal([]byte(sample))
	if err != nil {
		panic(err.Error())
	}
	if _, err = t.Execute(s, "", nil); err != nil {
		from, to := placeOf(text, err)
		return fault(text, from, to, withoutPlace(err))
	}
	return nil
}

// checkFields finds fields that no signal has. Below `with` and `range` the dot is another value.
func checkFields(text string, n parse.Node, found *formula.Diagnostics) {
	moved := map[parse.Node]bool{}
	walk(n, func(n parse.Node) {
		var inner *parse.ListNode
		switch n := n.(type) {
		case *parse.RangeNode:
			inner = n.List
		case *parse.WithNode:
			inner = n.List
		}
		if inner != nil {
			walk(inner, func(n parse.Node) { moved[n] = true })
		}
	})
	walk(n, func(n parse.Node) {
		f, ok := n.(*parse.FieldNode)
		if !ok || moved[n] {
			return
		}
		below, known := templateFields[f.Ident[0]]
		name, from := f.Ident[0], fieldAt(text, int(f.Pos), f.String())
		choices := slices.Sorted(func(yield func(string) bool) {
			for k := range templateFields {
				if !yield(k) {
					return
				}
			}
		})
		if known && len(below) > 0 && len(f.Ident) > 1 && !slices.Contains(below, f.Ident[1]) {
			from += len(name) + 1
			known, name, choices = false, f.Ident[1], below
		}
		if !known {
			message := fmt.Sprintf("a signal has no field %q", name)
			if near := formula.DidYouMean(name, choices); near != "" {
				message += "; " + near
			}
			*found = append(*found, fault(text, from+1, from+1+len(name), message)...)
		}
	})
}

// fieldAt returns where a field stands: text/template gives its place or that of its end.
func fieldAt(text string, pos int, field string) int {
	for _, from := range []int{pos, pos - len(field)} {
		if from >= 0 && strings.HasPrefix(text[min(from, len(text)):], field) {
			return from
		}
	}
	if at := strings.LastIndex(text[:min(pos+len(field), len(text))], field); at >= 0 {
		return at
	}
	return min(pos, len(text))
}

func fault(text string, from, to int, message string) formula.Diagnostics {
	from = min(max(from, 0), len(text))
	to = min(max(to, from), len(text))
	line, col := placeIn(text, from)
	endLine, endCol := placeIn(text, to)
	return formula.Diagnostics{{
		Span: formula.Span{From: from, To: to}, Message: message, Code: "template", Line: line, Col: col,
		EndLine: endLine, EndCol: endCol,
	}}
}

var (
	errorPlace  = regexp.MustCompile(`^(?:notify: template: )?template: template:(\d+)(?::(\d+))?: (?:executing "[^"]*" at <(.*?)>: )?`)
	errorQuoted = regexp.MustCompile(`"((?:[^"\\]|\\.)+)"`)
)

// withoutPlace is the message of an error of text/template by itself.
func withoutPlace(err error) string { return errorPlace.ReplaceAllString(err.Error(), "") }

// placeOf finds the span that an error of text/template is about. Execution says line and column;
// for a syntax error it is the first action that does not parse, and in it the word that the error
// quotes.
func placeOf(text string, err error) (from, to int) {
	m := errorPlace.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, len(text)
	}
	line, _ := strconv.Atoi(m[1])
	if m[2] != "" {
		col, _ := strconv.Atoi(m[2])
		from = lineStart(text, line) + col
		return min(from, len(text)), min(from+max(len(m[3]), 1), len(text))
	}
	from, to = actionOf(text)
	if q := errorQuoted.FindStringSubmatch(withoutPlace(err)); q != nil {
		if at := strings.Index(text[from:to], q[1]); at >= 0 {
			return from + at, from + at + len(q[1])
		}
	}
	return from, to
}

func lineStart(text string, line int) int {
	at := 0
	for range line - 1 {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	return at
}

// actionOf returns the first action up to which the template does not parse, even if what is open
// there was closed.
func actionOf(text string) (from, to int) {
	for at := 0; ; {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			return min(max(strings.LastIndex(text, "{{"), 0), len(text)), len(text)
		}
		open += at
		end := strings.Index(text[open:], "}}")
		if end < 0 {
			return open, len(text)
		}
		at = open + end + 2
		_, err := template.New("template").Funcs(functions(nil, "", nil)).Parse(text[:at])
		if err != nil && !strings.Contains(err.Error(), "unexpected EOF") {
			return open, at
		}
	}
}

// placeIn returns the line and column of a byte of a text, both from 1.
func placeIn(text string, at int) (line, col int) {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	return strings.Count(text[:at], "\n") + 1, utf8.RuneCountInString(text[start:at]) + 1
}
