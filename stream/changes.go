package stream

import "slices"

// changes are the series whose newest state is in no snapshot, in the order of
// the first candle that is missing there. The oldest of them is the low-water:
// reading again from there, over the snapshots, gives the present state.
type changes struct {
	queue []change
	head  int
}

type change struct {
	series *SeriesState
	offset int64 // of the first candle that no snapshot holds
}

func (c *changes) note(s *SeriesState, offset int64) {
	if s.changed {
		return
	}
	s.changed = true
	if c.head > 0 && c.head >= len(c.queue)/2 {
		c.queue = c.queue[:copy(c.queue, c.queue[c.head:])]
		c.head = 0
	}
	c.queue = append(c.queue, change{s, offset})
}

func (c *changes) forget(s *SeriesState) {
	if !s.changed {
		return
	}
	waiting := c.queue[c.head:]
	at := slices.IndexFunc(waiting, func(x change) bool { return x.series == s })
	c.queue = slices.Delete(c.queue, c.head+at, c.head+at+1)
	s.changed = false
}

// Oldest returns the series that has waited longest for a snapshot, and the offset
// of the first candle that its last one does not hold; nil if all are up to date.
func (e *Engine) Oldest() (s *SeriesState, offset int64) {
	if e.changes.head == len(e.changes.queue) {
		return nil, 0
	}
	c := e.changes.queue[e.changes.head]
	return c.series, c.offset
}

// ChangeAll has every series wait for a snapshot, since the ones taken were lost. They
// hold all offsets below the given one.
func (e *Engine) ChangeAll(offset int64) {
	e.All(func(s *SeriesState) {
		if s.seen {
			e.changes.note(s, offset)
		}
	})
}

// Changed returns how many series wait for a snapshot.
func (e *Engine) Changed() int { return len(e.changes.queue) - e.changes.head }

// Snapshot appends the record of the series that Oldest returns, and takes it from
// those that wait. Nothing may be staged.
func (e *Engine) Snapshot(dst, origin []byte) []byte {
	s, _ := e.Oldest()
	if s == nil {
		panic("stream: a snapshot where no series has changed")
	}
	e.changes.queue[e.changes.head] = change{}
	e.changes.head++
	s.changed = false
	s.Saved = s.Position
	return s.AppendRecord(dst, origin)
}
