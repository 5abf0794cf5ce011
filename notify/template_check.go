package notify

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"streamd/formula"
)

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
	errorPlace = regexp.MustCompile(`^(?:notify: template: )?template: template:(\d+)(?::(\d+))?: ` +
		`(?:executing "[^"]*" at <(.*?)>: )?`)
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
