package stream

import "streamd/formula/plan"

// settledTo is how near the values of a series that was rebuilt from a part of its
// history must be to those of an uninterrupted run before a formula fires on them:
// payloads show ten digits, and three further ones make a different last digit rare.
const settledTo = 1e-13

// settling tells of a rule from which bar on, counted from the beginning of the
// history, no match of it depends on where that was.
type settling struct {
	gate  plan.Gate
	never bool
}

// settled returns the settling of every rule; few programs ever need it.
func (p *program) settled() []settling {
	if p.settlings == nil {
		gate := p.plan.Settled(settledTo)
		p.settlings = make([]settling, len(p.rules))
		known := map[*face]settling{}
		for i := range p.rules {
			f := p.rules[i].face
			if _, ok := known[f]; !ok {
				g, settles := gate(f.refs...)
				known[f] = settling{g, !settles}
			}
			p.settlings[i] = known[f]
		}
	}
	return p.settlings
}

// withheld reports whether the match of a rule on bar j of the last step has to be
// kept back, since the series does not know enough of its past.
func (s *SeriesState) withheld(rule, j int) bool {
	if !s.Rebuilt {
		return false
	}
	w := s.program.settled()[rule]
	return w.never || !s.program.exec.Open(w.gate, j)
}

// Settle ends Rebuilt once no formula depends on the lost part of the history any
// more, and reports whether the series is as good as uninterrupted.
func (s *SeriesState) Settle() bool {
	if !s.Rebuilt || s.program == nil {
		return !s.Rebuilt
	}
	for _, w := range s.program.settled() {
		if w.never || s.program.plan.Missing(s.slab, w.gate) > 0 {
			return false
		}
	}
	s.Rebuilt = false
	return true
}

// explainRebuilt says that a formula is kept back on a candle, so many before the
// newest, because the series does not know enough of its past.
func (s *SeriesState) explainRebuilt(name string, before int, e *Explanation) {
	if !s.Rebuilt || s.program == nil {
		return
	}
	for i, w := range s.program.settled() {
		if s.program.rules[i].Name != name {
			continue
		}
		missing := s.program.plan.Missing(s.slab, w.gate) + before
		switch {
		case w.never:
			e.because(ReasonRebuilt, "rebuilt: the series was made from a part of its history, and the formula "+
				"depends on all of it")
		case missing > 0:
			e.because(ReasonRebuilt, "rebuilt: the series was made from a part of its history, and what that lacks "+
				"matters for %d bars more", missing)
		default:
			return
		}
		e.Fired = false
	}
}
