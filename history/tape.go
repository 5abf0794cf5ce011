package history

import (
	"fmt"
	"slices"

	"streamd/candle"
	"streamd/stream"
)

// finish makes the tape of a series whose parts are read, and hands it on.
func (w *tapeWorker) finish(s *series) error {
	t := w.tape(s)
	t.Of = len(w.h.series)
	if t.Err == nil {
		w.h.good.Add(1)
	}
	err := w.yield(t)
	s.parts = nil // the candles of a finished series are released
	return err
}

// tape takes the parts of a series together and brings them to the wanted range
// and timeframe.
func (w *tapeWorker) tape(s *series) *Tape {
	t := &Tape{Key: s.key}
	for i := range s.parts {
		if s.parts[i].err != nil {
			t.Err = s.parts[i].err
			w.h.failSeries(t.Err)
			return t
		}
	}
	d := w.h.data
	if !d.frame.IsZero() {
		t.Key.Timeframe = d.frame
	}
	b := &s.parts[0].block
	switch {
	case d.Memory != nil:
	case s.parts[0].in.topic:
		w.h.skip(s.parts[0].in, inOrderOfRecords(s))
	default:
		if t.Err = w.inOrderOfTime(s, &t.Key); t.Err != nil {
			w.h.failSeries(t.Err)
			return t
		}
	}
	if t.Key.Timeframe.IsZero() {
		t.Key.Timeframe = usualTimeframe(s.parts[0].step, b.Time)
	}
	if d.Timeframe.IsZero() || d.Timeframe == t.Key.Timeframe {
		d.within(t, b)
		t.Forming = s.formingBehind(b)
		if t.Forming != nil && d.To != 0 && t.Forming.Time >= d.To {
			t.Forming = nil
		}
		return t
	}
	base := t.Key.Timeframe
	t.Key.Timeframe = d.Timeframe
	a, err := candle.NewAggregation(base, d.Timeframe)
	if err != nil {
		t.Err = fmt.Errorf("history: %s: %w", s.key.Symbol, err)
		return t
	}
	w.higher.Reset()
	aggregate(a.In(w.calendar), b, &w.higher)
	d.within(t, &w.higher)
	return t
}

// formingBehind returns the newest candle that has not closed, if it is newer
// than all that have.
func (s *series) formingBehind(b *stream.Block) *candle.Candle {
	var newest *candle.Candle
	for i := range s.parts {
		if f := s.parts[i].forming; f != nil && (newest == nil || f.Time >= newest.Time) {
			newest = f
		}
	}
	if n := b.Len(); newest != nil && n > 0 && newest.Time <= b.Time[n-1] {
		return nil
	}
	return newest
}

// aggregate appends the bars that the candles of b make.
func aggregate(a candle.Aggregation, b, into *stream.Block) {
	state := make([]float64, candle.AggregationState)
	var done [2]candle.Candle
	for i := range b.Len() {
		for _, c := range done[:a.Step(state, b.At(i), &done)] {
			into.Append(c)
		}
	}
	// History has an end: the bar that the last candles make is one of it,
	// complete or not, as the first is.
	if c, ok := a.Pending(state); ok {
		into.Append(c)
	}
}

// within gives a tape the bars of an ordered block up to the end of the range,
// and says where the range begins.
func (d *Data) within(t *Tape, b *stream.Block) {
	i, j := 0, b.Len()
	if d.From != 0 {
		i, _ = slices.BinarySearch(b.Time, d.From)
	}
	if d.To != 0 {
		j, _ = slices.BinarySearch(b.Time, d.To)
	}
	j = max(i, j)
	if d.Cold {
		t.Block = b.Slice(i, j)
		return
	}
	t.Block, t.First = b.Slice(0, j), i
}
