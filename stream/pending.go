package stream

import "streamd/candle"

// Feeds that do not say which version of a bar is the last one send it again and again while
// it forms. With Options.ClosedByNext a bar is closed by the candle that opens a later one: its
// newest version counts, and what it brings about belongs to that candle's offset. So the same
// input gives the same signals at the same places, whenever it is read. The version that waits
// is a part of the series' record.

// pending is the newest version of the bar that forms.
type pending struct {
	candle candle.Candle
	there  bool
}

// stageNext is Stage for a candle of such a feed.
func (e *Engine) stageNext(s *SeriesState, c candle.Candle, offset int64, out *Effects) Verdict {
	p := &s.pending
	switch {
	case p.there && c == p.candle:
		out.count(Duplicate)
		return Duplicate
	case !p.there || c.Time < p.candle.Time:
		if v := s.classify(c); v != Applied || p.there {
			if v == Applied {
				v = Late // a bar that was passed over
			}
			out.count(v)
			return v
		}
	case c.Time > p.candle.Time:
		e.stageClosed(s, p.candle, offset)
		e.flushSeries(s, out)
	}
	e.prepare(s)
	*p = pending{c, true}
	e.changes.note(s, offset)
	s.Position = offset + 1
	return e.stageForming(s, c, offset, out)
}
