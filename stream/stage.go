package stream

import (
	"cmp"
	"slices"

	"streamd/candle"
)

// StagedMax is how many candles may be staged before they must be flushed.
const StagedMax = 8192

// staging holds candles that were pushed and not applied, in the order of
// their coming, those of one series linked.
type staging struct {
	candles []staged
	series  []*SeriesState // that have candles here
	block   Block          // of one series, put together
	from    []int32        // where the candles of the block stand
}

type staged struct {
	candle candle.Candle
	offset int64
	next   int32 // the series' next, 0 for none
}

// Stage is Push that puts the work off until Flush: it tells what the candle
// is, and applies the closed ones of a series together, which costs a fraction
// of one by one. The offset is the candle's place in the input; it goes into
// Series.Position and Match.Offset. The symbol need not outlive the call.
func (e *Engine) Stage(m *candle.Message, offset int64, out *Effects) Verdict {
	s := e.find(m.Symbol, m.Timeframe)
	if s == nil {
		key := candle.Series{Symbol: string(m.Symbol), Timeframe: m.Timeframe}
		emptied, held := e.wasEmptied(key, offset)
		if held {
			return Held
		}
		if v := e.admit(key, m.Candle.Time, offset); v != Applied {
			return v
		}
		s = e.Series(key)
		if emptied { // it is known to begin here
			s.Rebuilt = false
		}
		defer e.forgetUnseen(s)
	}
	if offset < s.resume {
		return Held
	}
	switch {
	case e.options.ClosedByNext:
		return e.stageNext(s, m.Candle, offset, out)
	case !m.Closed:
		e.flushSeries(s, out)
		return e.stageForming(s, m.Candle, offset, out)
	}
	v := e.stageClosed(s, m.Candle, offset)
	if v != Applied {
		out.count(v)
	}
	return v
}

// stageForming looks at a candle that still forms.
func (e *Engine) stageForming(s *SeriesState, c candle.Candle, offset int64, out *Effects) Verdict {
	from := len(out.Matches)
	v := e.PushSeries(s, c, false, out)
	for i := range out.Matches[from:] {
		out.Matches[from+i].Offset, out.Matches[from+i].seq = offset, int32(len(e.staged.candles))
	}
	return v
}

// stageClosed puts a closed candle with those that wait for Flush.
func (e *Engine) stageClosed(s *SeriesState, c candle.Candle, offset int64) Verdict {
	g := &e.staged
	if len(g.candles) == 0 {
		g.candles = append(g.candles, staged{}) // so that 0 is none
	}
	at := int32(len(g.candles))
	if s.stagedLast == 0 {
		if v := s.classify(c); v != Applied {
			return v
		}
		g.series = append(g.series, s)
		s.stagedFirst = at
	} else {
		last := &g.candles[s.stagedLast]
		if v := compareTo(last.candle, c); v != Applied {
			return v
		}
		last.next = at
	}
	s.stagedLast = at
	g.candles = append(g.candles, staged{candle: c, offset: offset})
	return Applied
}

// forgetUnseen drops a series of which there was a forming candle alone: no record tells
// of it, and the number of series must be the same after a restart.
func (e *Engine) forgetUnseen(s *SeriesState) {
	if !s.seen && s.stagedLast == 0 && !s.pending.there {
		e.Forget(s.Key)
	}
}

// Staged returns the number of candles that wait for Flush.
func (e *Engine) Staged() int { return max(0, len(e.staged.candles)-1) }

// Flush applies the staged candles. Matches are added to out in the order in
// which their candles were staged, as if each had been pushed alone. Those of
// the Flush before must have been taken.
func (e *Engine) Flush(out *Effects) {
	for _, s := range e.staged.series {
		e.flushSeries(s, out)
	}
	e.staged.series, e.staged.candles = e.staged.series[:0], e.staged.candles[:0]
	bySeq := func(a, b Match) int { return cmp.Compare(a.seq, b.seq) }
	if !slices.IsSortedFunc(out.Matches, bySeq) {
		slices.SortStableFunc(out.Matches, bySeq)
	}
	outcomesBySeq := func(a, b MatchOutcome) int { return cmp.Compare(a.seq, b.seq) }
	if !slices.IsSortedFunc(out.Outcomes, outcomesBySeq) {
		slices.SortStableFunc(out.Outcomes, outcomesBySeq)
	}
}

// flushSeries applies the staged candles of one series.
func (e *Engine) flushSeries(s *SeriesState, out *Effects) {
	g := &e.staged
	for at := s.stagedFirst; at != 0; {
		g.block.Reset()
		g.from = g.from[:0]
		for ; at != 0 && g.block.Len() < e.options.BlockMax; at = g.candles[at].next {
			g.block.Append(g.candles[at].candle)
			g.from = append(g.from, at)
		}
		matches, outcomes := len(out.Matches), len(out.Outcomes)
		e.prepare(s)
		e.giveForeign(s, &g.block)
		_, dense := s.steps(g.block.Time)
		e.apply(s, &g.block, dense, out)
		for i := range out.Matches[matches:] {
			m := &out.Matches[matches+i]
			j, _ := slices.BinarySearch(g.block.Time, m.Candle.Time)
			m.seq, m.Offset = g.from[j], g.candles[g.from[j]].offset
		}
		for i := range out.Outcomes[outcomes:] {
			o := &out.Outcomes[outcomes+i]
			j, _ := slices.BinarySearch(g.block.Time, o.Time)
			o.seq, o.Offset = g.from[j], g.candles[g.from[j]].offset
		}
	}
	if s.stagedLast != 0 {
		if len(e.emptied) > 0 {
			delete(e.emptied, s.Key)
		}
		e.changes.note(s, g.candles[s.stagedFirst].offset)
		s.Position = g.candles[s.stagedLast].offset + 1
	}
	s.stagedFirst, s.stagedLast = 0, 0
}
