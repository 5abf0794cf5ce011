package replay

import (
	"context"
	"math"
	"slices"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/history"
)

// Needs returns what the expression needs of other series on a timeframe.
func (e Expression) Needs(tf candle.Timeframe) []*plan.Need {
	r, err := newProver(&Proof{}, e, tf)
	if err != nil {
		return nil
	}
	return plan.NeedsBelow(r.graph, r.root)
}

// Surround returns what other series of a history give the expression, nil for nothing.
func Surround(ctx context.Context, j *Job, e Expression) (*Foreign, error) {
	needs := e.Needs(candle.Timeframe{})
	if len(needs) == 0 {
		return nil, nil
	}
	return NewForeign(ctx, j, needs, e.Needs)
}

// Among gives a tape the columns that the expression needs of other series.
func (f *Foreign) Among(e Expression, t *history.Tape) error {
	if f == nil {
		return nil
	}
	r, err := newProver(&Proof{}, e, t.Key.Timeframe)
	if err != nil {
		return err
	}
	t.Block.Foreign, err = f.Columns(t.Key, r.plan.Needs(), &t.Block)
	return err
}

// foreignCuts is how many times of a history it is cut at to prove that no column of other series looks ahead.
const foreignCuts = 6

// LookaheadAmong proves that what other series give an expression does not change when later bars of all series are
// cut off. It adds to the proof.
func LookaheadAmong(ctx context.Context, p *Proof, e Expression, j *Job) error {
	whole, err := Surround(ctx, j, e)
	if whole == nil {
		return err
	}
	var axis []int64
	for i := range j.Data.Memory {
		axis = append(axis, j.Data.Memory[i].Block.Time...)
	}
	slices.Sort(axis)
	axis = slices.Compact(axis)
	for k := range foreignCuts {
		if len(axis) == 0 {
			return nil
		}
		at := axis[(k+1)*(len(axis)-1)/foreignCuts]
		own := *j
		own.Data.Memory = cutAt(j.Data.Memory, at)
		part, err := Surround(ctx, &own, e)
		if err != nil {
			return err
		}
		if err := p.sameColumns(e, whole, part, j.Data.Memory, own.Data.Memory); err != nil {
			return err
		}
	}
	return nil
}

// cutAt returns the tapes up to and including a time.
func cutAt(tapes []history.Tape, at int64) []history.Tape {
	cut := slices.Clone(tapes)
	for i := range cut {
		n, _ := slices.BinarySearch(cut[i].Block.Time, at+1)
		cut[i].Block = cut[i].Block.Slice(0, n)
		cut[i].First = min(cut[i].First, n)
	}
	return cut
}

// sameColumns compares the columns that other series give with those of a history that is cut off.
func (p *Proof) sameColumns(e Expression, whole, part *Foreign, tapes, cut []history.Tape) error {
	for i := range tapes {
		if tapes[i].Err != nil || cut[i].Block.Len() == 0 {
			continue
		}
		needs := e.Needs(tapes[i].Key.Timeframe)
		all, err := whole.Columns(tapes[i].Key, needs, &tapes[i].Block)
		if err != nil {
			return err
		}
		some, err := part.Columns(tapes[i].Key, needs, &cut[i].Block)
		if err != nil {
			return err
		}
		for k := range some {
			p.sameColumn(needs[k], &cut[i], all[k], some[k])
		}
	}
	return nil
}

func (p *Proof) sameColumn(n *plan.Need, t *history.Tape, whole, part []float64) {
	for j, y := range part {
		p.Compared++
		if x := whole[j]; x != y && !(math.IsNaN(x) && math.IsNaN(y)) {
			p.Failures = append(p.Failures, Failure{
				Node: plan.Shown(n.Key()), Symbol: t.Key.Symbol, Timestamp: time.Unix(0, t.Block.Time[j]).UTC(),
				Whole: orNull(x), Part: orNull(y), Reason: "it changes with later bars", Count: 1,
			})
			return
		}
	}
}
