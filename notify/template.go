package notify

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"streamd/candle/zone"
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

// plain writes a value: numbers in full, prices and volumes without exponents, nothing for what is not there.
func plain(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case float64:
		if a := math.Abs(x); a != 0 && (a < 1e-12 || a >= 1e21) {
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
