package stream

import (
	"cmp"
	"slices"

	"streamd/candle"
)

// Series that have ended make room for new ones: when there is no place, those go whose
// newest candle is older than Options.Expire, and ten bars, before the candle at hand. Only
// candles decide, so that a restart decides the same. A record without candles takes the
// place of the last one of such a series, and says up to where its input is processed.

// expireSteps is how often within Options.Expire series are looked through at most.
const expireSteps = 64

// expire drops the series that have ended, before the candle of a time and an offset. It
// reports whether there were some.
func (e *Engine) expire(time, offset int64) bool {
	after := e.options.Expire.Nanoseconds()
	if after <= 0 {
		return false
	}
	step := max(1, after/expireSteps)
	cut := time / step * step
	if cut <= e.noneBefore {
		return false
	}
	var ended []*SeriesState
	e.All(func(s *SeriesState) {
		const bars = 10
		newest := max(s.last.Time, s.pending.candle.Time)
		until := newest + after + bars*s.Key.Timeframe.Duration().Nanoseconds()
		if s.stagedLast == 0 && s.seen && until < cut {
			ended = append(ended, s)
		}
	})
	if len(ended) == 0 {
		e.noneBefore = cut // their newest candles only get younger
	}
	slices.SortFunc(ended, func(a, b *SeriesState) int { return cmp.Compare(a.Key.String(), b.Key.String()) })
	for _, s := range ended {
		e.Forget(s.Key)
		e.expired++
		if len(e.changes.queue)-e.changes.head < 2*e.options.SeriesMax {
			e.clear(s, offset)
		}
	}
	return len(ended) > 0
}

// clear empties a series whose input is processed up to an offset, and has a record say so.
func (e *Engine) clear(s *SeriesState, offset int64) {
	s.reset()
	s.Position, s.pending = offset, pending{}
	e.emptied[s.Key] = offset
	e.changes.note(s, offset)
}

// Reset starts a series over after an offset, as if nothing had come of it before. It
// reports whether the engine had the series.
func (e *Engine) Reset(key candle.Series, offset int64) bool {
	s := e.Find(key)
	if s == nil || s.program == nil {
		return false
	}
	e.Forget(key)
	e.clear(s, offset)
	return true
}

// Expired returns how many series were dropped since they had ended.
func (e *Engine) Expired() int { return e.expired }

// wasEmptied reports whether a series that the engine does not have was emptied, and whether
// the candle of an offset was processed before.
func (e *Engine) wasEmptied(key candle.Series, offset int64) (emptied, held bool) {
	until, emptied := e.emptied[key]
	return emptied, emptied && offset < until
}
