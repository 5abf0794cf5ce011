package stream

import (
	"hash/fnv"

	"streamd/formula"
)

// fresh is what a series remembers of a change of formulas while nodes that it
// brought still hang on candles that were not kept: it began with the ring alone.
type fresh struct {
	gates  []formula.Gate // of every rule, over the nodes that are new; shared
	warmed []int          // bars that they were warmed with, on every clock
	counts []int          // bars of the series then
}

// newFresh returns it for a series whose program has nodes that are not among the
// keys known, nil if there are none; warmed is how many bars each clock had seen
// when the known ones were adopted.
func newFresh(s *Series, knows func(key string) bool, warmed []int) *fresh {
	gates := s.program.freshGates(knows)
	if len(gates) == 0 {
		return nil
	}
	return &fresh{gates: gates, warmed: warmed, counts: s.program.plan.Counts(s.slab)}
}

// freshGates returns the gates of the rules over the nodes that are not known, none if
// all are. Series to which the same is new share them.
func (p *program) freshGates(knows func(key string) bool) []formula.Gate {
	h := fnv.New64a()
	for _, s := range p.plan.Segments() {
		h.Write([]byte{boolByte(knows(s.Key))})
	}
	gates, ok := p.fresh[h.Sum64()]
	if ok {
		return gates
	}
	if gate, any := p.plan.Fresh(settledTo, knows); any {
		for i := range p.rules {
			gates = append(gates, gate(p.rules[i].root))
		}
	}
	if p.fresh == nil {
		p.fresh = map[uint64][]formula.Gate{}
	}
	p.fresh[h.Sum64()] = gates
	return gates
}

// unsettled returns for how many further bars the values of a rule may hang on
// candles that its newest nodes have not seen.
func (s *Series) unsettled(rule int) int {
	if s.fresh == nil {
		return 0
	}
	counts := s.program.plan.Counts(s.slab)
	for c := range counts {
		counts[c] += s.fresh.warmed[c] - s.fresh.counts[c]
	}
	return s.fresh.gates[rule].Missing(counts)
}
