package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"streamd/across"
	"streamd/config"
	"streamd/formula"
	"streamd/history"
	"streamd/replay"
	"streamd/ringbuf"
	"streamd/rulebook"
	"streamd/stream"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
)

// formulaFlags say which formulas a command on history runs: one inline, or
// those of a file.
type formulaFlags struct {
	file    string
	params  []string
	buffer  int
	offline bool           // leave out the formulas of the configuration's topic
	command *cobra.Command // that is run, for its context and standard error
}

func (f *formulaFlags) add(c *cobra.Command) {
	f.addTopic(c)
	c.Flags().StringVarP(&f.file, "formulas", "f", "",
		"file with formulas (a config.yaml works), or with one formula as plain text")
	c.Flags().StringArrayVar(&f.params, "param", nil, "value of a param of the formulas, as fast=12, or a range to "+
		"sweep, as fast=5..20 or slow=20..60:5; may be repeated")
	c.Flags().IntVar(&f.buffer, "buffer", 0, fmt.Sprintf("bars kept per series, the greatest lookback (default %d)",
		ringbuf.DefaultCapacity))
}

// addTopic gives a command the choice between all formulas of a configuration and those that need no broker.
func (f *formulaFlags) addTopic(c *cobra.Command) {
	f.command = c
	c.Flags().BoolVar(&f.offline, "without-formulas-topic", false,
		"leave out the formulas of the configuration's formulas_topic: no broker is asked for them")
}

// formulaSet is formulas with the settings that their values depend on.
type formulaSet struct {
	formulas   []stream.Formula
	indicators []formula.Named
	buffer     int
	gaps       stream.GapPolicy
	outcomes   []int         // numbers of bars after a signal; nil where the file says nothing
	axes       []replay.Axis // params with several values
	universes  []formula.Universe
	admission  across.Admission // to universes; zero for the default
}

// load reads the formulas; an inline one gets the name.
func (f *formulaFlags) load(args []string, name string) (*formulaSet, error) {
	set := &formulaSet{}
	switch {
	case len(args) > 1:
		return nil, usage{fmt.Errorf("streamd: one expression expected, found %d: %q", len(args), args)}
	case len(args) == 1 && f.file != "":
		return nil, usage{fmt.Errorf("streamd: an expression or -f, not both")}
	case len(args) == 1:
		set.formulas = []stream.Formula{{Name: name, Expression: args[0]}}
		if err := set.takeUniverses(f.command); err != nil {
			return nil, err
		}
	case f.file == "":
		return nil, usage{fmt.Errorf("streamd: no formula: an expression or -f FILE is needed")}
	default:
		var err error
		if set, err = f.read(name); err != nil {
			return nil, err
		}
	}
	return f.check(set)
}

// check brings the settings of the flags into a set of formulas, and compiles
// it.
func (f *formulaFlags) check(set *formulaSet) (*formulaSet, error) {
	if f.buffer < 0 || f.buffer > config.BufferMax {
		return nil, usage{fmt.Errorf("streamd: --buffer %d is outside 1 to %d", f.buffer, config.BufferMax)}
	}
	if f.buffer > 0 {
		set.buffer = f.buffer
	}
	if err := set.override(f.params); err != nil {
		return nil, err
	}
	_, problems := stream.NewRules(stream.RulesConfig{
		Formulas: set.formulas, Indicators: set.indicators,
		Buffer: set.buffer, Others: true, Universes: set.universes,
	})
	if len(problems) > 0 {
		texts := make([]string, len(problems))
		for i, p := range problems {
			texts[i] = p.Error()
			if f.file == "" && p.Err == nil {
				texts[i] = p.Diagnostics.Render(p.Source)
			}
		}
		return nil, usage{fmt.Errorf("%s", strings.Join(texts, "\n"))}
	}
	return set, nil
}

// override puts the values of --param into the formulas that have them; those
// with several values are the axes of a sweep.
func (s *formulaSet) override(given []string) error {
	known, twice := map[string]bool{}, map[string]bool{}
	for i := range s.formulas {
		for _, name := range formula.Params(s.formulas[i].Expression) {
			known[name] = true
		}
	}
	for _, text := range given {
		a, err := replay.ParseAxis(text)
		if err != nil {
			return usage{fmt.Errorf("streamd: --%w", err)}
		}
		if twice[a.Name] {
			return usage{fmt.Errorf("streamd: --param %s is given twice", a.Name)}
		}
		twice[a.Name] = true
		if !known[a.Name] {
			return usage{fmt.Errorf("streamd: --param %s: no formula has a param of that name", a.Name)}
		}
		for i := range s.formulas {
			s.formulas[i].Params = maps.Clone(s.formulas[i].Params)
			if s.formulas[i].Params == nil {
				s.formulas[i].Params = map[string]formula.ParamSetting{}
			}
			s.formulas[i].Params[a.Name] = a.Values[0]
		}
		if len(a.Values) > 1 {
			s.axes = append(s.axes, a)
		}
	}
	return nil
}

