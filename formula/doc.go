// Package formula is the language: from the text of a formula to a graph that a plan runs. The files are the stages of
// the way there:
//
//	scan.go → parse.go, parse_expr.go → lower.go, operate.go, call.go, arguments.go, names.go, define.go, higher.go
//
// The grammar is in grammar.txt. Errors are Diagnostics (diag.go): all that are found, each with its place, a caret
// and, where there is one, what was meant (spell.go). format.go writes a formula the one way that it is written. The
// machine that computes the graph is the package plan.
package formula
