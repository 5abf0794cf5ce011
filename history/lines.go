package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"streamd/history/layout"
)

// The limits of a line, and how much is read at a time.
const (
	lineMax   = 1 << 20
	lineBytes = 256 << 10
	lineLeast = 4 << 10
)

// errLongLine is the error of text that is not lines.
var errLongLine = fmt.Errorf("%w: a line is longer than %d bytes", ErrUndecodable, lineMax)

// lineReader reads text line by line in bounded memory.
type lineReader struct {
	r      io.Reader
	buf    []byte
	at     int // start of what is not yet returned
	end    int
	eof    bool
	quoted bool  // whether line breaks may stand within quotes
	quotes bool  // whether buf has quotes
	offset int64 // of buf[at] in the text
}

func newLineReader(r io.Reader, quoted bool) *lineReader {
	return &lineReader{r: r, buf: make([]byte, lineRoom(r)), quoted: quoted}
}

// lineRoom is how much is read at a time: less of a small file, since of many files
// the clearing of the memory would take longer than the reading.
func lineRoom(r io.Reader) int64 {
	if c, ok := r.(*contextReader); ok {
		if f, ok := c.r.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				return min(max(info.Size()+1, lineLeast), lineBytes)
			}
		}
	}
	return lineBytes
}

// next returns the next line without its end; it is valid until the next call.
// The error is io.EOF after the last.
func (l *lineReader) next() ([]byte, error) {
	seen := 0
	for {
		if n := l.lineEnd(seen); n >= 0 {
			line := l.buf[l.at : l.at+n]
			l.at += n + 1
			l.offset += int64(n) + 1
			if n > 0 && line[n-1] == '\r' {
				line = bytes.TrimRight(line, "\r")
			}
			return line, nil
		}
		if l.eof {
			if l.at == l.end {
				return nil, io.EOF
			}
			line := l.buf[l.at:l.end]
			l.offset += int64(len(line))
			l.at = l.end
			return bytes.TrimSuffix(line, []byte{'\r'}), nil
		}
		if !l.quotes {
			seen = l.end - l.at
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

// lineEnd returns how long the line at the start of the buffer is, -1 where its
// end is not there. The first bytes seen have no line end.
func (l *lineReader) lineEnd(seen int) int {
	b := l.buf[l.at:l.end]
	n := bytes.IndexByte(b[seen:], '\n')
	if n < 0 {
		return -1
	}
	n += seen
	if !l.quotes {
		return n
	}
	// An odd number of quotes: the line end is within a field.
	for odd := oddQuotes(b[:n]); odd; {
		more := bytes.IndexByte(b[n+1:], '\n')
		if more < 0 {
			return -1
		}
		odd = !oddQuotes(b[n+1 : n+1+more])
		n += 1 + more
	}
	return n
}

func oddQuotes(b []byte) bool { return bytes.Count(b, []byte{'"'})%2 == 1 }

// fill reads more behind what is there.
func (l *lineReader) fill() error {
	if l.at > 0 {
		copy(l.buf, l.buf[l.at:l.end])
		l.end -= l.at
		l.at = 0
	}
	if l.end > lineMax {
		return errLongLine
	}
	if l.end == len(l.buf) {
		bigger := make([]byte, 2*len(l.buf))
		copy(bigger, l.buf[:l.end])
		l.buf = bigger
	}
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	if l.quoted {
		l.quotes = bytes.IndexByte(l.buf[:l.end], '"') >= 0
	}
	if errors.Is(err, io.EOF) {
		l.eof = true
		return nil
	}
	return err
}

// peek returns the next n bytes without taking them, fewer where there are no more.
func (l *lineReader) peek(n int) ([]byte, error) {
	for !l.eof && l.end-l.at < n {
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
	return l.buf[l.at:min(l.end, l.at+n)], nil
}

// decode goes on with the text in UTF-8, and returns its start.
func (l *lineReader) decode(encoding string) ([]byte, error) {
	l.through(func(r io.Reader) io.Reader { return layout.Decoded(r, encoding) })
	return l.peek(layout.SampleBytes)
}

// returnsAsLines goes on with carriage returns as the ends of lines, as old spreadsheets write them.
func (l *lineReader) returnsAsLines() ([]byte, error) {
	l.through(func(r io.Reader) io.Reader { return returnsAsLines{r} })
	return l.peek(layout.SampleBytes)
}

// through puts a reader between the text and what is read of it from now on.
func (l *lineReader) through(f func(io.Reader) io.Reader) {
	start := bytes.Clone(l.buf[l.at:l.end])
	l.r = f(io.MultiReader(bytes.NewReader(start), l.r))
	l.at, l.end, l.eof, l.quotes = 0, 0, false, false
}

// returnsAsLines replaces the carriage returns of a text.
type returnsAsLines struct{ r io.Reader }

func (c returnsAsLines) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	for i := range b[:n] {
		if b[i] == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
}

// skip passes over n bytes.
func (l *lineReader) skip(n int64) error {
	for n > 0 {
		if l.at == l.end {
			if l.eof {
				return io.ErrUnexpectedEOF
			}
			if err := l.fill(); err != nil {
				return err
			}
			continue
		}
		k := min(n, int64(l.end-l.at))
		l.at += int(k)
		l.offset += k
		n -= k
	}
	return nil
}
