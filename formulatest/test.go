// Package formulatest runs unit tests of formulas: given candles, the bars on
// which a formula must and must not fire, the values of expressions, and parts of
// the signals. docs/testing.md specifies the format.
package formulatest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/stream"
)

// Test is one test, as it is written in a file.
type Test struct {
	Name       string `yaml:"name"`
	Formula    string `yaml:"formula"`    // by name
	Expression string `yaml:"expression"` // or a formula of its own
	Symbol     string `yaml:"symbol"`
	Timeframe  string `yaml:"timeframe"`
	Start      string `yaml:"start"` // open time of the first candle

	Candles  string    `yaml:"candles"`
	CSV      string    `yaml:"csv"`
	Generate *Generate `yaml:"generate"`

	Series map[string]Feed `yaml:"series"` // other series, by symbol, of the same timeframe

	Fires    []any            `yaml:"fires"`     // on these bars and no others
	FiresOn  []any            `yaml:"fires_on"`  // on these bars at least
	SilentOn []any            `yaml:"silent_on"` // on none of these bars
	Count    *int             `yaml:"count"`
	Values   map[string]any   `yaml:"values"`
	Signals  []map[string]any `yaml:"signals"`

	Tolerance float64 `yaml:"tolerance"` // relative; 1e-9
}

// Set is the formulas under test, with the settings that their values depend on.
type Set struct {
	Formulas   []stream.Formula
	Indicators []formula.Named
	Buffer     int
	Gaps       stream.GapPolicy
	Universes  []formula.Universe // that the formulas can name
	Admission  across.Admission   // to universes; zero for the default
}

// Result is what a test found.
type Result struct {
	Failures []string // each may have several lines
	Bars     int
	Fired    int // bars on which the formula fired
	Took     time.Duration
}

// subject is the formula under test: the name of an inline one.
const inlineName = "scan"

// ReadCSV reads the candles of a file for a test; zero timeframe for the file's own.
type ReadCSV func(path, symbol string, tf candle.Timeframe) (candle.Series, []candle.Candle, error)

// Run runs a test. An error means that the test itself is wrong.
func (t *Test) Run(set Set, read ReadCSV) (*Result, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	name := t.Formula
	if t.Expression != "" {
		name = inlineName
		set.Formulas = []stream.Formula{{Name: inlineName, Expression: t.Expression}}
	} else if name != "" && !slices.ContainsFunc(set.Formulas, func(f stream.Formula) bool { return f.Name == name }) {
		return nil, fmt.Errorf("formulatest: no formula named %s", name)
	}
	key, bars, err := t.bars(read)
	if err != nil {
		return nil, err
	}
	r := &run{test: t, set: set, name: name, key: key, bars: bars, result: &Result{Bars: len(bars)}}
	if err := r.readOthers(read); err != nil {
		return nil, err
	}
	if name != "" {
		if err := r.fire(); err != nil {
			return nil, err
		}
		if err := r.judge(); err != nil {
			return nil, err
		}
	}
	if err := r.values(); err != nil {
		return nil, err
	}
	return r.result, nil
}

// check reports the first setting that makes no sense.
func (t *Test) check() error {
	given := t.feed().given()
	expects := t.Fires != nil || t.FiresOn != nil || t.SilentOn != nil || t.Count != nil || t.Signals != nil
	switch {
	case t.Name == "":
		return fmt.Errorf("formulatest: a test needs a name")
	case given != 1:
		return fmt.Errorf("formulatest: one of candles, csv and generate is needed, found %d", given)
	case t.Formula != "" && t.Expression != "":
		return fmt.Errorf("formulatest: a formula or an expression, not both")
	case expects && t.Formula == "" && t.Expression == "":
		return fmt.Errorf("formulatest: what is to fire? formula or expression is missing")
	case !expects && len(t.Values) == 0:
		return fmt.Errorf("formulatest: nothing is expected: fires, fires_on, silent_on, count, signals or values is " +
			"missing")
	case t.Tolerance < 0:
		return fmt.Errorf("formulatest: tolerance %g is negative", t.Tolerance)
	}
	return nil
}

// bar is a candle of a test.
type bar struct {
	candle.Candle
	forming bool
}

// run is a test being run.
type run struct {
	test    *Test
	set     Set
	name    string
	key     candle.Series
	bars    []bar
	fired   []bool // by bar
	matches map[int]string
	own     history.Tape   // the closed bars
	tapes   []history.Tape // own, and the other series
	result  *Result
}

func (r *run) fail(format string, args ...any) {
	r.result.Failures = append(r.result.Failures, fmt.Sprintf(format, args...))
}

// fire runs the candles through an engine.
func (r *run) fire() error {
	rules, err := r.rules()
	if err != nil {
		return err
	}
	engine := stream.New(rules, r.options())
	s := engine.Series(r.key)
	block := r.own.Block
	if block.Foreign, err = r.foreign(rules.Needs(r.key.Timeframe), engine.Needs(s)); err != nil {
		return err
	}
	closed := 0
	r.fired, r.matches = make([]bool, len(r.bars)), map[int]string{}
	var out stream.Effects
	for i, b := range r.bars {
		out.Reset()
		if block.Foreign == nil {
			engine.PushSeries(s, b.Candle, !b.forming, &out)
		} else if !b.forming { // a formula that needs other series is not asked about forming candles
			part := block.Slice(closed, closed+1)
			engine.PushBlock(s, &part, &out)
			closed++
		}
		for k := range out.Matches {
			if m := &out.Matches[k]; m.Formula().Name == r.name && !m.IsResolve() {
				r.fired[i], r.matches[i] = true, string(m.AppendJSON(nil))
				r.result.Fired++
			}
		}
	}
	return s.Compiled()
}

func (r *run) options() stream.Options {
	return stream.Options{Buffer: r.set.Buffer, Gaps: r.set.Gaps}
}

// why says why the formula did not fire on a bar.
func (r *run) why(at int) string {
	rules, err := r.rules()
	if err != nil {
		return err.Error()
	}
	x, err := stream.NewExplainer(rules, r.name, r.key, r.options())
	if err != nil {
		return err.Error()
	}
	columns, err := r.foreign(rules.Needs(r.key.Timeframe), x.Needs())
	if err != nil {
		return err.Error()
	}
	closed, among := 0, make([]float64, len(columns))
	for i, b := range r.bars[:at+1] {
		if b.forming && i < at {
			continue // leaves no trace
		}
		for k := range columns {
			among[k] = math.NaN() // of a forming candle: nobody has closed with it
			if !b.forming {
				among[k] = columns[k][closed]
			}
		}
		x.PushAmong(b.Candle, !b.forming, among)
		if !b.forming {
			closed++
		}
	}
	e := x.Explanation()
	var texts []string
	for _, reason := range e.Reasons {
		texts = append(texts, reason.Text)
	}
	return strings.Join(append(texts, decisive(e.Tree)...), "; ")
}

// decisive lists the comparisons of a tree that do not hold.
func decisive(x *plan.Explained) []string {
	if x == nil {
		return nil
	}
	var texts []string
	for _, c := range x.Comparisons {
		if c.Holds != nil && !*c.Holds {
			texts = append(texts, fmt.Sprintf("%s: %.6g against %.6g", c.Text, float64(c.Left), float64(c.Right)))
		}
	}
	for _, in := range x.Inputs {
		texts = append(texts, decisive(in)...)
	}
	return texts
}
