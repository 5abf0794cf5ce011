package history

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The limits of a JSON document. Its length has none.
const (
	jsonTextMax  = 64 << 10 // bytes of a text or a number
	jsonDepthMax = 32
)

// jsonScanner reads the tokens of JSON documents from a stream in bounded memory.
type jsonScanner struct {
	r       io.Reader
	buf     []byte
	at, end int
	line    int    // of buf[at], from 1
	text    []byte // of the last scalar
}

func newJSONScanner(r io.Reader) *jsonScanner {
	return &jsonScanner{r: r, buf: make([]byte, lineBytes), line: 1}
}

// fill reads on past the end of the buffer.
func (s *jsonScanner) fill() error {
	s.at, s.end = 0, 0
	for range 100 {
		n, err := s.r.Read(s.buf)
		if s.end = n; n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// peek returns the next byte that is no white space, without taking it; io.EOF
// after the last.
func (s *jsonScanner) peek() (byte, error) {
	for {
		for s.at < s.end {
			switch b := s.buf[s.at]; b {
			case '\n':
				s.line++
			case ' ', '\t', '\r':
			default:
				return b, nil
			}
			s.at++
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// want takes a byte that must come next.
func (s *jsonScanner) want(b byte) error {
	got, err := s.peek()
	if err != nil {
		return s.early(err)
	}
	if got != b {
		return s.wrong(fmt.Sprintf("%q where %q is due", got, b))
	}
	s.at++
	return nil
}

// more reports whether a further element or member comes before the end, which it
// takes. Elements are separated by commas.
func (s *jsonScanner) more(first bool, end byte) (bool, error) {
	b, err := s.peek()
	switch {
	case err != nil:
		return false, s.early(err)
	case b == end:
		s.at++
		return false, nil
	case first:
		return true, nil
	}
	return true, s.want(',')
}

// elements reads an array: f is called before each element with its number and first byte, and reads it.
func (s *jsonScanner) elements(f func(n int, first byte) error) error {
	if err := s.want('['); err != nil {
		return err
	}
	for n := 0; ; n++ {
		ok, err := s.more(n == 0, ']')
		if err != nil || !ok {
			return err
		}
		b, err := s.peek()
		if err != nil {
			return s.early(err)
		}
		if err := f(n, b); err != nil {
			return err
		}
	}
}

func (s *jsonScanner) early(err error) error {
	if errors.Is(err, io.EOF) {
		return s.wrong("it ends early, as if cut off")
	}
	return err
}

func (s *jsonScanner) wrong(what string) error {
	return fmt.Errorf("%w: JSON, line %d: %s", ErrUndecodable, s.line, what)
}

// scalar reads a text, number or word. Its text is valid until the next call, and
// empty for null.
func (s *jsonScanner) scalar() ([]byte, error) {
	b, err := s.peek()
	if err != nil {
		return nil, s.early(err)
	}
	s.text = s.text[:0]
	if b == '"' {
		s.at++
		return s.quoted()
	}
	for {
		for s.at < s.end && plainByte(s.buf[s.at]) {
			s.text = append(s.text, s.buf[s.at])
			s.at++
		}
		if s.at < s.end || len(s.text) > jsonTextMax {
			break
		}
		if err := s.fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	switch text := string(s.text); {
	case text == "null", text == "NaN":
		return nil, nil
	case text == "true", text == "false":
		return s.text, nil
	case text == "":
		return nil, s.wrong(fmt.Sprintf("%q where a value is due", b))
	default:
		if _, err := strconv.ParseFloat(text, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, s.wrong(fmt.Sprintf("%q is no value", clip(text)))
		}
	}
	return s.text, nil
}

func plainByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '.' || b == '-' || b == '+'
}

// quoted reads a text behind its opening quote.
func (s *jsonScanner) quoted() ([]byte, error) {
	for {
		for s.at < s.end {
			b := s.buf[s.at]
			s.at++
			switch {
			case b == '"':
				return s.text, nil
			case b == '\\':
				if err := s.escape(); err != nil {
					return nil, err
				}
				continue
			case b < ' ':
				return nil, s.wrong("a control character in a text")
			}
			s.text = append(s.text, b)
		}
		if len(s.text) > jsonTextMax {
			return nil, s.wrong(fmt.Sprintf("a text of more than %d bytes", jsonTextMax))
		}
		if err := s.fill(); err != nil {
			return nil, s.early(err)
		}
	}
}

func (s *jsonScanner) byte() (byte, error) {
	if s.at >= s.end {
		if err := s.fill(); err != nil {
			return 0, s.early(err)
		}
	}
	s.at++
	return s.buf[s.at-1], nil
}

// escape reads what stands behind a backslash.
func (s *jsonScanner) escape() error {
	b, err := s.byte()
	if err != nil {
		return err
	}
	switch b {
	case '"', '\\', '/':
		s.text = append(s.text, b)
	case 'n', 't', 'r', 'b', 'f':
		s.text = append(s.text, ' ') // no name or number has any of these
	case 'u':
		c, err := s.hex()
		if err != nil {
			return err
		}
		if utf16.IsSurrogate(c) {
			c = utf8.RuneError
		}
		s.text = utf8.AppendRune(s.text, c)
	default:
		return s.wrong(fmt.Sprintf(`\%c in a text`, b))
	}
	return nil
}

func (s *jsonScanner) hex() (rune, error) {
	var digits [4]byte
	for i := range digits {
		b, err := s.byte()
		if err != nil {
			return 0, err
		}
		digits[i] = b
	}
	n, err := strconv.ParseUint(string(digits[:]), 16, 16)
	if err != nil {
		return 0, s.wrong(fmt.Sprintf(`\u%s in a text`, digits[:]))
	}
	return rune(n), nil
}

// skip passes over a value of any kind.
func (s *jsonScanner) skip(depth int) error {
	b, err := s.peek()
	if err != nil {
		return s.early(err)
	}
	if b != '{' && b != '[' {
		_, err := s.scalar()
		return err
	}
	if depth >= jsonDepthMax {
		return s.wrong(fmt.Sprintf("it is nested deeper than %d", jsonDepthMax))
	}
	s.at++
	for first := true; ; first = false {
		ok, err := s.more(first, b+2) // the closing brackets are two behind the opening ones
		if err != nil || !ok {
			return err
		}
		if b == '{' {
			if _, err := s.name(); err != nil {
				return err
			}
		}
		if err := s.skip(depth + 1); err != nil {
			return err
		}
	}
}

// name reads the name of a member and the colon behind it.
func (s *jsonScanner) name() ([]byte, error) {
	if err := s.want('"'); err != nil {
		return nil, err
	}
	s.text = s.text[:0]
	name, err := s.quoted()
	if err != nil {
		return nil, err
	}
	return name, s.want(':')
}

// clip bounds a text for an error.
func clip(text string) string {
	const longest = 40
	if len(text) > longest {
		return text[:longest] + "…"
	}
	return text
}
