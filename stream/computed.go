package stream

import (
	"fmt"
	"slices"

	"streamd/candle"
	"streamd/formula/plan"
)

// input is a column that the conditions or the matches of programs read.
type input struct {
	name   string // canonical text
	handle plan.Handle
}

// makeInputs lists the computed columns that conditions and matches read.
func (c *core) makeInputs(g *plan.Graph, refs []plan.Ref) {
	seen := map[plan.Ref]bool{}
	for _, r := range refs {
		if h := c.plan.Handle(r); !seen[r] && h.Stored() && g.Nodes[r.Node].Kind != plan.Const {
			c.inputs = append(c.inputs, input{name: g.Canon(r), handle: h})
		}
		seen[r] = true
	}
	for _, in := range c.inputs {
		c.handles = append(c.handles, in.handle)
	}
}

// Inputs returns the canonical texts of the columns that the formulas of a
// series read, and whether they can be pushed with PushComputed: they cannot
// where a formula looks at higher timeframes, or where gaps are filled or reset.
func (e *Engine) Inputs(s *SeriesState) ([]string, bool) {
	e.prepare(s)
	names := make([]string, len(s.program.inputs))
	for i, in := range s.program.inputs {
		names[i] = in.name
	}
	return names, s.program.plan.Alone() && e.options.Gaps == GapSkip
}

// PushCaptured is PushBlock for all candles of a series, each newer than the one
// before; what Inputs names is appended to columns, bar by bar.
func (e *Engine) PushCaptured(s *SeriesState, b *Block, columns [][]float64, out *Effects) {
	e.prepare(s)
	e.captured = columns
	_, widest := s.steps(b.Time)
	e.apply(s, b, widest, out)
	e.captured = nil
}

// PushComputed is PushBlock for candles whose columns are known: those of Inputs,
// for the bars of the block. The series must have been given all its candles so.
func (e *Engine) PushComputed(s *SeriesState, b *Block, columns [][]float64, out *Effects) {
	e.prepare(s)
	p := s.program
	parts := make([][]float64, len(columns))
	for i := 0; i < b.Len(); i += e.options.BlockMax {
		part := b.Slice(i, min(b.Len(), i+e.options.BlockMax))
		for k := range columns {
			parts[k] = columns[k][i : i+part.Len()]
		}
		e.bridge(s, &part, 0, part.Len(), out) // the policy is to skip: it counts
		p.exec.Load(s.slab, part.Columns(p.plan.NeedsTime()), p.handles, parts)
		e.decide(s, &part, out, true)
	}
}

// MatchRecord is what a match is made of again by Engine.Recall, in another process, too.
type MatchRecord struct {
	Formula string
	Candle  candle.Candle
	Values  []float64 // na included
	Resolve bool      // the match says that a signal has ended
	Bars    int32     // of a resolve: how many it is behind the signal
	Signal  [16]byte  // of a resolve: the id of the signal
}

// Record returns what the match is made of. It shares the memory of the values.
func (m *Match) Record() MatchRecord {
	r := MatchRecord{Formula: m.rule.Name, Candle: m.Candle, Values: m.values}
	if m.resolve {
		r.Resolve, r.Bars, r.Signal, r.Values = true, m.bars, m.id, nil
	}
	return r
}

// Recall makes a match of a series again. The engine must have the rules that the match was made by.
func (e *Engine) Recall(s *SeriesState, r *MatchRecord) (Match, error) {
	e.prepare(s)
	i := slices.IndexFunc(s.program.rules, func(own rule) bool { return own.Name == r.Formula })
	if i < 0 || !r.Resolve && len(r.Values) != len(s.program.rules[i].watch) {
		return Match{}, fmt.Errorf("stream: no formula %q with %d values (%s)", r.Formula, len(r.Values), s.Key)
	}
	return Match{
		Series: s.Key, Candle: r.Candle, rule: &s.program.rules[i], values: r.Values,
		resolve: r.Resolve, bars: r.Bars, id: r.Signal,
	}, nil
}
