package closing

import (
	"math"
	"slices"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
	"streamd/stream"
)

// source is an expression that series compute for others.
type source struct {
	of     *plan.Others
	place  int // in frame.sources
	group  *group
	plan   *plan.Plan
	exec   *plan.Exec
	root   plan.Handle
	scale  float64 // magnitude of all values, where it is the same
	scales bool    // it differs by value
	scaled plan.Handle

	name     uint64   // in records
	segments []uint64 // names of the parts of its memory
}

// slack is how many bars lie between two moves of the tapes.
const slack = 32

func newSource(tf candle.Timeframe, of *plan.Others, place int) *source {
	s := &source{of: of, place: place}
	s.plan = plan.NewPlan(of.Graph, of.Columns(), plan.Options{Timeframe: tf, BlockMax: 1, Slack: slack})
	s.exec, s.root = s.plan.NewExec(), s.plan.Handle(of.Root)
	s.name = nameOf(of.Canon)
	for _, seg := range s.plan.Segments() {
		s.segments = append(s.segments, nameOf(seg.Key))
	}
	if s.scale, s.scales = of.Magnitude(); s.scales {
		s.scaled = s.plan.Handle(of.Scale.Ref)
	}
	return s
}

// Covers reports whether a symbol takes part in an expression.
func Covers(of *plan.Others, symbol string) bool {
	if of.Symbol != "" {
		return of.Symbol == symbol
	}
	return len(of.Patterns) == 0 ||
		slices.ContainsFunc(of.Patterns, func(p string) bool { return stream.SymbolMatches(p, symbol) })
}

// step has a series compute a source on a candle. The columns that this needs itself are those of the bar, or of the
// one before where there is none.
func (f *frame) step(s *source, own *series, c candle.Candle, exact, before *Bar) {
	for k, v := range [...]float64{c.Open, c.High, c.Low, c.Close, c.Volume} {
		f.view[k][0] = v
	}
	columns := plan.Columns{
		Open: f.view[0][:], High: f.view[1][:], Low: f.view[2][:], Close: f.view[3][:], Volume: f.view[4][:],
	}
	if s.plan.NeedsTime() {
		f.timeMs[0] = float64(c.Time / int64(time.Millisecond))
		columns.TimeMs = f.timeMs[:]
	}
	if needs := s.plan.Needs(); len(needs) > 0 {
		for len(f.columns) < len(needs) {
			f.columns = append(f.columns, make([]float64, 1))
		}
		for k, n := range needs {
			f.columns[k][0] = Value(n, own.symbol, c.Time, exact, before)
		}
		columns.Foreign = f.columns[:len(needs)]
	}
	state := &own.states[s.place]
	s.exec.Step(state.slab, &columns)
	state.value, state.scale = s.exec.Value(s.root, 0), s.scale
	if s.scales {
		state.scale = float64(s.of.MagnitudeOf(s.exec.Value(s.scaled, 0)))
	}
}

// symbolValue computes what a symbol says on a bar: on its candle of that time, else on the one before.
func (f *frame) symbolValue(s *source, b, before *Bar, asOf map[*group]int64) {
	v := SymbolValue{At: math.MinInt64, Value: math.NaN()}
	if own := f.series[s.of.Symbol]; own != nil {
		v.At = own.steppedTo
		if len(own.waiting) > 0 && own.waiting[0].Time == b.At {
			f.step(s, own, own.waiting[0], b, before)
			v.At = b.At
		}
		v.Value = own.states[s.place].value
	}
	asOf[s.group] = v.At
	b.Symbols[s.of.Canon] = v
}

// panelMembers is a panel with the series of its members, and all that have the bar.
type panelMembers struct {
	panel  *Panel
	own    []*series // members, as in the panel
	others []*series // that have the bar and are no members
}

func (f *frame) membersOf(c *across.Completion) *panelMembers {
	p := &panelMembers{panel: &Panel{Sources: map[string]*Ranked{}}}
	for i := range c.Values {
		own := f.series[c.Values[i].Symbol]
		if !c.Values[i].Member {
			p.others = append(p.others, own)
			continue
		}
		p.own = append(p.own, own)
		p.panel.Symbols = append(p.panel.Symbols, own.symbol)
	}
	p.panel.Expected = c.Expected
	p.panel.index()
	return p
}

// rank has all that have the bar compute a source, and compares the members.
func (f *frame) rank(s *source, p *panelMembers, b, before *Bar) {
	for _, own := range p.others {
		f.step(s, own, own.waiting[0], b, before)
	}
	values := make([]float64, len(p.own))
	var scales []float32
	for i, own := range p.own {
		f.step(s, own, own.waiting[0], b, before)
		values[i] = own.states[s.place].value
		if s.scales {
			scales = append(scales, float32(own.states[s.place].scale))
		}
	}
	p.panel.Sources[s.of.Canon] = newRanked(&f.vector, values, scales, s.scale)
}
