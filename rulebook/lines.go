package rulebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"streamd/config"
	"streamd/formula"
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

// lineSettings is config.FormulaSettings as JSON has them.
type lineSettings struct {
	Name       string                     `json:"name"`
	Expression string                     `json:"expression"`
	SignalType string                     `json:"signal_type"`
	Symbols    []string                   `json:"symbols"`
	Timeframes []string                   `json:"timeframes"`
	Mode       string                     `json:"mode"`
	For        int                        `json:"for"`
	Cooldown   int                        `json:"cooldown"`
	MinBars    int                        `json:"min_bars"`
	Intrabar   bool                       `json:"intrabar"`
	Resolve    bool                       `json:"resolve"`
	Expires    int                        `json:"expires"`
	Once       bool                       `json:"once"`
	Rearm      string                     `json:"rearm"`
	Metadata   map[string]string          `json:"metadata"`
	Params     map[string]json.RawMessage `json:"params"`
	Paused     bool                       `json:"paused"`
}

func (l *lineSettings) settings() (config.FormulaSettings, error) {
	s := config.FormulaSettings{
		Name: l.Name, Expression: l.Expression, SignalType: l.SignalType, Symbols: l.Symbols, Timeframes: l.Timeframes,
		Mode: l.Mode, For: l.For, Cooldown: l.Cooldown, MinBars: l.MinBars, Intrabar: l.Intrabar, Resolve: l.Resolve,
		Expires: l.Expires, Once: l.Once, Rearm: l.Rearm, Metadata: l.Metadata, Paused: l.Paused,
	}
	for name, raw := range l.Params {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return s, err
		}
		if s.Params == nil {
			s.Params = map[string]formula.ParamSetting{}
		}
		switch v := value.(type) {
		case string:
			s.Params[name] = formula.ParamSetting(v)
		case float64:
			s.Params[name] = formula.ParamSetting(raw)
		default:
			return s, fmt.Errorf("params.%s: %s is neither a number nor a text", name, raw)
		}
	}
	return s, nil
}

// readLines returns the formulas of a file of JSON lines. Its error has the place of each line that cannot be read.
func readLines(path string) source {
	s := source{place: place{inFile, path}}
	file, err := os.Open(path)
	if err != nil {
		s.err = err
		return s
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, linesSizeMax+1))
	if err != nil {
		s.err = err
		return s
	}
	if len(raw) > linesSizeMax {
		s.err = fmt.Errorf("%s: more than %d bytes", path, linesSizeMax)
		return s
	}
	var errs []error
	number := int32(0)
	for line := range strings.Lines(strings.TrimPrefix(string(raw), "\ufeff")) {
		number++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f, err := readLine(s.place, number, line)
		s.names = append(s.names, f.Name)
		if err == nil {
			s.candidates = append(s.candidates, f)
		} else if errs = append(errs, err); len(errs) == lineErrors {
			errs = append(errs, fmt.Errorf("%s:%d: what follows was not read", path, number))
			break
		}
	}
	if s.err = errors.Join(errs...); s.err != nil {
		s.candidates = nil
	}
	return s
}

// readLine reads one formula.
func readLine(at place, number int32, line string) (candidate, error) {
	f := candidate{path: "$", place: at, number: number, line: line}
	if len(line) > config.SettingsSizeMax {
		return f, fmt.Errorf("%s:%d: more than %d bytes", at.name, number, config.SettingsSizeMax)
	}
	var l lineSettings
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(&l)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("a line holds one formula")
		}
	}
	if err == nil && bytes.IndexByte([]byte(line), '{') != 0 {
		err = errors.New("a formula is an object: {\"name\": …, \"expression\": …}")
	}
	if err == nil {
		f.FormulaSettings, err = l.settings()
	}
	if err != nil {
		column := 1
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
	s := readLines(path)
	all := running(s.candidates)
	rules, problems, err := compile(file, all)
	errs := []error{s.err, err}
	for i := range all {
		errs = append(errs, problems[i])
	}
	return rules, errors.Join(errs...)
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
