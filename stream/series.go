package stream

import (
	"slices"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/ringbuf"
)

// SeriesState is the state of one symbol and timeframe.
type SeriesState struct {
	Key candle.Series
	// Position is the next offset of the input whose candle the state does not
	// hold yet; a snapshot carries it.
	Position int64
	// Saved is the Position of the last snapshot, 0 if there is none.
	Saved int64
	// Rebuilt is set while the state was made from less history than it once
	// had, and its values may not yet be those of an uninterrupted run.
	Rebuilt bool

	program   *program
	rules     *Rules
	own       *group // of the rules, for the symbol
	general   *group // of the rules
	slab      []float64
	decisions decisions
	ring      *ringbuf.Ring[candle.Candle] // nil in a bare engine
	last      candle.Candle
	seen      bool
	trace     *plan.Trace // of an Explainer
	bridged   bool        // the gap before the next candle has been handled
	fresh     *fresh      // nodes that a reload brought, nil for none
	awaited   *awaited    // outcomes; nil for none
	pending   pending     // see Options.ClosedByNext
	bytes     int64       // that Engine.Options.Budget has noted
	resume    int64       // offsets below it are in the record that the series was restored from
	changed   bool        // it is in Engine.changes

	stagedFirst, stagedLast int32 // in Engine.staged; 0 for none
}

// Verdict is what a candle turned out to be.
type Verdict uint8

// An Applied candle changed the state, a Forming one was looked at; of the
// others the state knows nothing.
const (
	Applied Verdict = iota
	Forming
	Duplicate
	Correction
	Late
	TooManySeries
	OverBudget
	Held // by the record that the series was restored from
)

var verdictNames = [...]string{
	"applied", "forming", "duplicate", "correction", "late", "too_many_series", "memory_limit", "held",
}

// String returns the verdict as metrics and dead letters name it.
func (v Verdict) String() string { return verdictNames[v] }

// classify compares a candle with the newest one of the series.
func (s *SeriesState) classify(c candle.Candle) Verdict {
	if !s.seen {
		return Applied
	}
	return compareTo(s.last, c)
}

// compareTo classifies a candle by the last one of its series.
func compareTo(last, c candle.Candle) Verdict {
	switch {
	case c.Time > last.Time:
		return Applied
	case c.Time < last.Time:
		return Late
	case c == last:
		return Duplicate
	default:
		return Correction
	}
}

// Last returns the newest closed candle, and whether there is one.
func (s *SeriesState) Last() (candle.Candle, bool) { return s.last, s.seen }

// Bars returns the number of closed candles the series has seen.
func (s *SeriesState) Bars() int {
	if s.program == nil {
		return 0
	}
	return s.program.plan.Bars(s.slab)
}

// Candles appends the kept candles to dst, oldest first.
func (s *SeriesState) Candles(dst []candle.Candle) []candle.Candle {
	if s.ring == nil {
		return dst
	}
	for i := s.ring.Len() - 1; i >= 0; i-- {
		dst = append(dst, s.ring.At(i))
	}
	return dst
}

func (s *SeriesState) reset() {
	s.decisions.reset(s.Bars())
	s.program.plan.Reset(s.slab)
	if s.trace != nil {
		s.trace.Reset()
	}
	if s.ring != nil {
		s.ring.Reset()
	}
	s.last, s.seen = candle.Candle{}, false
	s.Rebuilt, s.fresh = false, nil // an uninterrupted run would have forgotten as much
}

// Effects is what a push caused. A caller drains it and resets it.
type Effects struct {
	Matches  []Match
	Outcomes []MatchOutcome
	Defects  []LeftOut // of PushBlock

	// Counts of candles since Reset.
	Applied, Forming, Duplicates, Corrections, Late, Filled int
	Gaps                                                    int // jumps over expected bars
	Withheld                                                int // matches of rebuilt series that are not sure

	values []float64
}

// LeftOut is a candle of a block that was left out.
type LeftOut struct {
	Index   int
	Verdict Verdict
}

// Reset empties the output and keeps its memory. Matches taken from it are void.
func (o *Effects) Reset() {
	clear(o.Matches)
	clear(o.Outcomes)
	*o = Effects{
		Matches: o.Matches[:0], Outcomes: o.Outcomes[:0], Defects: o.Defects[:0], values: o.values[:0],
	}
}

func (o *Effects) count(v Verdict) {
	switch v {
	case Duplicate:
		o.Duplicates++
	case Correction:
		o.Corrections++
	case Late:
		o.Late++
	}
}

// match records a hit on bar j of the last step, with the values of that bar.
func (o *Effects) match(s *SeriesState, r *rule, c candle.Candle, j int, intrabar bool) *Match {
	from := len(o.values)
	o.values = slices.Grow(o.values, len(r.columns))[:from+len(r.columns)]
	s.program.show(r, j, o.values[from:])
	o.Matches = append(o.Matches, Match{})
	m := &o.Matches[len(o.Matches)-1]
	m.Series, m.Candle, m.Intrabar, m.rule, m.values = s.Key, c, intrabar, r, o.values[from:len(o.values):len(o.values)]
	m.seq = int32(j)
	return m
}

// Drop forgets matches and outcomes and keeps the counts.
func (o *Effects) Drop() {
	clear(o.Matches)
	clear(o.Outcomes)
	o.Matches, o.Outcomes, o.values = o.Matches[:0], o.Outcomes[:0], o.values[:0]
}
