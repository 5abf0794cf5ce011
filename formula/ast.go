package formula

// Program is a parsed formula: statements in their order, the last one the
// result. It is immutable and depends on the text alone.
type Program struct {
	src        string
	statements []statement
	comments   []comment
}

// statementKind tells statements apart.
type statementKind uint8

const (
	statementResult statementKind = iota // expr
	statementAssign                      // name = expr
	statementParam                       // param name = expr
	statementDef                         // def name(params) = expr
)

// statement is one line of a formula.
type statement struct {
	kind   statementKind
	name   name
	params []name
	value  expr
	span   Span
}

// expr is a node of the syntax tree.
type expr interface{ at() Span }

type (
	// bad stands where something unreadable was reported.
	bad struct{ span Span }
	// number is a literal; text is as written.
	number struct {
		span  Span
		text  string
		value float64
	}
	// quoted is a string literal; text is what stands between the quotes.
	quoted struct {
		span Span
		text string
	}
	// name is a variable, price or named indicator.
	name struct {
		span Span
		text string
	}
	// unary is - + or not.
	unary struct {
		span Span
		op   token
		x    expr
	}
	// binary is an arithmetic or logical operator.
	binary struct {
		span Span
		op   token
		x, y expr
	}
	// chain is x[0] ops[0] x[1] ops[1] x[2] …: comparisons of one precedence.
	chain struct {
		span Span
		ops  []token
		x    []expr
	}
	// conditional is cond ? x : y.
	conditional struct {
		span       Span
		mark       token // the ?
		cond, x, y expr
	}
	// call is f(args).
	call struct {
		name name
		args []argument
		end  Span // the closing parenthesis
	}
	// argument is one argument of a call; label is empty unless written name=.
	argument struct {
		label name
		value expr
	}
	// field is x.name, one output of a call.
	field struct {
		span Span
		x    expr
		name name
	}
	// index is x[n], the value n bars ago.
	index struct {
		span Span
		x, n expr
	}
	// paren is (x); it is kept for the formatter.
	paren struct {
		span Span
		x    expr
	}
)

func (e bad) at() Span         { return e.span }
func (e number) at() Span      { return e.span }
func (e quoted) at() Span      { return e.span }
func (e name) at() Span        { return e.span }
func (e unary) at() Span       { return e.span }
func (e binary) at() Span      { return e.span }
func (e chain) at() Span       { return e.span }
func (e conditional) at() Span { return e.span }
func (e call) at() Span        { return e.name.span.join(e.end) }
func (e field) at() Span       { return e.span }
func (e index) at() Span       { return e.span }
func (e paren) at() Span       { return e.span }
