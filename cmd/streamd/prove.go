package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"streamd/history"
	"streamd/replay"
	"streamd/stream"

	"github.com/spf13/cobra"
)

// proofFlags are those of check that ask for a proof on data.
type proofFlags struct {
	data              *dataFlags
	lookahead, warmup bool
	eps               float64
}

func (f *proofFlags) add(c *cobra.Command) {
	f.data = addDataFlags(c)
	c.Flags().BoolVar(&f.lookahead, "lookahead", false,
		"prove on --data that no value changes when later bars are cut off")
	c.Flags().BoolVar(&f.warmup, "warmup", false,
		"prove on --data that no value depends on where the history begins, after the warm-up")
	c.Flags().Float64Var(&f.eps, "eps", 1e-9, "how much of a node's greatest magnitude --warmup lets pass")
}

// proofs are what was found out about an expression.
type proofs struct {
	Formula   string        `json:"formula"`
	Lookahead *replay.Proof `json:"lookahead,omitempty"`
	Warmup    *replay.Proof `json:"warmup,omitempty"`
}

func (f *proofFlags) wanted() bool { return f.lookahead || f.warmup }

// run proves an expression, or the formulas of a configuration, whose names it prints.
func (f *proofFlags) run(c *cobra.Command, set *formulaSet, asJSON, one bool) error {
	if !(f.eps > 0 && f.eps < 1) {
		return usage{fmt.Errorf("streamd: --eps %v is not between 0 and 1", f.eps)}
	}
	d, err := f.data.data(c)
	if err != nil {
		return err
	}
	tapes, report, err := d.Collect(c.Context(), f.data.workers)
	if err != nil {
		return dataError(err)
	}
	printReport(c.ErrOrStderr(), report, nil)
	failed, compared := 0, 0
	j := json.NewEncoder(c.OutOrStdout())
	j.SetEscapeHTML(false)
	for i := range set.formulas {
		p, err := f.prove(c.Context(), set, &set.formulas[i], tapes)
		if err != nil {
			return err
		}
		if asJSON {
			err = j.Encode(p)
		} else {
			if !one {
				fmt.Fprintf(c.OutOrStdout(), "%s\n", p.Formula)
			}
			printProof(c.OutOrStdout(), "lookahead", "no value changes when later bars are cut off", p.Lookahead)
			printProof(c.OutOrStdout(), "warmup", "no value depends on where the history begins", p.Warmup)
		}
		if err != nil {
			return err
		}
		for _, one := range []*replay.Proof{p.Lookahead, p.Warmup} {
			if one != nil {
				failed, compared = failed+len(one.Failures), compared+one.Compared
			}
		}
	}
	if failed == 0 && compared == 0 {
		return errors.New("streamd: nothing could be compared: the data is too short, or no formula selects it")
	}
	if failed > 0 {
		return fmt.Errorf("streamd: %d nodes failed", failed)
	}
	return nil
}

func (f *proofFlags) prove(ctx context.Context, set *formulaSet, one *stream.Formula, tapes []history.Tape) (*proofs,
	error,
) {
	p := &proofs{Formula: one.Name}
	if f.lookahead {
		p.Lookahead = &replay.Proof{}
	}
	if f.warmup {
		p.Warmup = &replay.Proof{}
	}
	e := replay.Expression{
		Text: one.Expression, Params: one.Params, Indicators: set.indicators, Buffer: set.buffer,
		Others: true, Universes: set.universes, Selected: one.Symbols,
	}
	j := &replay.Job{
		Data: history.Data{Memory: tapes}, Workers: f.data.workers, Gaps: set.gaps, Admission: set.admission,
		MemoryMax: f.data.memoryMax,
	}
	foreign, err := replay.Surround(ctx, j, e)
	if err == nil && p.Lookahead != nil {
		err = replay.LookaheadAmong(ctx, p.Lookahead, e, j)
	}
	if err != nil {
		return nil, usage{err}
	}
	for i := range tapes {
		t := &tapes[i]
		if t.Err != nil || t.First == t.Block.Len() || !one.Selects(t.Key) {
			continue
		}
		own := *t
		err := foreign.Among(e, &own)
		if err == nil {
			err = f.onSeries(ctx, p, e, &own)
		}
		switch {
		case ctx.Err() != nil:
			return nil, interrupted{errors.New("streamd: interrupted")}
		case err != nil:
			return nil, usage{err}
		}
	}
	return p, nil
}

func (f *proofFlags) onSeries(ctx context.Context, p *proofs, e replay.Expression, t *history.Tape) error {
	b := t.Range()
	if p.Lookahead != nil {
		if err := replay.Lookahead(ctx, p.Lookahead, e, t.Key, &b); err != nil {
			return err
		}
	}
	if p.Warmup != nil {
		return replay.Warmup(ctx, p.Warmup, e, t.Key, &b, f.eps)
	}
	return nil
}

func printProof(w io.Writer, what, claim string, p *replay.Proof) {
	if p == nil {
		return
	}
	switch {
	case p.Compared == 0 && len(p.Failures) == 0:
		fmt.Fprintf(w, "%s: nothing to compare\n", what)
	case len(p.Failures) == 0:
		fmt.Fprintf(w, "%s: %s\n", what, claim)
	default:
		fmt.Fprintf(w, "%s: FAILED\n", what)
	}
	for _, f := range p.Failures {
		fmt.Fprintf(w, "  %s: %s\n    first on %s at %s: %s from the whole history, %s from a part; on %d bars\n",
			f.Node, f.Reason, f.Symbol, f.Timestamp.Format("2006-01-02T15:04:05Z07:00"), orNa(f.Whole), orNa(f.Part),
			f.Count)
	}
	if what == "warmup" && p.Warmup >= 0 {
		behind := fmt.Sprintf("%d bars", p.Warmup)
		for _, tf := range sortedKeys(p.Higher) {
			behind += fmt.Sprintf(" and %d of %s", p.Higher[tf], tf)
		}
		fmt.Fprintf(w, "  behind %s\n", behind)
	}
	fmt.Fprintf(w, "  %d series, %d bars, %d nodes, %d values compared\n", p.Series, p.Bars, p.Nodes, p.Compared)
}

func orNa(v any) string {
	if v == nil {
		return "na"
	}
	return fmt.Sprint(v)
}
