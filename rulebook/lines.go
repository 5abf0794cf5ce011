package rulebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"streamd/config"
	"streamd/stream"
)

// A file of JSON lines has one formula on each line, with the settings that YAML has: for formulas by the hundred
// thousand, which programs write. A line costs a hundredth of what it does as YAML.

// Limits of a file of JSON lines, in bytes.
const (
	linesSizeMax = 1 << 30
	lineErrors   = 20 // that are listed of a file
)

// IsLines reports whether a file holds formulas as JSON lines, by its name.
func IsLines(path string) bool { return filepath.Ext(path) == ".jsonl" }

// readLines returns the formulas of a file of JSON lines. Its error has the place of each line that cannot be read.
// Lines at the beginning and the end that were there before are not read again.
func readLines(path string, before *source) source {
	s := source{place: place{inFile, path}}
	file, err := os.Open(path)
	if err != nil {
		s.err = err
		return s
	}
	defer file.Close()
	var text strings.Builder
	if info, err := file.Stat(); err == nil {
		text.Grow(int(min(info.Size(), linesSizeMax)) + 1)
	}
	if _, err := io.Copy(&text, io.LimitReader(file, linesSizeMax+1)); err != nil {
		s.err = err
		return s
	}
	if text.Len() > linesSizeMax {
		s.err = fmt.Errorf("%s: more than %d bytes", path, linesSizeMax)
		return s
	}
	lines := linesOf(text.String())
	var first, last []*candidate
	if before != nil && before.err == nil {
		first, last = unchanged(lines, before.candidates)
	}
	s.candidates = append(make([]*candidate, 0, len(lines)), first...)
	var errs []error
	for _, l := range lines[len(first) : len(lines)-len(last)] {
		text := l.text
		if len(first)+len(last) > 0 {
			text = strings.Clone(text) // the rest of the file is not kept for it
		}
		f, err := readLine(s.place, l.number, text)
		s.candidates, s.names = append(s.candidates, f), append(s.names, f.Name)
		if err != nil {
			if errs = append(errs, err); len(errs) == lineErrors {
				errs = append(errs, fmt.Errorf("%s:%d: what follows was not read", path, l.number))
				break
			}
		}
	}
	if s.err = errors.Join(errs...); s.err != nil {
		for _, f := range slices.Concat(first, last) {
			s.names = append(s.names, f.Name)
		}
		s.candidates = nil
		return s
	}
	s.candidates, s.names = append(s.candidates, last...), nil
	if !s.rankBetween(len(first), len(last)) {
		return readLines(path, nil)
	}
	for i, f := range s.candidates {
		if f.wrong && f.number != lines[i].number {
			s.moved = append(s.moved, f)
		}
		f.number = lines[i].number
	}
	return s
}

// numbered is a line of a file that is not empty.
type numbered struct {
	text   string
	number int32
}

func linesOf(text string) []numbered {
	text = strings.TrimPrefix(text, "\ufeff")
	lines := make([]numbered, 0, strings.Count(text, "\n")+1)
	number := int32(0)
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, numbered{line, number})
		}
	}
	return lines
}

// unchanged returns the candidates of the lines at the beginning and at the end that are as they were.
func unchanged(lines []numbered, before []*candidate) (first, last []*candidate) {
	n := 0
	for n < len(lines) && n < len(before) && lines[n].text == before[n].line {
		n++
	}
	first = before[:n]
	lines, before = lines[n:], before[n:]
	n = 0
	for n < len(lines) && n < len(before) && lines[len(lines)-1-n].text == before[len(before)-1-n].line {
		n++
	}
	return first, before[len(before)-n:]
}

// rankBetween gives ranks to the candidates between those at the beginning and the end that have theirs. It reports
// whether there is room.
func (s *source) rankBetween(first, last int) bool {
	if first+last == 0 {
		s.ranked()
		return true
	}
	news := s.candidates[first : len(s.candidates)-last]
	from := int64(-rankStep)
	if first > 0 {
		from = s.candidates[first-1].rank.Index
	}
	step := int64(rankStep)
	if last > 0 {
		step = (s.candidates[len(s.candidates)-last].rank.Index - from) / int64(len(news)+1)
	}
	if step < 1 {
		return false
	}
	at := s.rank()
	for i, f := range news {
		f.rank = stream.Rank{Place: at, Index: from + int64(i+1)*step}
	}
	return true
}

// readLine reads one formula.
func readLine(at place, number int32, line string) (*candidate, error) {
	f := &candidate{path: "$", place: at, number: number, line: line}
	if len(line) > config.SettingsSizeMax {
		return f, fmt.Errorf("%s:%d: more than %d bytes", at.name, number, config.SettingsSizeMax)
	}
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(&f.FormulaSettings)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("a line holds one formula")
		}
	}
	if err == nil && bytes.IndexByte([]byte(line), '{') != 0 {
		err = errors.New("a formula is an object: {\"name\": …, \"expression\": …}")
	}
	column := 1
	if err == nil {
		var at int
		at, err = checkKeys(line)
		column += at
	}
	if err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			column = int(syntax.Offset)
		}
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			column = int(wrong.Offset)
			err = fmt.Errorf("%s: a %s where a %s is expected", wrong.Field, wrong.Value, wrong.Type)
		}
		return f, fmt.Errorf("%s:%d:%d: %s", at.name, number, max(column, 1), strings.TrimPrefix(err.Error(), "json: "))
	}
	return f, nil
}

// CompileLines compiles the formulas of a file of JSON lines under the settings of a configuration. The error lists
// every problem of every formula.
func CompileLines(file *config.Configuration, path string) (*stream.Rules, error) {
	s := readLines(path, nil)
	return compileAll(file, s.candidates, []error{s.err})
}

// document returns the text that the formula stands in, with the places of its settings.
func (f *candidate) document() *config.Document {
	if f.doc != nil {
		return f.doc
	}
	doc, err := config.ParseLine(f.place.name, int(f.number), f.line)
	if err != nil { // JSON that is no YAML has no places but its line's
		doc, _ = config.ParseLine(f.place.name, int(f.number), "{}")
	}
	return doc
}
