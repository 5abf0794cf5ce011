package formula

import (
	"slices"
	"strconv"
	"strings"

	"streamd/formula/plan"
)

// Formulas that differ in numbers alone are of one shape: `close > 190.5` and `close > 191`. The numbers of a shape
// are those outside of calls and brackets; a period is a part of the shape, since it says what has to be computed.
//
// A builder parses the first formula of a shape and lowers it whole. Of the further ones it lowers what stands above
// the numbers, with the same code, and takes the rest as it was: a hundredth of the work.

// shapesMax is how many shapes a builder remembers. Formulas of further ones are parsed each.
const shapesMax = 4096

// numberMark stands in a shape for a number of the formula.
const numberMark = '\x00'

// shape is what a builder remembers of the first formula of a shape.
type shape struct {
	src     string
	result  expr
	numbers []int          // where they begin, in src
	known   map[Span]value // expressions without a number of the shape
	watch   []Watch
	named   []string
}

// AppendShape appends the shape of a formula to dst, and its numbers to numbers. It reports false where the formula
// has a shape of its own: where it has several lines or looks at other series.
func (b *Builder) AppendShape(dst []byte, src string, numbers []float64) ([]byte, []float64, bool) {
	if len(src) > LengthMax {
		return dst, numbers, false
	}
	s := shapeScanner{src: src, shape: dst, numbers: numbers}
	for s.pos < len(src) {
		if !s.next(b.far) {
			return s.shape, s.numbers, false
		}
	}
	return s.shape, s.numbers, true
}

// shapeScanner finds the shape of a text. It reads the text as scanner does, but refuses all that is not usual.
type shapeScanner struct {
	src     string
	pos     int
	shape   []byte
	numbers []float64
	starts  []int  // of the numbers, for a builder that remembers the shape
	calls   uint64 // a bit for each open bracket, 1 where it is of a call or an index
	depth   int
	named   bool // the last token is a name
}

func (s *shapeScanner) next(far map[string]bool) bool {
	c, from := s.src[s.pos], s.pos
	if c == ' ' || c == '\t' {
		s.shape = append(s.shape, c)
		s.pos++
		return true
	}
	named := s.named
	s.named = false
	switch {
	case isDigit(c) || c == '.' && from+1 < len(s.src) && isDigit(s.src[from+1]):
		return s.number()
	case isLetter(c):
		for s.pos < len(s.src) && (isLetter(s.src[s.pos]) || isDigit(s.src[s.pos])) {
			s.pos++
		}
		word := s.src[from:s.pos]
		s.named = word != "and" && word != "or" && word != "not"
		if far[word] {
			return false
		}
	case c == '"' || c == '\'':
		i := strings.IndexByte(s.src[from+1:], c)
		if i < 0 || strings.IndexByte(s.src[from+1:from+1+i], '\n') >= 0 {
			return false
		}
		s.pos += i + 2
	case c == '(' || c == '[':
		if s.depth == 64 {
			return false
		}
		s.calls <<= 1
		if named || c == '[' {
			s.calls |= 1
		}
		s.depth++
		s.pos++
	case c == ')' || c == ']':
		if s.depth == 0 {
			return false
		}
		s.calls >>= 1
		s.depth--
		s.pos++
	case c == '=' && s.calls == 0 && !s.comparison():
		return false // a name is given a value
	case strings.IndexByte("+-*/%^<>,?:=.!&|", c) >= 0:
		s.pos++
	default:
		return false
	}
	s.shape = append(s.shape, s.src[from:s.pos]...)
	return true
}

// comparison reports whether the = at hand is a part of ==, <=, >= or !=.
func (s *shapeScanner) comparison() bool {
	return s.pos > 0 && strings.IndexByte("=<>!", s.src[s.pos-1]) >= 0 ||
		s.pos+1 < len(s.src) && s.src[s.pos+1] == '='
}

func (s *shapeScanner) number() bool {
	from := s.pos
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		sign := (c == '+' || c == '-') && s.src[s.pos-1]|0x20 == 'e' && s.pos-1 > from
		if !isDigit(c) && c|0x20 != 'e' && c != '.' && !sign {
			break
		}
		s.pos++
	}
	if s.pos < len(s.src) && isLetter(s.src[s.pos]) {
		return false
	}
	text := s.src[from:s.pos]
	if s.calls != 0 {
		s.shape = append(s.shape, text...)
		return true
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v-v != 0 {
		return false
	}
	s.shape, s.numbers, s.starts = append(s.shape, numberMark), append(s.numbers, v), append(s.starts, from)
	return true
}

// sampleNumber stands for the numbers of a shape in its sample: it is neutral to no operator.
const sampleNumber = "1.25"

// Sample returns a formula of the shape.
func Sample(shape string) string {
	return strings.ReplaceAll(shape, string(numberMark), sampleNumber)
}

