package stream

import "streamd/formula/plan"

// migrate takes over the state that another program left: the kept candles are
// run through the new one in silence, then what the old state holds under the
// same names replaces what they made.
func (e *Engine) migrate(s, old *SeriesState) {
	// What was new to the old program and is not settled yet counts again.
	hangs := old.hangs()
	if !s.program.within(old.program, hangs) {
		e.warm(s)
		warmed := s.program.plan.Counts(s.slab)
		s.program.plan.Adopt(s.slab, old.program.plan, old.slab)
		s.decisions.shift(s.Bars() - warmed[0])
		s.fresh = newFresh(s, func(key string) bool { return old.program.knows(key) && !hangs[key] }, warmed)
	} else {
		s.program.plan.Adopt(s.slab, old.program.plan, old.slab)
	}
	for i := range s.program.rules {
		if k, ok := old.program.ruleOf(&s.program.rules[i]); ok {
			n := old.decisions.triggers[k].numbers(old.Bars())
			s.decisions.triggers[i].setNumbers(n[:], s.Bars())
			if s.program.rules[i].lives() && old.program.rules[k].lives() {
				n := old.decisions.lives[k].numbers(old.Bars())
				s.decisions.lives[i].setNumbers(n[:], s.Bars(), &s.program.firings[i])
			}
		}
	}
	s.decisions.forget()
}

// warm runs the kept candles through the program of a series that has seen none.
func (e *Engine) warm(s *SeriesState) {
	if s.ring == nil {
		return
	}
	p, out := s.program, Effects{}
	block := newBlock(min(e.options.BlockMax, plan.JudgeMax))
	for left := s.ring.Len(); left > 0; {
		part := block.Slice(0, min(left, block.Len()))
		for j := range part.Len() {
			left--
			part.Set(j, s.ring.At(left))
		}
		e.giveForeign(s, &part)
		p.exec.Step(s.slab, part.Columns(p.plan.NeedsTime()))
		e.fire(s, &part, 0, part.Len(), &out, false)
	}
}

// within reports whether the old program has all that this one remembers of a series,
// and none of it depends on candles that it has not seen.
func (p *program) within(old *program, hangs map[string]bool) bool {
	for _, s := range p.plan.Segments() {
		if n, ok := old.memory()[s.Key]; !ok || n < s.Len || hangs[s.Key] {
			return false
		}
	}
	for i := range p.rules {
		if _, ok := old.ruleOf(&p.rules[i]); !ok {
			return false
		}
	}
	return true
}

// knows reports whether the core has a node's state.
func (c *core) knows(key string) bool {
	_, ok := c.memory()[key]
	return ok
}

// memory returns the lengths of the core's segments by their keys.
func (c *core) memory() map[string]int {
	if c.lengths == nil {
		c.lengths = map[string]int{}
		for _, s := range c.plan.Segments() {
			c.lengths[s.Key] = s.Len
		}
	}
	return c.lengths
}

// ruleOf returns the index of the rule that is the same in this program.
func (p *program) ruleOf(r *rule) (int, bool) {
	if p.indexes == nil {
		p.indexes = make(map[[digestLen]byte]int, len(p.rules))
		for i := range p.rules {
			p.indexes[p.rules[i].digest] = i
		}
	}
	i, ok := p.indexes[r.digest]
	return i, ok
}