// single reports an error for a command that tries one value of a param only.
func (s *formulaSet) single(command string) error {
	if len(s.axes) > 0 {
		return usage{fmt.Errorf("streamd: --param %s: %s takes one value", s.axes[0].Name, command)}
	}
	return nil
}

// job makes a job of the formulas.
func (s *formulaSet) job(kind replay.JobType, d history.Data) *replay.Job {
	return &replay.Job{
		ID: strings.ToLower(rand.Text()), Type: kind, Data: d, CreatedAt: time.Now().UTC(),
		Formulas: s.formulas, Indicators: s.indicators, Buffer: s.buffer, Gaps: s.gaps,
		Others: true, Universes: s.universes, Admission: s.admission,
	}
}

// read reads the file: formulas as JSON lines, or a configuration, with the formulas of its folder and its topic as the
// daemon has them, or else one formula as plain text, which gets the name.
func (f *formulaFlags) read(name string) (*formulaSet, error) {
	if rulebook.IsLines(f.file) {
		return linesSet(f.file)
	}
	doc, err := config.Read(f.file)
	if err == nil && (doc.Has("formulas") || doc.Has("formulas_dir") || doc.Has("formulas_topic")) {
		return f.readConfig(doc)
	}
	if ext := filepath.Ext(f.file); err != nil && (ext == ".yaml" || ext == ".yml") {
		return nil, usage{err}
	}
	text, err := os.ReadFile(f.file)
	if err != nil {
		return nil, usage{fmt.Errorf("streamd: %w", err)}
	}
	return &formulaSet{formulas: []stream.Formula{{Name: name, Expression: string(text)}}}, nil
}

// linesSet returns the formulas of a file of JSON lines.
func linesSet(path string) (*formulaSet, error) {
	doc, err := config.Parse(path, []byte("formulas: []"))
	if err != nil {
		return nil, err
	}
	file, err := config.EngineOf(doc)
	if err != nil {
		return nil, usage{err}
	}
	rules, err := rulebook.CompileLines(file, path)
	if err != nil {
		return nil, usage{err}
	}
	return setOf(file, rules), nil
}

// compiledSet returns the formulas of a configuration, compiled.
func compiledSet(doc *config.Document) (*formulaSet, error) {
	file, err := config.EngineOf(doc)
	if file == nil {
		return nil, usage{err}
	}
	file, rules, err := compileConfig(file, err, true)
	if err != nil {
		return nil, err
	}
	return setOf(file, rules), nil
}

func (f *formulaFlags) readConfig(doc *config.Document) (*formulaSet, error) {
	set, err := compiledSet(doc)
	if err != nil {
		return nil, err
	}
	if !doc.Has("formulas_topic") || f.offline {
		return set, nil
	}
	rules, err := f.fromTopic()
	if err != nil {
		return nil, fmt.Errorf("%w\n--without-formulas-topic leaves the formulas of that topic out", err)
	}
	set.formulas = rules.Formulas()
	return set, nil
}

// formulasBudget is how long the brokers may take to answer a command on history that wants formulas of them.
const formulasBudget = 5 * time.Second

// fromTopic returns the formulas that a daemon with this configuration has in force, those of the topic among them.
func (f *formulaFlags) fromTopic() (*stream.Rules, error) {
	cfg, _, err := loadConfig(f.file, false)
	if err != nil {
		return nil, err
	}
	client, err := connect(cfg, warnOfRetries(zerolog.Nop()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	first, stop := context.WithTimeout(f.command.Context(), formulasBudget)
	defer stop()
	if _, err := client.ClusterID(first); err != nil {
		return nil, fmt.Errorf("streamd: formulas_topic: no connection to %s: %w",
			strings.Join(cfg.Kafka.Brokers, ", "), err)
	}
	return rulesOfDaemon(f.command.Context(), cfg, client, f.command.ErrOrStderr())
}

// setOf returns formulas with the settings of their configuration.
func setOf(file *config.Configuration, rules *stream.Rules) *formulaSet {
	return &formulaSet{
		formulas: rules.Formulas(), indicators: file.Named(), buffer: file.Buffer,
		gaps: stream.GapPolicy(file.Candles.Gaps), outcomes: file.OutcomesAfter(),
		universes: file.UniverseList(), admission: file.Admission(),
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
