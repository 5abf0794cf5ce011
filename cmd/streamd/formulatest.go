package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/config"
	"streamd/formulatest"
	"streamd/history"
	"streamd/stream"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// testFile is a file of formula tests.
type testFile struct {
	Config     string                   `yaml:"config"` // with formulas, relative to the file
	Buffer     int                      `yaml:"buffer"`
	Gaps       string                   `yaml:"gaps"`
	Indicators yaml.MapSlice            `yaml:"indicators"`
	Universes  map[string]any           `yaml:"universes"`
	Universe   config.UniverseSettings  `yaml:"universe"`
	Layout     *config.LayoutSettings   `yaml:"layout"` // of the files that tests name
	Formulas   []config.FormulaSettings `yaml:"formulas"`
	Tests      []formulatest.Test       `yaml:"tests"`
}

func testCommand() *cobra.Command {
	var path, junit, pattern string
	var verbose bool
	c := &cobra.Command{
		Use:   "test FILE... [-c config.yaml]",
		Short: "Run unit tests of formulas",
		Long: `Run unit tests of formulas: given candles, the bars on which a formula must and
must not fire, the values of expressions, and parts of the signals. The format is
described in docs/testing.md. The exit code is 1 if a test failed, 2 if a file or a
test of it is wrong.`,
		Example: `  streamd test signals_test.yaml
  streamd test tests/*.yaml -c config.yaml --junit report.xml`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage{errors.New("streamd: test needs a FILE")}
			}
			only, err := regexp.Compile(pattern)
			if err != nil {
				return usage{fmt.Errorf("streamd: --run: %w", err)}
			}
			t := &testRun{only: only, verbose: verbose, out: c.OutOrStdout(), tested: map[string]int{}}
			if path != "" {
				set, err := (&formulaFlags{file: path, offline: true}).read("scan")
				if err != nil {
					return err
				}
				t.configured = set
			}
			for _, path := range args {
				if err := t.file(c.Context(), path); err != nil {
					return err
				}
			}
			if junit != "" {
				if err := t.writeJUnit(junit); err != nil {
					return err
				}
			}
			return t.summary()
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "",
		"file with the formulas under test; what is not tested of them is listed")
	c.Flags().StringVar(&junit, "junit", "", "file to write a JUnit report to")
	c.Flags().StringVar(&pattern, "run", "", "regular expression of the names of the tests to run")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "list the tests that passed, too")
	return c
}

// testRun is a run of some files of tests.
type testRun struct {
	configured *formulaSet // of -c
	only       *regexp.Regexp
	verbose    bool
	out        io.Writer

	tests, failed int
	wrong         []string       // of tests that make no sense
	tested        map[string]int // formula: bars on which it fired
	suites        []junitSuite
}

// file runs the tests of a file.
func (t *testRun) file(ctx context.Context, path string) error {
	doc, err := config.Read(path)
	if err != nil {
		return usage{err}
	}
	var f testFile
	if err := doc.Decode(&f); err != nil {
		return usage{err}
	}
	if len(f.Tests) == 0 {
		return usage{doc.Errorf("$", "the file has no tests")}
	}
	set, err := t.set(doc, &f)
	if err != nil {
		return err
	}
	if err := f.Layout.Check(doc, "$.layout"); err != nil {
		return usage{err}
	}
	var files history.Data
	if files.Format, files.Layout, err = f.Layout.Layout(filepath.Dir(path)); err != nil {
		return usage{err}
	}
	suite := junitSuite{Name: path}
	for i := range f.Tests {
		one := &f.Tests[i]
		if !t.only.MatchString(one.Name) {
			continue
		}
		where := fmt.Sprintf("$.tests[%d]", i)
		line := doc.Line(where)
		start := time.Now()
		r, err := one.Run(set, func(csv, symbol string, tf candle.Timeframe) (candle.Series, []candle.Candle, error) {
			return testCandles(ctx, files, filepath.Join(filepath.Dir(path), csv), symbol, tf)
		})
		if ctx.Err() != nil {
			return interrupted{errors.New("streamd: interrupted")}
		}
		if err != nil {
			t.refuse(&suite, path, line, one,
				doc.Errorf(where, "%s", strings.TrimPrefix(err.Error(), "formulatest: ")).Error())
			continue
		}
		r.Took = time.Since(start)
		t.report(&suite, path, line, one, r)
	}
	t.suites = append(t.suites, suite)
	return nil
}

// set is the formulas that the tests of a file may name.
func (t *testRun) set(doc *config.Document, f *testFile) (formulatest.Set, error) {
	base := t.configured
	if base == nil && f.Config != "" {
		var err error
		own := formulaFlags{file: filepath.Join(filepath.Dir(doc.Name()), f.Config), offline: true}
		if base, err = own.read("scan"); err != nil {
			return formulatest.Set{}, err
		}
	}
	if base == nil {
		base = &formulaSet{}
	}
	c := &config.Configuration{Formulas: f.Formulas, Indicators: f.Indicators, Buffer: f.Buffer}
	c.Candles.Gaps = f.Gaps
	for _, n := range slices.Backward(base.indicators) { // formulas of the file may use them
		c.Indicators = append(yaml.MapSlice{{Key: n.Name, Value: n.Expression}}, c.Indicators...)
	}
	if c.Buffer == 0 {
		c.Buffer = base.buffer
	}
	if c.Candles.Gaps == "" {
		c.Candles.Gaps = string(base.gaps)
	}
	c.Universes, c.Universe = f.Universes, f.Universe
	c.AllowOthers()
	wrong := c.CheckEngine(doc)
	c.InheritUniverses(base.universes)
	admission := c.Admission()
	if f.Universe == (config.UniverseSettings{}) {
		admission = base.admission
	}
	_, rules, err := compileConfig(c, wrong, false)
	if err != nil {
		return formulatest.Set{}, err
	}
	own := rules.Formulas()
	for _, b := range base.formulas {
		if slices.ContainsFunc(own, func(o stream.Formula) bool { return o.Name == b.Name }) {
			return formulatest.Set{}, usage{doc.Errorf("$.formulas",
				"the configuration has a formula %s already", b.Name)}
		}
	}
	return formulatest.Set{
		Formulas: slices.Concat(base.formulas, own), Indicators: c.Named(), Buffer: c.Buffer,
		Gaps: stream.GapPolicy(c.Candles.Gaps), Universes: c.UniverseList(), Admission: admission,
	}, nil
}

