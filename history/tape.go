package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

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
	if w.h.data.Memory == nil {
		w.h.skip(s.parts[0].in, ordered(s))
	}
	b := &s.parts[0].block
	if t.Key.Timeframe.IsZero() {
		t.Key.Timeframe = smallestStep(s.parts[0].step, b.Time)
	}
	d := w.h.data
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
	aggregate(a, b, &w.higher)
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

// ordered takes the parts of a series together in its first, in the order of
// time, and returns how many candles it dropped: as the daemon does, those older
// than the one before and those that contradict it. Repeated candles are dropped
// without being counted. Inputs are put in the order of their first candles, and
// an input that runs from the newest candle to the oldest is read backwards.
func ordered(s *series) int {
	for i := range s.parts {
		if b := &s.parts[i].block; descending(b.Time) {
			b.Reverse()
		}
	}
	if len(s.parts) > 1 {
		sortParts(s.parts)
		whole := &s.parts[0].block
		for i := 1; i < len(s.parts); i++ {
			p := &s.parts[i]
			whole.AppendBlock(&p.block)
			if p.step > 0 && (s.parts[0].step == 0 || p.step < s.parts[0].step) {
				s.parts[0].step = p.step
			}
			p.block = stream.Block{}
		}
	}
	return newerOnly(&s.parts[0].block)
}

// sortParts orders the parts by the first candle of their inputs; those of one
// input stay in their order.
func sortParts(parts []part) {
	first := map[*input]int64{}
	for i := range parts {
		if b := &parts[i].block; b.Len() > 0 {
			if t, ok := first[parts[i].in]; !ok || b.Time[0] < t {
				first[parts[i].in] = b.Time[0]
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(first[a.in], first[b.in]) })
}

// descendingMin is from how many candles on a file that runs backwards is one
// that was written so.
const descendingMin = 2

func descending(at []int64) bool {
	if len(at) < descendingMin {
		return false
	}
	for i := 1; i < len(at); i++ {
		if at[i] >= at[i-1] {
			return false
		}
	}
	return true
}

// appendBar adds a candle behind those of the same run. One of the same time as
// the one before is not kept; the result is 1 where it contradicts that.
func appendBar(b *stream.Block, c *candle.Candle) int {
	if n := b.Len(); n > 0 && b.Time[n-1] == c.Time {
		if b.At(n-1) != *c {
			return 1
		}
		return 0
	}
	b.Append(*c)
	return 0
}

// newerOnly drops the candles that are not newer than the one before, and
// returns how many of these were no repetition of it.
func newerOnly(b *stream.Block) int {
	n := b.Len()
	i := 1
	for i < n && b.Time[i] > b.Time[i-1] {
		i++
	}
	kept, late := min(i, n), 0
	for ; i < n; i++ {
		switch c := b.At(i); {
		case c.Time > b.Time[kept-1]:
			b.Set(kept, c)
			kept++
		case c != b.At(kept-1):
			late++
		}
	}
	b.Truncate(kept)
	return late
}

// smallestStep is the timeframe of a series that states none; its times rise. Step is the
// smallest distance of candles that were read but not kept, 0 for none.
func smallestStep(step int64, at []int64) candle.Timeframe {
	if least := leastStep(at); step == 0 || least > 0 && least < step {
		step = least
	}
	const day = 24 * time.Hour
	width := time.Duration(step)
	name := "1d" // what a lone candle is taken for
	if width >= 28*day && width <= 31*day {
		name = "1M"
	} else if tf, ok := candle.TimeframeOf(width); ok {
		return tf
	}
	tf, err := candle.ParseTimeframe(name)
	if err != nil {
		panic("history: " + err.Error())
	}
	return tf
}

// leastStep returns the smallest distance of rising times, 0 where there is
// none.
func leastStep(at []int64) int64 {
	if len(at) < 2 {
		return 0
	}
	least := int64(math.MaxInt64)
	last := at[0]
	for _, t := range at[1:] {
		least = min(least, t-last)
		last = t
	}
	return least
}
