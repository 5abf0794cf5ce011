package stream

import "streamd/incremental"

// Never is given for a number of bars that no number is enough of: the formula
// depends on all of the history, and a part of that is missing.
const Never = -1

// Waiting calls f for every formula of the series with the number of bars that
// it still waits for before it may fire: of the series, or of the higher
// timeframe that is furthest from it. 0 means that it is warm. For unsettled bars
// what its matches say may differ from what they would say had all its parts seen
// the whole history: a reload began some of them with the candles kept.
func (s *SeriesState) Waiting(f func(formula *Formula, bars, unsettled int)) {
	if s.program == nil {
		return
	}
	for i := range s.program.rules {
		r := &s.program.rules[i]
		bars := max(s.program.plan.Missing(s.slab, r.gate), r.MinBars-s.Bars(), 0)
		if s.Rebuilt {
			bars = max(bars, s.program.plan.Missing(s.slab, s.program.settled()[i].gate))
		}
		f(r.Formula, orNever(bars), orNever(s.unsettled(i)))
	}
}

func orNever(bars int) int {
	if bars > incremental.NeverForgets/2 {
		return Never
	}
	return bars
}

// Current reports whether the series runs under the rules in force; after a
// reload it changes over with its next candle.
func (e *Engine) Current(s *SeriesState) bool { return s.rules == e.rules }
