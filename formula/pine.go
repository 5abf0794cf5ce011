package formula

import (
	"slices"
	"strings"

	"streamd/incremental/catalog"
)

// pineHint says what means the same as a call or word of Pine, "" where Pine has none. The
// arguments of the call are put in the places of Pine's where their number fits.
func pineHint(name string, args []string) string {
	entries := slices.DeleteFunc(catalog.Pine(), func(e catalog.PineName) bool { return e.Name() != name })
	if len(entries) == 0 {
		return ""
	}
	e := entries[0]
	if strings.HasPrefix(name, "input") {
		args = args[:min(len(args), 1)] // a title and limits may follow
	}
	if i := slices.IndexFunc(entries, func(e catalog.PineName) bool { return fits(e.Args(), args) }); i >= 0 {
		e = entries[i]
		e.Here = fill(e.Here, e.Args(), args)
	}
	switch {
	case e.Here == "":
		return e.Note
	case e.Note == "":
		return "write " + e.Here
	}
	return "write " + e.Here + "; " + e.Note
}

// fits reports whether a call has as many arguments as Pine's, and the prices where they are
// meant literally.
func fits(params, args []string) bool {
	if len(params) != len(args) {
		return false
	}
	for i, p := range params {
		if slices.Contains(literals, p) && args[i] != p {
			return false
		}
	}
	return true
}

// literals are the arguments of catalog.Pine that are no names but meant as they stand.
var literals = []string{"high", "low", "close", "hlc3", "true"}

// fill puts the arguments into the places of their names. What is more than a word stands in
// parentheses, unless a comma or parenthesis is beside it.
func fill(here string, params, args []string) string {
	var b strings.Builder
	for at := 0; at < len(here); {
		if !isLetter(here[at]) && !isDigit(here[at]) {
			b.WriteByte(here[at])
			at++
			continue
		}
		end := at
		for end < len(here) && (isLetter(here[end]) || isDigit(here[end])) {
			end++
		}
		word := here[at:end]
		if i := slices.Index(params, word); i >= 0 {
			word = args[i]
			alone := (at == 0 || strings.HasSuffix(here[:at], "(") || strings.HasSuffix(here[:at], ", ")) &&
				(end == len(here) || here[end] == ',' || here[end] == ')')
			if !alone && strings.ContainsAny(word, " +-*/%^?<>=!") {
				word = "(" + word + ")"
			}
		}
		b.WriteString(word)
		at = end
	}
	return b.String()
}

// pineName reads what follows a name and a point where the two are a name of Pine: ta.sma(close, 9),
// math.pi. It reports what means the same; nothing behind depends on it.
func (p *parser) pineName(n name, point token, f name) (bad, bool) {
	whole := n.text + "." + f.text
	prefix := n.span.join(point.span)
	if pineHint(whole, nil) == "" {
		return bad{}, false
	}
	at := n.span.join(f.span)
	if p.is("(") {
		var args []string
		list, end := p.arguments(p.next())
		for _, a := range list {
			args = append(args, p.src[a.value.at().From:a.value.at().To])
		}
		p.add(prefix, CodeName, pineHint(whole, args), "functions have no prefix %q", n.text+".")
		return bad{at.join(end)}, true
	}
	p.add(prefix, CodeName, pineHint(whole, nil), "names have no prefix %q", n.text+".")
	return bad{at}, true
}

// pineStatement skips the words with which lines of Pine begin, and reports them.
func (p *parser) pineStatement() {
	t := p.cur()
	if t.kind != tokenName || p.peek().kind != tokenName {
		return
	}
	switch t.text {
	case "var", "varip", "if", "switch":
		p.add(t.span, CodeSyntax, pineHint(t.text, nil), "unexpected %s", p.found())
		p.next()
	}
}
