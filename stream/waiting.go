package stream

// Waiting calls f for every formula of the series with the number of bars that
// it still waits for before it may fire: of the series, or of the higher
// timeframe that is furthest from it. 0 means that it is warm.
func (s *Series) Waiting(f func(formula *Formula, bars, unsettled int)) {
	if s.program == nil {
		return
	}
	for i := range s.program.rules {
		r := &s.program.rules[i]
		bars := max(s.program.plan.Missing(s.slab, r.gate), r.MinBars-s.Bars(), 0)
		if s.Rebuilt {
			bars = max(bars, s.program.plan.Missing(s.slab, s.program.settled()[i].gate))
		}
		f(r.Formula, bars, s.unsettled(i))
	}
}

// Current reports whether the series runs under the rules in force; after a
// reload it changes over with its next candle.
func (e *Engine) Current(s *Series) bool { return s.rules == e.rules }
