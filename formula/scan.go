package formula

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind tells tokens apart.
type tokenKind uint8

const (
	tokenEnd  tokenKind = iota
	tokenLine           // a line break or semicolon that ends a statement
	tokenNumber
	tokenName
	tokenString
	tokenOperator // punctuation too; and, or, not under their one spelling
)

// token is one word of a formula. Text is the operator, the name, the number as
// written, or what stands between the quotes.
type token struct {
	kind  tokenKind
	text  string
	value float64
	span  Span
}

// comment is a # up to the end of its line, without the line break.
type comment struct {
	span Span
	text string
}

// scanner cuts a text into tokens. It never fails: what it cannot read is
// reported and left out, or read as what was probably meant.
type scanner struct {
	*report
	src      string
	pos      int
	tokens   []token
	comments []comment
}

// scan returns the tokens of the text, the last one being tokenEnd, and its
// comments. Line breaks within a statement are gone.
func scan(r *report) ([]token, []comment) {
	s := &scanner{report: r, src: r.src}
	for s.pos < len(s.src) {
		s.next()
	}
	// An error at the end of the text points one past its last line with
	// something on it: YAML block texts end in a line break.
	end := len(strings.TrimRight(s.src, " \t\r\n"))
	for end < len(s.src) && (s.src[end] == ' ' || s.src[end] == '\t') {
		end++
	}
	s.emit(tokenEnd, "end of formula", Span{end, end})
	return joinLines(s.tokens), s.comments
}

func (s *scanner) emit(kind tokenKind, text string, at Span) {
	s.tokens = append(s.tokens, token{kind: kind, text: text, span: at})
}

