package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"streamd/candle"
	"streamd/config"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/replay"

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
		if e, err := replay.NewEvaluatorIn(env, expressions); err == nil { // whoever evaluates says what is wrong
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