// shapeOf returns what is remembered of the shape of a text, and whether that was looked for before. The numbers
// are in b.scan.
func (b *Builder) shapeOf(src string) (sh *shape, known bool) {
	b.scan = shapeScanner{src: src, shape: b.scan.shape[:0], numbers: b.scan.numbers[:0], starts: b.scan.starts[:0]}
	if len(b.env.Params) > 0 || len(src) > LengthMax {
		return nil, true
	}
	for b.scan.pos < len(src) {
		if !b.scan.next(b.far) {
			return nil, true
		}
	}
	sh, known = b.shapes[string(b.scan.shape)]
	return sh, known || len(b.shapes) >= shapesMax
}

// remember keeps the shape of a formula that has been compiled, in b.scan. A formula with warnings is compiled each
// time, so that each gets its own.
func (b *Builder) remember(p *Program, c Compiled) {
	var sh *shape
	if len(p.statements) == 1 && p.statements[0].kind == statementResult && len(c.Warnings) == 0 {
		sh = &shape{
			src: p.src, result: p.statements[0].value, numbers: slices.Clone(b.scan.starts), known: map[Span]value{},
			watch: c.Watch, named: c.Named,
		}
		l := &lowering{report: &report{src: p.src}, builder: b, graph: b.graph, shape: sh, learning: true}
		l.expr(nil, sh.result)
	}
	b.shapes[string(b.scan.shape)] = sh
}

// again compiles a formula of a shape that is remembered; false where it must be compiled whole, for what there is to
// say about it.
func (b *Builder) again(sh *shape) (Compiled, bool) {
	r := report{src: sh.src}
	l := lowering{report: &r, builder: b, graph: b.graph, shape: sh, numbers: b.scan.numbers}
	v := l.expr(nil, sh.result)
	if len(r.list) > 0 || len(r.warnings) > 0 {
		return Compiled{}, false
	}
	c := Compiled{
		Root: l.column(v), Type: v.typ, Bool: v.typ == Condition, Canon: plan.Shown(v.canon), Watch: sh.watch,
		Named: sh.named,
	}
	c.Lookback = b.graph.Lookback(c.Root)
	return c, true
}

// remembered returns what an expression without a number of the shape is, of a shape that is remembered.
func (l *lowering) remembered(at Span) (value, bool) {
	v, ok := l.shape.known[at]
	return v, ok
}

// learn notes what an expression is, for formulas of the same shape.
func (l *lowering) learn(at Span, v value) {
	numbered := slices.ContainsFunc(l.shape.numbers, func(n int) bool { return at.From <= n && n < at.To })
	if !numbered && v.typ != Nothing {
		l.shape.known[at] = v
	}
}

// numberAt returns the number of the formula that stands where the shape's first formula had one.
func (l *lowering) numberAt(e number) float64 {
	for i, from := range l.shape.numbers {
		if from == e.span.From && i < len(l.numbers) {
			return l.numbers[i]
		}
	}
	return e.value
}

// Extent is how far a builder's graph had grown.
type Extent struct{ nodes, clocks int }

// Nodes returns how many nodes there were.
func (m Extent) Nodes() int { return m.nodes }

// Mark returns the present extent, for Rewind.
func (b *Builder) Mark() Extent { return Extent{len(b.graph.Nodes), len(b.graph.Clocks)} }

// Rewind takes away what was added to the graph since a mark.
func (b *Builder) Rewind(to Extent) {
	if len(b.graph.Nodes) == to.nodes {
		return
	}
	b.graph.Truncate(to.nodes, to.clocks)
	gone := func(v value) bool { return !v.fixed && int(v.ref.Node) >= to.nodes }
	for key, v := range b.expanded {
		if key.graph == b.graph && gone(v) {
			delete(b.expanded, key)
		}
	}
	for key, sh := range b.shapes {
		if sh == nil {
			continue
		}
		for _, v := range sh.known {
			if gone(v) {
				delete(b.shapes, key)
				break
			}
		}
	}
}

// Try is Add for a formula that is looked at only: what a shape brings again is taken out of the graph. It reports
// whether the result's columns are still there.
func (b *Builder) Try(src string) (c Compiled, kept bool, d Diagnostics) {
	n := Extent{len(b.graph.Nodes), len(b.graph.Clocks)}
	if sh, _ := b.shapeOf(src); sh != nil {
		c, ok := b.again(sh)
		b.graph.Truncate(n.nodes, n.clocks) // it brings no shape and expands no name
		if ok {
			return c, false, nil
		}
	}
	c, d = b.Add(src)
	return c, true, d
}

// Fork returns a builder of the same environment with an empty graph.
func (b *Builder) Fork() *Builder {
	fork := *b
	fork.graph, fork.expanded, fork.shapes = plan.NewGraph(), map[expansion]value{}, map[string]*shape{}
	fork.scan = shapeScanner{}
	return &fork
}

// farNames returns the words by which a formula looks at other series: functions, and named indicators with such.
func (b *Builder) farNames() map[string]bool {
	far := map[string]bool{wordSymbol: true}
	for name := range b.over {
		far[name] = true
	}
	for grown := true; grown; {
		grown = false
		for _, n := range b.named {
			tokens, _ := scan(&report{src: n.Expression})
			if !far[n.Name] && slices.ContainsFunc(tokens, func(t token) bool {
				return t.kind == tokenName && far[t.text]
			}) {
				far[n.Name], grown = true, true
			}
		}
	}
	return far
}
