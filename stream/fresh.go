package stream

import (
	"hash/fnv"
	"slices"
	"strings"

	"streamd/formula/plan"
	"streamd/internal/codec"
)

// fresh is what a series remembers of a change of formulas while nodes that it
// brought still depend on candles that were not kept: it began with the ring alone.
type fresh struct {
	*news
	warmed []int // bars that they were warmed with, on every clock
	counts []int // bars of the series then
}

// news is what is new in a program, shared by the series to which the same is new.
type news struct {
	states map[string]bool // keys of the new nodes' states
	gates  []plan.Gate     // of every rule, over the new nodes
}

// newFresh returns it for a series whose program has nodes that are not among the
// keys known, nil if there are none, or the ring held all that the series has seen;
// warmed is how many bars each clock had seen when the known ones were adopted.
func newFresh(s *SeriesState, knows func(key string) bool, warmed []int) *fresh {
	if warmed[0] == s.Bars() {
		return nil
	}
	n := s.program.newsTo(knows)
	if n == nil {
		return nil
	}
	return &fresh{news: n, warmed: warmed, counts: s.program.plan.Counts(s.slab)}
}

// newsTo returns what is new where the keys are known, nil for nothing.
func (p *program) newsTo(knows func(key string) bool) *news {
	h := fnv.New64a()
	var marks []byte
	for _, s := range p.plan.Segments() {
		marks = codec.AppendBool(marks, knows(s.Key))
	}
	h.Write(marks)
	if n, ok := p.news[h.Sum64()]; ok {
		return n
	}
	var n *news
	if gate, any := p.plan.Fresh(settledTo, knows); any {
		n = &news{states: map[string]bool{}}
		for _, s := range p.plan.Segments() {
			if strings.HasPrefix(s.Key, "state ") && !knows(s.Key) {
				n.states[s.Key] = true
			}
		}
		known := map[*face]plan.Gate{}
		for i := range p.rules {
			f := p.rules[i].face
			if _, ok := known[f]; !ok {
				known[f] = gate(f.refs...)
			}
			n.gates = append(n.gates, known[f])
		}
	}
	if p.news == nil {
		p.news = map[uint64]*news{}
	}
	p.news[h.Sum64()] = n
	return n
}

// unsettled returns the number of further bars for which a match of a rule may depend on
// candles that its newest nodes have not seen.
func (s *SeriesState) unsettled(rule int) int {
	if s.fresh == nil {
		return 0
	}
	return s.fresh.gates[rule].Missing(s.sinceFresh())
}

// sinceFresh returns how many bars the newest nodes have seen, on every clock.
func (s *SeriesState) sinceFresh() []int {
	counts := s.program.plan.Counts(s.slab)
	for c := range counts {
		counts[c] += s.fresh.warmed[c] - s.fresh.counts[c]
	}
	return counts
}

// hangs returns the keys of states that depend on candles which they have not seen, nil
// once no rule does any more: that is forgotten then.
func (s *SeriesState) hangs() map[string]bool {
	if s.fresh == nil {
		return nil
	}
	counts := s.sinceFresh()
	if slices.ContainsFunc(s.fresh.gates, func(g plan.Gate) bool { return g.Missing(counts) > 0 }) {
		return s.fresh.states
	}
	s.fresh = nil
	return nil
}
