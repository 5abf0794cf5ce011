package stream

import (
	"encoding/binary"
	"maps"

	"streamd/candle"
	"streamd/formula/plan"
)

// Reload puts other rules in force. Every series changes over with its next
// candle: nodes of the same canonical text keep their state, new ones warm from
// the ring. Of rules that came of those in force (Rules.Change), only the series
// do that whose formulas are other ones.
func (e *Engine) Reload(rules *Rules) {
	if rules.env != e.rules.env {
		e.programs, e.cores = map[string]*program{}, newCores()
	}
	e.rules = rules
	if len(e.programs) > 2*e.count+programsSpare {
		e.sweep()
	}
}

// programsSpare is how many programs more than twice its series an engine keeps.
const programsSpare = 64

// sweep forgets the programs that no series has.
func (e *Engine) sweep() {
	used, cores := map[*program]bool{}, map[*core]bool{}
	e.All(func(s *SeriesState) {
		if s.program != nil {
			used[s.program], cores[s.program.core] = true, true
		}
	})
	maps.DeleteFunc(e.programs, func(_ string, p *program) bool { return !used[p] })
	e.cores.sweep(cores)
}

// prepare gives a series the program of the rules in force.
func (e *Engine) prepare(s *SeriesState) {
	if s.rules == e.rules {
		return
	}
	same := s.rules != nil && s.rules.env == e.rules.env
	own, _ := e.rules.bySymbol.get(s.Key.Symbol)
	if same && s.own == own && s.general == e.rules.general {
		s.rules = e.rules
		return
	}
	old := *s
	s.rules, s.own, s.general = e.rules, own, e.rules.general
	if s.program = e.program(s.Key); same && s.program == old.program {
		return
	}
	s.slab, s.decisions = s.program.plan.NewSlab(), newDecisions(s.program)
	e.account(s, e.bytesOf(s.program))
	if e.options.explain && len(s.program.rules) > 0 {
		s.trace = plan.NewTrace(s.program.exec, s.program.rules[0].root)
	}
	if old.program != nil {
		e.migrate(s, &old)
	}
}

// program returns the compiled formulas that select the series; series with the
// same set share it.
func (e *Engine) program(key candle.Series) *program {
	e.selected = e.rules.appendSelected(e.selected[:0], key)
	text := append(e.key[:0], key.Timeframe.String()...)
	for _, f := range e.selected {
		text = binary.LittleEndian.AppendUint32(text, f.id)
	}
	e.key = text
	if p := e.programs[string(text)]; p != nil {
		return p
	}
	p := e.compile(e.selected, key.Timeframe)
	e.programs[string(e.key)] = p
	return p
}
