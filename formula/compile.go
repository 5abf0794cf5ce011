package formula

import (
	"strings"

	"streamd/formula/plan"
)

// Unit is texts that were compiled together: what is equal in them is one node of the graph.
type Unit struct {
	Graph    *plan.Graph
	Formulas []Compiled // in the order of the texts
}

// Compile compiles texts into one graph, all with the parameters of the environment. Its error is a *CompileError
// with all that is wrong with any of them. A set of formulas that each override parameters of their own goes through
// a Builder.
func Compile(env Env, texts ...string) (*Unit, error) {
	return CompileEach(env, func(*Builder, int) {}, texts...)
}

// CompileEach is Compile for texts that have parameters, or select series, of their own: prepare sets them before each
// text is added.
func CompileEach(env Env, prepare func(b *Builder, k int), texts ...string) (*Unit, error) {
	b := NewBuilder(env)
	u := &Unit{Graph: b.graph}
	var failed CompileError
	for k, text := range texts {
		prepare(b, k)
		c, found := b.Add(text)
		if len(found) > 0 {
			failed.Rejected = append(failed.Rejected, Rejected{Text: text, Found: found})
			continue
		}
		u.Formulas = append(u.Formulas, c)
	}
	if len(failed.Rejected) > 0 {
		return nil, &failed
	}
	return u, nil
}

// Rejected is a text with what is wrong with it.
type Rejected struct {
	Text  string
	Found Diagnostics
}

// CompileError lists the texts that could not be compiled.
type CompileError struct{ Rejected []Rejected }

// Error shows every fault as line:col: message, the line of the text, and carets under what is meant.
func (e *CompileError) Error() string {
	texts := make([]string, len(e.Rejected))
	for i, r := range e.Rejected {
		texts[i] = r.Found.Render(r.Text)
	}
	return strings.Join(texts, "\n")
}