// testCandles reads the series of a test from a file; d says how it is laid out.
func testCandles(ctx context.Context, d history.Data, path, symbol string, tf candle.Timeframe) (candle.Series,
	[]candle.Candle, error,
) {
	d.Paths, d.Timeframe = []string{path}, tf
	if symbol != "" {
		d.Symbols = []string{symbol}
	}
	tapes, report, err := d.Collect(ctx, 1)
	if err != nil {
		return candle.Series{}, nil, err
	}
	for _, err := range report.Errors {
		return candle.Series{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(tapes) != 1 {
		return candle.Series{}, nil, fmt.Errorf("%s: %d series where one is wanted; choose one by symbol", path,
			len(tapes))
	}
	if tapes[0].Err != nil {
		return candle.Series{}, nil, tapes[0].Err
	}
	b := &tapes[0].Block
	candles := make([]candle.Candle, b.Len())
	for i := range candles {
		candles[i] = b.At(i)
	}
	return tapes[0].Key, candles, nil
}

// refuse takes a test that makes no sense into the report; the others still run.
func (t *testRun) refuse(suite *junitSuite, path string, line int, one *formulatest.Test, text string) {
	t.tests++
	suite.Tests++
	suite.Errors++
	t.wrong = append(t.wrong, text)
	suite.Cases = append(suite.Cases, junitCase{
		Name: one.Name, File: path, Line: line,
		Error: &junitFailure{Message: strings.SplitN(text, "\n", 2)[0], Text: text},
	})
}

// report prints the outcome of a test and takes it into the report.
func (t *testRun) report(suite *junitSuite, path string, line int, one *formulatest.Test, r *formulatest.Result) {
	t.tests++
	suite.Tests++
	if one.Formula != "" {
		t.tested[one.Formula] += r.Fired
	}
	kase := junitCase{Name: one.Name, File: path, Line: line, Time: r.Took.Seconds()}
	if len(r.Failures) == 0 {
		if t.verbose {
			fmt.Fprintf(t.out, "ok    %s:%d: %s (%d bars, %d fired)\n", path, line, one.Name, r.Bars, r.Fired)
		}
	} else {
		t.failed++
		suite.Failures++
		text := strings.Join(r.Failures, "\n")
		kase.Failure = &junitFailure{Message: strings.SplitN(text, "\n", 2)[0], Text: text}
		fmt.Fprintf(t.out, "FAIL  %s:%d: %s\n      %s\n", path, line, one.Name,
			strings.ReplaceAll(text, "\n", "\n      "))
	}
	suite.Cases = append(suite.Cases, kase)
}

// summary prints the numbers of tests, and which configured formulas have none.
func (t *testRun) summary() error {
	wrong := ""
	if len(t.wrong) > 0 {
		wrong = fmt.Sprintf(", %d wrong", len(t.wrong))
	}
	fmt.Fprintf(t.out, "%d tests, %d failed%s\n", t.tests, t.failed, wrong)
	if t.configured != nil {
		var untested, silent []string
		for _, f := range t.configured.formulas {
			if fired, ok := t.tested[f.Name]; !ok {
				untested = append(untested, f.Name)
			} else if fired == 0 {
				silent = append(silent, f.Name)
			}
		}
		all := len(t.configured.formulas)
		fmt.Fprintf(t.out, "coverage: %d of %d formulas are tested\n", all-len(untested), all)
		if len(untested) > 0 {
			fmt.Fprintf(t.out, "  without a test: %s\n", strings.Join(untested, ", "))
		}
		if len(silent) > 0 {
			fmt.Fprintf(t.out, "  never seen to fire: %s\n", strings.Join(silent, ", "))
		}
	}
	switch {
	case t.tests == 0:
		return usage{errors.New("streamd: no test has such a name")}
	case len(t.wrong) > 0:
		return usage{errors.New(strings.Join(t.wrong, "\n"))}
	case t.failed > 0:
		return fmt.Errorf("streamd: %d of %d tests failed", t.failed, t.tests)
	}
	return nil
}

// The report in the form that continuous integration reads.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		File    string        `xml:"classname,attr"`
		Line    int           `xml:"line,attr"`
		Time    float64       `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
		Error   *junitFailure `xml:"error"` // a test that makes no sense
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func (t *testRun) writeJUnit(path string) error {
	text, err := xml.MarshalIndent(junitSuites{Suites: t.suites}, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o644)
	}
	if err != nil {
		return fmt.Errorf("streamd: --junit: %w", err)
	}
	return nil
}
