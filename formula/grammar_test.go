package formula

import (
	_ "embed"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
)

//go:embed grammar.txt
var grammar string

// grammarSection returns the indented lines under a heading.
func grammarSection(t *testing.T, heading string) []string {
	t.Helper()
	_, body, ok := strings.Cut(grammar, "\n"+heading+"\n\n")
	if !ok {
		t.Fatalf("grammar.txt has no section %q", heading)
	}
	body, _, _ = strings.Cut(body, "\n\n\n")
	var lines []string
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "    ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) == 0 {
		t.Fatalf("section %q of grammar.txt is empty", heading)
	}
	return lines
}

func TestGrammarHasTheParsersPowers(t *testing.T) {
	infix, prefix := map[string]int{}, map[string]int{}
	for _, line := range grammarSection(t, "Powers") {
		words := strings.Fields(line)
		power, err := strconv.Atoi(words[0])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		into := infix
		if words[len(words)-1] == "prefix" {
			into = prefix
		}
		for _, op := range words[1 : len(words)-1] {
			if op != ":" { // the second half of ?
				into[op] = power
			}
		}
	}
	for op, power := range infix {
		if infixPower(op) != power {
			t.Errorf("grammar.txt gives %s the power %d, parse.go %d", op, power, infixPower(op))
		}
	}
	if want := map[string]int{"not": powerNot, "-": powerSign, "+": powerSign}; !maps.Equal(prefix, want) {
		t.Errorf("grammar.txt has the prefix powers %v, parse.go %v", prefix, want)
	}
}

func TestGrammarReadings(t *testing.T) {
	for _, line := range grammarSection(t, "Readings") {
		left, right, ok := strings.Cut(line, " is ")
		if !ok {
			t.Fatalf("%q has no \" is \"", line)
		}
		if got, want := grouped(t, left), grouped(t, right); got != want {
			t.Errorf("%q is read as %s, not as %s", left, got, want)
		}
	}
}

func TestGrammarOfLines(t *testing.T) {
	for src, want := range map[string]string{
		"a\n+ b":              "(a + b)",
		"x = a\n+ b":          "x = a; (+ b)",
		"x = a\n* b\nx":       "x = (a * b); x",
		"param x = 1\n- x":    "param x = 1; (- x)",
		"def f(x,) = x\nf(a)": "def f(x) = x; f(a)",
		"a and\n\n# why\nb":   "(a and b)",
		"a\n# why\nand b":     "(a and b)",
		"x = f(a,\n b)\nx":    "x = f(a, b); x",
		"x = a\n(b)":          "x = a; b",
		"x = a\nnot b":        "x = a; (not b)",
		"x = a;; x;":          "x = a; x",
		"param = 1; def":      "param = 1; def",
		"a < b <= c == d":     "(a < b <= c == d)",
		".5 + 1.e+2":          "(.5 + 1.e+2)",
		`f('a "b"')`:          `f("a \"b\"")`,
	} {
		if got := grouped(t, src); got != want {
			t.Errorf("%q is read as %s, not as %s", src, got, want)
		}
	}
}

func TestGrammarRefuses(t *testing.T) {
	for _, src := range []string{
		"", "# only a comment", "12x", "0x10", "1_000", "1e999", "1e", `"a`, `f("a` + "\n" + `")`,
		"a b", "(a", "f(a;b)", "f(,a)", "def f(1) = a", "param x 1", "a ? b", `"a"[1]`, "f(a)(b)", "a.1", "a = = b",
	} {
		if _, d := Parse(src); len(d) == 0 {
			t.Errorf("%q is read without an error", src)
		}
	}
}

// grouped parses a text that has no errors and writes it with every operator in
// parentheses of its own, whatever parentheses the text has.
func grouped(t *testing.T, src string) string {
	t.Helper()
	p, d := Parse(src)
	if len(d) > 0 {
		t.Fatalf("%q: %s", src, d.Render(src))
	}
	var all []string
	for _, s := range p.statements {
		text := groupedExpr(s.value)
		switch s.kind {
		case statementAssign:
			text = s.name.text + " = " + text
		case statementParam:
			text = "param " + s.name.text + " = " + text
		case statementDef:
			var params []string
			for _, n := range s.params {
				params = append(params, n.text)
			}
			text = "def " + s.name.text + "(" + strings.Join(params, ", ") + ") = " + text
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func groupedExpr(e expr) string {
	switch e := e.(type) {
	case number:
		return e.text
	case quoted:
		return strconv.Quote(e.text)
	case name:
		return e.text
	case paren:
		return groupedExpr(e.x)
	case unary:
		return "(" + e.op.text + " " + groupedExpr(e.x) + ")"
	case binary:
		return "(" + groupedExpr(e.x) + " " + e.op.text + " " + groupedExpr(e.y) + ")"
	case chain:
		s := "(" + groupedExpr(e.x[0])
		for i, op := range e.ops {
			s += " " + op.text + " " + groupedExpr(e.x[i+1])
		}
		return s + ")"
	case conditional:
		return "(" + groupedExpr(e.cond) + " ? " + groupedExpr(e.x) + " : " + groupedExpr(e.y) + ")"
	case index:
		return groupedExpr(e.x) + "[" + groupedExpr(e.n) + "]"
	case field:
		return groupedExpr(e.x) + "." + e.name.text
	case call:
		var args []string
		for _, a := range e.args {
			text := groupedExpr(a.value)
			if a.label.text != "" {
				text = a.label.text + "=" + text
			}
			args = append(args, text)
		}
		return e.name.text + "(" + strings.Join(args, ", ") + ")"
	}
	panic(fmt.Sprintf("formula: no reading of a %T", e))
}
