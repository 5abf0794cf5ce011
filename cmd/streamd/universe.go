package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"streamd/candle"
	"streamd/closing"
	"streamd/config"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/live"
	"streamd/replay"
	"streamd/stream"

	"github.com/spf13/cobra"
)

// takeUniverses takes the universes of the configuration that the command line names, if it names one.
func (s *formulaSet) takeUniverses(c *cobra.Command) error {
	flag := c.Flags().Lookup("config")
	if flag == nil || !flag.Changed {
		return nil
	}
	doc, err := config.Read(flag.Value.String())
	if err != nil {
		return usage{err}
	}
	file, err := config.EngineOf(doc)
	if err != nil {
		return usage{err}
	}
	s.universes, s.admission = file.UniverseList(), file.Admission()
	return nil
}

// acrossConfig says for whom bars wait live.
func acrossConfig(cfg *config.Configuration) live.AcrossConfig {
	w := cfg.Waiting()
	return live.AcrossConfig{
		Topic: cfg.AcrossTopic(), Barriers: cfg.BarriersTopic(), Config: closing.Config{
			Admission: cfg.Admission(), Lateness: w.Lateness, Grace: w.Grace, BarsMax: w.PendingBars,
			SeriesMax: cfg.MaxSeries,
		},
	}
}

// parseBytes reads a size as 500MB or 2GiB; "" is 0.
func parseBytes(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	number := strings.TrimRightFunc(text, func(r rune) bool { return r > '9' || r == ' ' })
	factors := map[string]float64{
		"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}
	factor, ok := factors[strings.ToLower(strings.TrimSpace(text[len(number):]))]
	n, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(n > 0) || n*factor >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is no size as 500MB", text)
	}
	return int64(n * factor), nil
}

// withOthers returns the data with the series that formulas need beside those that are asked for.
func withOthers(d history.Data, e *replay.Evaluator) history.Data {
	needs := e.NeedsBelow()
	if len(needs) == 0 || len(d.Symbols) == 0 {
		return d
	}
	more, all := replay.ReadFor(&d, needs)
	if all {
		d.Symbols = nil
		return d
	}
	d.Symbols = slices.Concat(d.Symbols, more)
	return d
}

// foreign computes what expressions need of other series of a history at hand.
func (s *formulaSet) foreign(ctx context.Context, f *dataFlags, d history.Data, e *replay.Evaluator,
	expressions []string, tapes []history.Tape,
) (*replay.Foreign, error) {
	j := &replay.Job{
		Data: history.Data{Memory: tapes, Symbols: d.Symbols}, Workers: f.workers, Gaps: s.gaps,
		Admission: s.admission, MemoryMax: f.memoryMax,
	}
	foreign, err := replay.NewForeign(ctx, j, e.NeedsBelow(), func(tf candle.Timeframe) []*plan.Need {
		env := s.evalEnv()
		env.Timeframe = tf
		if e, err := replay.NewEvaluatorIn(env, expressions); err == nil { // the evaluation says what is wrong
			return e.NeedsBelow()
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return nil, usage{err}
	}
	return foreign, err
}

// evalEnv is what eval compiles its expressions in.
func (s *formulaSet) evalEnv() formula.Env {
	return formula.Env{
		Named: formula.NamedDefaults(), LookbackMax: s.buffer, Others: true, Universes: s.universes,
	}
}

// foreignTo computes what other series say of the needs of an explanation, up to the bar that is explained.
func (s *formulaSet) foreignTo(c *cobra.Command, f *dataFlags, rules *stream.Rules, x *stream.Explainer,
	t *history.Tape, bar int,
) (*replay.Foreign, [][]float64, error) {
	if len(x.Needs()) == 0 {
		return nil, nil, nil
	}
	d, err := f.data(c)
	if err != nil {
		return nil, nil, err
	}
	j := &replay.Job{
		Data: d, Workers: f.workers, Gaps: s.gaps, Admission: s.admission, MemoryMax: f.memoryMax,
	}
	if bar < t.Block.Len() {
		j.Focus = t.Block.Time[bar]
	}
	foreign, err := replay.NewForeign(c.Context(), j, rules.Needs(t.Key.Timeframe), rules.Needs)
	if err != nil {
		return nil, nil, dataError(err)
	}
	columns, err := foreign.Columns(t.Key, x.Needs(), &t.Block)
	return foreign, columns, err
}

// otherText says what other series said on a bar.
func otherText(o *stream.Other) string {
	value := func(v plan.Float) string {
		if v != v {
			return "na"
		}
		return short(float64(v), 10)
	}
	if o.Symbol != "" {
		if o.Timestamp == nil {
			return fmt.Sprintf("%s of %s: no bar yet", o.Expression, o.Symbol)
		}
		return fmt.Sprintf("%s of %s: %s on its bar of %s", o.Expression, o.Symbol, value(o.Value),
			formatTime(o.Timestamp.UnixNano()))
	}
	universe, what := "the series selected", o.Expression
	if o.Universe != "" {
		universe = "universe " + o.Universe
	}
	if what == "" {
		what = "members"
	}
	text := fmt.Sprintf("%s over %s: %d of %d members have a value", what, universe, o.Values, o.Members)
	if o.Rank == 0 {
		return text + "; this series has no rank"
	}
	text += fmt.Sprintf("; %s is rank %d", value(o.Value), o.Rank)
	if n := o.Above; n != nil {
		text += fmt.Sprintf("\n  next above: %s with %s (%+.6g)", n.Symbol, value(n.Value), float64(n.By))
	}
	if n := o.Below; n != nil {
		text += fmt.Sprintf("\n  next below: %s with %s (%+.6g)", n.Symbol, value(n.Value), float64(n.By))
	}
	return text
}
