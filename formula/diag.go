package formula

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"streamd/formula/plan"
)

// Span is a piece of a formula's text, in bytes: From inclusive, To exclusive.
// It is empty for an error at the end of the text.
type Span struct{ From, To int }

// join returns the span from the start of s to the end of t.
func (s Span) join(t Span) Span { return Span{s.From, max(s.To, t.To)} }

// Diagnostic is one error in a formula and its place. Lines and columns count
// from 1, columns in characters; the end is exclusive. From and To are the same
// place in UTF-16 code units from the start of the text, as editors count.
type Diagnostic struct {
	Span    Span   `json:"-"`
	Line    int    `json:"line"`
	Col     int    `json:"col"`
	EndLine int    `json:"end_line"`
	EndCol  int    `json:"end_col"`
	From    int    `json:"from"`
	To      int    `json:"to"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// The codes of a Diagnostic: stable words for editors and tests.
const (
	CodeSyntax   = "syntax"   // the text is not a formula
	CodeName     = "name"     // an unknown or misplaced name
	CodeArity    = "arity"    // too many, too few or twice the same argument
	CodeType     = "type"     // a number where a condition is wanted, and the like
	CodeValue    = "value"    // an argument outside its limits
	CodeLimit    = "limit"    // the formula is too long, too deep or too large
	CodeLookback = "lookback" // more bars needed than the buffer holds
	CodeNever    = "never"    // a warning: the comparison can never be true
)

// Diagnostics are the errors of one formula, in the order of the text.
type Diagnostics []Diagnostic

// diagnosticsMax bounds what one formula may report: the rest is noise.
const diagnosticsMax = 50

// String returns `line:col: message` with the hint behind a semicolon.
func (d Diagnostic) String() string {
	s := fmt.Sprintf("%d:%d: %s", d.Line, d.Col, d.Message)
	if d.Hint != "" {
		s += "; " + d.Hint
	}
	return s
}

// shownMax is how many bytes of a line a rendered diagnostic shows: the names in it may come from anybody.
const shownMax = 400

// Render returns the message, the source line, a caret under the whole span
// (within that line) and the hint, each on a line of its own.
func (d Diagnostic) Render(src string) string {
	from := min(d.Span.From, len(src))
	lineFrom := strings.LastIndexByte(src[:from], '\n') + 1
	lineTo := len(src)
	if i := strings.IndexByte(src[from:], '\n'); i >= 0 {
		lineTo = from + i
	}
	if from-lineFrom > shownMax/2 { // a long line is cut to what is around the span
		lineFrom = from - shownMax/2
		for !utf8.RuneStart(src[lineFrom]) {
			lineFrom++
		}
	}
	if lineTo-from > shownMax/2 {
		lineTo = from + shownMax/2
		for !utf8.RuneStart(src[lineTo]) {
			lineTo--
		}
	}
	line := strings.TrimRight(src[lineFrom:lineTo], "\r")
	// Tabs stay tabs, so that the caret stands below its text wherever it is shown.
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, src[lineFrom:from])
	width := max(1, utf8.RuneCountInString(src[from:max(from, min(d.Span.To, lineTo))]))

	var b strings.Builder
	fmt.Fprintf(&b, "%d:%d: %.500s\n  %s\n  %s%s", d.Line, d.Col, d.Message, line, indent, strings.Repeat("^", width))
	if d.Hint != "" {
		b.WriteString("\n  " + d.Hint)
	}
	return b.String()
}

// Render returns every diagnostic with its carets, one after the other.
func (ds Diagnostics) Render(src string) string {
	parts := make([]string, len(ds))
	for i, d := range ds {
		parts[i] = d.Render(src)
	}
	return strings.Join(parts, "\n")
}

// Error returns every message on a line of its own, so that Diagnostics can be
// handed on as an error.
func (ds Diagnostics) Error() string {
	parts := make([]string, len(ds))
	for i, d := range ds {
		parts[i] = d.String()
	}
	return "formula: " + strings.Join(parts, "\n")
}

// report collects the diagnostics of one text.
type report struct {
	src      string
	list     Diagnostics
	warnings Diagnostics
}

// add records an error unless the same one stands already at the same place
// (a function that is expanded twice says the same thing twice), or the place
// could not even be read.
func (r *report) add(at Span, code, hint, format string, args ...any) {
	d := Diagnostic{
		Span: at, Code: code, Hint: plan.Shown(hint), Message: plan.Shown(fmt.Sprintf(format, args...)),
	}
	if r.full() || slices.ContainsFunc(r.list, func(o Diagnostic) bool {
		return o.Span == at && (o.Message == d.Message || o.Code == CodeSyntax && at.From < at.To)
	}) {
		return
	}
	r.list = append(r.list, d)
}

// written returns an expression as it stands in the text, on one line.
func (r *report) written(e expr) string {
	at := e.at()
	return strings.Join(strings.Fields(r.src[at.From:at.To]), " ")
}

// full reports whether no further error is recorded.
func (r *report) full() bool { return len(r.list) >= diagnosticsMax }

// sorted returns the diagnostics in the order of the text, with their places.
func (r *report) sorted() Diagnostics { return r.placed(r.list) }

func (r *report) placed(list Diagnostics) Diagnostics {
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Span.From, b.Span.From), cmp.Compare(a.Span.To, b.Span.To))
	})
	for i := range list {
		d := &list[i]
		d.Line, d.Col, d.From = position(r.src, d.Span.From)
		d.EndLine, d.EndCol, d.To = position(r.src, d.Span.To)
	}
	return list
}

// position returns line and column from 1 and the offset in UTF-16 code units.
func position(src string, offset int) (line, col, utf16 int) {
	line, col = 1, 1
	for _, r := range src[:offset] {
		utf16++
		if r > 0xFFFF {
			utf16++
		}
		col++
		if r == '\n' {
			line, col = line+1, 1
		}
	}
	return line, col, utf16
}
