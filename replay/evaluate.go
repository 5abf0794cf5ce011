package replay

import (
	"context"
	"fmt"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/incremental/catalog"
	"streamd/ringbuf"
	"streamd/stream"
)

// Evaluator computes expressions on every bar of one series after the other.
type Evaluator struct {
	plan     *plan.Plan
	exec     *plan.Exec
	compiled []formula.Compiled
	graph    *plan.Graph
	columns  [][]float64
}

// NewEvaluator compiles expressions for series of a timeframe. Indicators are
// those beyond the ones registered from the start, buffer is the greatest
// lookback in bars, 0 for 500. The error shows all offending text with carets.
func NewEvaluator(expressions []string, indicators []formula.Named, buffer int, tf candle.Timeframe) (*Evaluator,
	error,
) {
	if buffer == 0 {
		buffer = ringbuf.DefaultCapacity
	}
	return NewEvaluatorIn(formula.Env{
		Table: catalog.New(), Timeframe: tf,
		Named: formula.NamedWith(indicators), LookbackMax: buffer,
	}, expressions)
}

// NewEvaluatorIn compiles expressions in an environment. Its error is a *formula.CompileError. Where it allows other
// series, the blocks of Run must bring the columns of Needs.
func NewEvaluatorIn(env formula.Env, expressions []string) (*Evaluator, error) {
	unit, err := formula.Compile(env, expressions...)
	if err != nil {
		return nil, err
	}
	return newEvaluator(env, unit), nil
}

// evaluator compiles the wanted values, each with the parameters and the selection of its condition.
func (j *Job) evaluator(tf candle.Timeframe) (*Evaluator, error) {
	env := j.Environment(tf)
	unit, err := formula.CompileEach(env, func(b *formula.Builder, k int) {
		if k < len(j.conditions) {
			b.SetParams(j.conditions[k].Params)
			b.SetSelected(j.conditions[k].Symbols)
		}
	}, j.Values...)
	if err != nil {
		return nil, err
	}
	return newEvaluator(env, unit), nil
}

func newEvaluator(env formula.Env, unit *formula.Unit) *Evaluator {
	e := &Evaluator{columns: make([][]float64, len(unit.Formulas)), compiled: unit.Formulas, graph: unit.Graph}
	var roots []plan.Ref
	for _, c := range unit.Formulas {
		roots = append(roots, c.Root)
	}
	e.plan = plan.NewPlan(unit.Graph, roots, plan.Options{
		Timeframe: env.Timeframe, BlockMax: scanBlock, Slack: scanBlock,
	})
	e.exec = e.plan.NewExec()
	return e
}

// Canonical returns expression k as the language writes it.
func (e *Evaluator) Canonical(k int) string { return e.compiled[k].Canon }

// Needs returns the columns that other series must give, in the order of Block.Foreign.
func (e *Evaluator) Needs() []*plan.Need { return e.plan.Needs() }

// NeedsBelow returns what the expressions need of other series; what one of them needs itself stands before it.
func (e *Evaluator) NeedsBelow() []*plan.Need {
	var roots []plan.Ref
	for _, c := range e.compiled {
		roots = append(roots, c.Root)
	}
	return plan.NeedsBelow(e.graph, roots...)
}

// Bool reports whether expression k is a condition: 1, 0 or na.
func (e *Evaluator) Bool(k int) bool { return e.compiled[k].Bool }

// Run computes the expressions on a series from its first bar on. It calls f
// for one run of bars after the other with the index of the first of them and a
// column for each expression, which is valid until f returns.
func (e *Evaluator) Run(ctx context.Context, b *stream.Block, f func(first int, columns [][]float64) error) error {
	if needs := e.plan.Needs(); len(needs) != len(b.Foreign) {
		return fmt.Errorf("replay: %s: the values of other series are not known here", needs[0].Key())
	}
	slab := e.plan.NewSlab()
	for i := 0; i < b.Len(); i += scanBlock {
		if i%chunk == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		part := b.Slice(i, min(b.Len(), i+scanBlock))
		e.exec.Step(slab, part.Columns(e.plan.NeedsTime()))
		for k := range e.compiled {
			e.columns[k] = e.exec.Values(e.plan.Handle(e.compiled[k].Root))
		}
		if err := f(i, e.columns); err != nil {
			return err
		}
	}
	return nil
}