// next reads one token, comment or piece of white space.
func (s *scanner) next() {
	c, from := s.src[s.pos], s.pos
	switch {
	case c == ' ' || c == '\t' || c == '\r':
		s.pos++
	case c == '\n' || c == ';':
		s.pos++
		s.emit(tokenLine, s.src[from:s.pos], Span{from, s.pos})
	case strings.HasPrefix(s.src[from:], "//"):
		s.pos = lineEnd(s.src, from)
		s.add(Span{from, from + 2}, CodeSyntax, `a comment begins with "#"`, `unexpected "//"`)
	case c == '#':
		s.pos = lineEnd(s.src, from)
		text := strings.TrimRightFunc(s.src[from:s.pos], unicode.IsSpace)
		s.comments = append(s.comments, comment{Span{from, from + len(text)}, text})
	case isDigit(c) || c == '.' && from+1 < len(s.src) && isDigit(s.src[from+1]):
		s.number()
	case isLetter(c):
		for s.pos < len(s.src) && (isLetter(s.src[s.pos]) || isDigit(s.src[s.pos])) {
			s.pos++
		}
		if r, _ := utf8.DecodeRuneInString(s.src[s.pos:]); isForeign(r) {
			s.foreignWord(from)
			return
		}
		kind := tokenName
		switch s.src[from:s.pos] {
		case "and", "or", "not":
			kind = tokenOperator
		}
		s.emit(kind, s.src[from:s.pos], Span{from, s.pos})
	case c == '"' || c == '\'':
		s.quoted(c)
	default:
		s.operator()
	}
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func lineEnd(src string, from int) int {
	if i := strings.IndexByte(src[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(src)
}

// number reads digits, an optional fraction and an optional exponent. What
// sticks to it belongs to it, so that 12x is one bad number.
func (s *scanner) number() {
	from := s.pos
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		sign := (c == '+' || c == '-') && s.src[s.pos-1]|0x20 == 'e' && s.pos-1 > from
		if !isDigit(c) && !isLetter(c) && c != '.' && !sign {
			break
		}
		s.pos++
	}
	at, text := Span{from, s.pos}, s.src[from:s.pos]
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case math.IsInf(value, 0):
		s.add(at, CodeSyntax, "", "number %s is too large", text)
		value = 0
	case err != nil || strings.Trim(text, "0123456789.eE+-") != "":
		s.add(at, CodeSyntax, "", "%q is not a number", text)
		value = math.NaN() // reads as na, which every type takes: no further errors
	}
	s.tokens = append(s.tokens, token{kind: tokenNumber, text: text, value: value, span: at})
}

// quoted reads a string up to the same quote; there are no escapes.
func (s *scanner) quoted(quote byte) {
	from := s.pos
	end := lineEnd(s.src, from)
	i := strings.IndexByte(s.src[from+1:end], quote)
	if i < 0 {
		end = from + len(strings.TrimRight(s.src[from:end], " \t\r"))
		s.pos = end
		s.add(Span{from, end}, CodeSyntax, "", "string without closing %c", quote)
		s.emit(tokenString, s.src[from+1:end], Span{from, end})
		return
	}
	s.pos = from + i + 2
	text := s.src[from+1 : s.pos-1]
	if !utf8.ValidString(text) {
		s.add(Span{from, s.pos}, CodeSyntax, "", "string is not valid UTF-8")
	}
	s.emit(tokenString, text, Span{from, s.pos})
}

// operator reads punctuation.
func (s *scanner) operator() {
	from := s.pos
	for _, op := range [...]struct{ text, meant, hint string }{
		{"=>", ">=", `did you mean ">="?`},
		{"=<", "<=", `did you mean "<="?`},
		{"<>", "!=", `did you mean "!="?`},
		{"**", "^", `did you mean "^"?`},
		{"===", "==", `did you mean "=="?`},
		{":=", "=", `did you mean "="?`},
		{">=", ">=", ""},
		{"<=", "<=", ""},
		{"==", "==", ""},
		{"!=", "!=", ""},
		{"&&", "and", ""},
		{"||", "or", ""},
		{"!", "not", ""},
		{"&", "and", `did you mean "and"?`},
		{"|", "or", `did you mean "or"?`},
		{"≥", ">=", `did you mean ">="?`},
		{"≤", "<=", `did you mean "<="?`},
		{"≠", "!=", `did you mean "!="?`},
		{"×", "*", `did you mean "*"?`},
		{"÷", "/", `did you mean "/"?`},
		{"−", "-", `did you mean "-"?`},
		{"–", "-", `did you mean "-"?`},
	} {
		if strings.HasPrefix(s.src[from:], op.text) {
			s.pos += len(op.text)
			at := Span{from, s.pos}
			if op.hint != "" {
				s.add(at, CodeSyntax, op.hint, "unexpected %q", op.text)
			}
			s.emit(tokenOperator, op.meant, at)
			return
		}
	}
	if strings.IndexByte("+-*/%^<>()[],?:=.", s.src[from]) >= 0 {
		s.pos++
		s.emit(tokenOperator, s.src[from:s.pos], Span{from, s.pos})
		return
	}
	s.foreign()
}

// foreign reports characters that have no meaning here: letters of other
// scripts as one word, anything else one by one.
func (s *scanner) foreign() {
	from := s.pos
	r, n := utf8.DecodeRuneInString(s.src[from:])
	s.pos += n
	if r == utf8.RuneError && n == 1 {
		s.add(Span{from, s.pos}, CodeSyntax, "", "byte %#02x is not valid UTF-8", s.src[from])
		return
	}
	if unicode.IsSpace(r) || r == '\ufeff' {
		return
	}
	if !unicode.IsLetter(r) {
		hint := ""
		if strings.ContainsRune("“”‘’«»„", r) {
			hint = `quotes are " or '`
		}
		s.add(Span{from, s.pos}, CodeSyntax, hint, "unexpected character %q", r)
		return
	}
	s.foreignWord(from)
}

// isForeign reports whether a letter, or an accent of one, is none of a name.
func isForeign(r rune) bool {
	return r >= utf8.RuneSelf && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

// foreignWord reads the word that begins at from and has letters of other
// scripts in it. Nothing more is reported about it.
func (s *scanner) foreignWord(from int) {
	for s.pos < len(s.src) {
		r, n := utf8.DecodeRuneInString(s.src[s.pos:])
		if !isForeign(r) && (r >= utf8.RuneSelf || !isLetter(byte(r)) && !isDigit(byte(r))) {
			break
		}
		s.pos += n
	}
	s.add(Span{from, s.pos}, CodeSyntax, "names are of the letters a to z, digits and _", "unexpected word %q",
		s.src[from:s.pos])
	s.emit(tokenName, s.src[from:s.pos], Span{from, s.pos})
}

// joinLines drops the line breaks that do not end a statement: within
// parentheses and brackets, behind an operator, before one. A line that starts
// with + or - goes on with the line before only if that is not an assignment:
// there it could be the formula's result.
func joinLines(in []token) []token {
	out := make([]token, 0, len(in))
	depth := 0
	start := 0 // of the statement, in out
	for i, t := range in {
		if t.kind != tokenLine {
			if t.kind == tokenOperator {
				switch t.text {
				case "(", "[":
					depth++
				case ")", "]":
					depth = max(0, depth-1)
				}
			}
			out = append(out, t)
			continue
		}
		if t.text == "\n" {
			if depth > 0 || len(out) > start && dangling(out[len(out)-1]) {
				continue
			}
			if len(out) > start && continues(in[i+1:], assigns(out[start:])) {
				continue
			}
		}
		depth = 0
		if len(out) > start { // several line breaks are one
			out = append(out, t)
			start = len(out)
		}
	}
	return out
}

// dangling reports whether a line cannot end with this token.
func dangling(t token) bool {
	return t.kind == tokenOperator && t.text != ")" && t.text != "]"
}

// assigns reports whether the statement is a name = expr, a param or a def.
func assigns(tokens []token) bool {
	return len(tokens) > 1 && tokens[0].kind == tokenName &&
		(tokens[1].kind == tokenOperator && tokens[1].text == "=" || tokens[1].kind == tokenName)
}

// continues reports whether the next line starts with an operator that needs
// something before it.
func continues(rest []token, assignment bool) bool {
	for _, t := range rest {
		if t.kind == tokenLine && t.text == "\n" {
			continue
		}
		if t.kind != tokenOperator {
			return false
		}
		switch t.text {
		case "not", "(":
			return false
		case "+", "-":
			return !assignment
		}
		return true
	}
	return false
}
