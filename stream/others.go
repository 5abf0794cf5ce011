package stream

import (
	"math"
	"slices"
	"strings"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
)

// Needs returns the columns that other series must give the formulas of a series, in the order of Block.Foreign.
func (e *Engine) Needs(s *SeriesState) []*plan.Need {
	e.prepare(s)
	return s.program.plan.Needs()
}

// NeedsOf returns what the bar that a candle closes needs of other series, and that bar's open time. The engine may not
// know the series yet. It returns nil where the bar needs nothing, or where the candle closes none.
func (e *Engine) NeedsOf(m *candle.Message) (needs []*plan.Need, at int64) {
	if !e.rules.NeedOthers() || !m.Closed && !e.options.ClosedByNext {
		return nil, 0
	}
	s := e.find(m.Symbol, m.Timeframe)
	if e.options.ClosedByNext {
		if s == nil || !s.pending.there || m.Candle.Time <= s.pending.candle.Time {
			return nil, 0
		}
		return e.Needs(s), s.pending.candle.Time
	}
	if s != nil {
		return e.Needs(s), m.Candle.Time
	}
	p := e.program(candle.Series{Symbol: string(m.Symbol), Timeframe: m.Timeframe})
	return p.plan.Needs(), m.Candle.Time
}

// giveForeign puts the columns of other series into a block that brings none.
func (e *Engine) giveForeign(s *SeriesState, b *Block) {
	needs := s.program.plan.Needs()
	if len(needs) == 0 {
		b.Foreign = nil
		return
	}
	for len(e.foreign) < len(needs) {
		e.foreign = append(e.foreign, nil)
	}
	e.foreignBar = slices.Grow(e.foreignBar[:0], len(needs))[:len(needs)]
	for k := range needs {
		e.foreign[k] = slices.Grow(e.foreign[k][:0], b.Len())[:b.Len()]
	}
	for i, at := range b.Time {
		for k := range e.foreignBar {
			e.foreignBar[k] = math.NaN()
		}
		if e.options.Others != nil {
			e.options.Others(s.Key, needs, at, e.foreignBar)
		}
		for k, v := range e.foreignBar {
			e.foreign[k][i] = v
		}
	}
	b.Foreign = e.foreign[:len(needs)]
}

// Needs returns what the formulas, and the indicators that stand in all their matches, need of other series on a
// timeframe; what one of them needs itself stands before it. A formula that cannot be computed on it needs nothing.
func (r *Rules) Needs(tf candle.Timeframe) []*plan.Need {
	b := formula.NewBuilder(r.Environment(tf))
	var roots []plan.Ref
	add := func(text string) {
		if c, d := b.Add(text); len(d) == 0 {
			roots = append(roots, c.Root)
			for _, w := range c.Watch {
				roots = append(roots, w.Ref)
			}
		}
	}
	for _, n := range r.env.Named {
		add(n.Name)
	}
	for f := range r.ordered.all(0) {
		if f.others && f.onTimeframe(tf) {
			b.SetParams(f.Params)
			b.SetSelected(f.universe())
			add(f.Expression)
			if f.Rearm != "" {
				add(f.Rearm)
			}
		}
	}
	return plan.NeedsBelow(b.Graph(), roots...)
}

// NeedOthers reports whether any formula or indicator looks at other series.
func (r *Rules) NeedOthers() bool { return r.others > 0 }

// NeedsAnywhere is Needs on all timeframes that formulas name, and on one minute for those that name none.
func (r *Rules) NeedsAnywhere() []*plan.Need {
	if r.others == 0 {
		return nil
	}
	minute, _ := candle.ParseTimeframe("1m")
	frames := []candle.Timeframe{minute}
	for f := range r.ordered.all(0) {
		for _, tf := range f.Timeframes {
			if !slices.Contains(frames, tf) {
				frames = append(frames, tf)
			}
		}
	}
	var all []*plan.Need
	for _, tf := range frames {
		all = append(all, r.Needs(tf)...)
	}
	return all
}

// onTimeframe reports whether the formula is for series of a timeframe.
func (f *Formula) onTimeframe(tf candle.Timeframe) bool {
	return len(f.Timeframes) == 0 || slices.Contains(f.Timeframes, tf)
}

// Other is what other series said on the bar that is explained: one symbol, or a universe.
type Other struct {
	Expression string `json:"expression"` // that they compute

	// Of a symbol: its bar, nil where there is none, and the value on it.
	Symbol    string     `json:"symbol,omitempty"`
	Timestamp *time.Time `json:"timestamp,omitempty"`

	// Of a universe: how many members have a value, and how many there are.
	Universe string     `json:"universe,omitempty"` // empty for the series that are selected
	Values   int        `json:"values,omitempty"`
	Members  int        `json:"members,omitempty"`
	Rank     int        `json:"rank,omitempty"`  // 0 for none
	Above    *Neighbour `json:"above,omitempty"` // the next greater value
	Below    *Neighbour `json:"below,omitempty"` // the next smaller one

	Value plan.Float `json:"value"` // of the symbol, or the own one; null for na
}

// Neighbour is the member of a universe that is next to a series, and by how much.
type Neighbour struct {
	Symbol string     `json:"symbol"`
	Value  plan.Float `json:"value"`
	By     plan.Float `json:"by"` // its value less the own one
}

// OthersOf calls f once for every expression among the needs that is worth showing, and collects what it says.
func OthersOf(needs []*plan.Need, f func(*plan.Need) Other) []Other {
	var all []Other
	seen := map[string]bool{}
	for _, n := range needs {
		text := n.Of.Canon
		if n.Of.Symbol != "" {
			text = n.Key()
		}
		if seen[text] || strings.HasPrefix(text, "scale of ") {
			continue
		}
		seen[text] = true
		all = append(all, f(n))
	}
	return all
}

// Among says what a universe says of the member at a place in a closed vector, below 0 for a series that is none.
func (o *Other) Among(v *across.Vector, place int, symbol func(member int32) string) {
	entries := v.Entries()
	o.Values, o.Value = len(entries), plan.Float(math.NaN())
	if place < 0 || len(entries) < 2 {
		return
	}
	o.Value, o.Rank = plan.Float(entries[place].Value), 1+int(v.At(across.Above, place))
	neighbour := func(i int) *Neighbour {
		if i < 0 || i >= len(entries) {
			return nil
		}
		return &Neighbour{
			Symbol: symbol(entries[i].Member), Value: plan.Float(entries[i].Value),
			By: plan.Float(entries[i].Value - entries[place].Value),
		}
	}
	o.Above, o.Below = neighbour(place+1), neighbour(place-1)
}
