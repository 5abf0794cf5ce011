package closing

import (
	"math"
	"slices"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
)

// frame is one timeframe. Its bars are the open times at which any series has a candle. All groups close a bar
// together, so that what is made of several of them is there at once.
type frame struct {
	timeframe candle.Timeframe
	config    Config
	groups    []*group
	sources   []*source // what one needs stands before it
	series    map[string]*series
	order     []*series           // as they came
	pending   []int64             // open times of the bars that wait, rising
	waits     map[int64][]*series // that have a candle on a bar that waits
	shown     map[int32]int64     // newest open time by partition
	last      int64               // newest bar that is closed
	mark      int64               // newest bar that waited when the round began, see Machine.BeginRound
	closed    int                 // how many are
	quietNs   int64               // since when the oldest bar waits with nothing left to read, 0 for not yet
	recent    []symbolBar         // closed bars, the newest ones, for symbols that come too late
	vector    across.Vector
	columns   [][]float64
	view      [5][1]float64
	timeMs    [1]float64
}

// group is who takes part in sources: a universe, or one symbol.
type group struct {
	key     string // as records have it
	symbol  string // of sym(); empty for a universe
	of      *plan.Others
	barrier *across.Barrier
	sources []*source
	grown   bool // it is new to a frame that has closed bars: who is a member is counted from what comes again
}

// series is one symbol.
type series struct {
	symbol    string
	partition int32
	last      int64 // newest open time
	seen      bool
	forming   candle.Candle // see Machine.Take
	forms     bool
	waiting   []candle.Candle // of bars that wait, rising
	steppedTo int64           // newest open time whose candle its values hold
	groups    []*group        // that it takes part in
	states    []state         // by source
	changed   bool            // since its record was written
	mark      int64           // newest candle that the round at hand must hold
}

// state is what a series holds of a source.
type state struct {
	slab         []float64 // nil where it takes no part
	value, scale float64   // on its newest candle
}

// symbolBar is a closed bar with what was known of symbols on it.
type symbolBar struct {
	at   int64
	asOf map[*group]int64
}

func newFrame(tf candle.Timeframe, needs []*plan.Need, c Config) *frame {
	f := &frame{
		timeframe: tf, config: c, series: map[string]*series{}, waits: map[int64][]*series{}, shown: map[int32]int64{},
		last: math.MinInt64, mark: math.MinInt64,
	}
	known := map[string]bool{}
	for _, n := range needs {
		if known[n.Of.Canon] {
			continue
		}
		known[n.Of.Canon] = true
		s := newSource(tf, n.Of, len(f.sources))
		f.sources = append(f.sources, s)
		g := f.group(n.Of)
		s.group = g
		g.sources = append(g.sources, s)
	}
	return f
}

// group returns the group of an expression.
func (f *frame) group(of *plan.Others) *group {
	key := of.Group()
	for _, g := range f.groups {
		if g.key == key {
			return g
		}
	}
	g := &group{key: key, symbol: of.Symbol, of: of, barrier: across.NewBarrier(across.BarrierConfig{
		Admission: f.config.Admission, Lateness: f.config.Lateness, WidthNs: f.timeframe.Duration().Nanoseconds(),
		BarsMax: f.config.BarsMax,
	}, nil)}
	f.groups = append(f.groups, g)
	return g
}

func (f *frame) find(symbol []byte) *series { return f.series[string(symbol)] }

func (f *frame) add(symbol string, p int32) *series {
	s := &series{symbol: symbol, partition: p, steppedTo: math.MinInt64, states: make([]state, len(f.sources))}
	for _, g := range f.groups {
		if Covers(g.of, symbol) {
			s.groups = append(s.groups, g)
			for _, source := range g.sources {
				s.states[source.place] = state{slab: source.plan.NewSlab(), value: math.NaN()}
			}
		}
	}
	f.series[symbol] = s
	f.order = append(f.order, s)
	return s
}

// full reports whether a candle of a further bar must wait.
func (f *frame) full(at int64) bool {
	n := len(f.pending)
	return at > f.last && n >= f.config.BarsMax && at > f.pending[n-1]
}

// show notes that a partition has shown a candle.
func (f *frame) show(p int32, at int64) {
	if newest, ok := f.shown[p]; !ok || at > newest {
		f.shown[p] = at
	}
	for _, g := range f.groups {
		g.barrier.Show(p, at)
	}
}

// await takes a candle of a bar that is not closed.
func (f *frame) await(s *series, p int32, c candle.Candle) {
	if i, found := slices.BinarySearch(f.pending, c.Time); !found {
		f.pending = slices.Insert(f.pending, i, c.Time)
		if i == 0 {
			f.quietNs = 0
		}
		for _, g := range f.groups {
			if g.symbol != "" {
				g.barrier.Open(c.Time)
			}
		}
	}
	if len(s.groups) == 0 {
		return
	}
	s.waiting = append(s.waiting, c)
	f.waits[c.Time] = append(f.waits[c.Time], s)
	for _, g := range s.groups {
		g.barrier.Arrive(s.symbol, p, c.Time, 0, 0)
	}
}

// behind takes a candle of a bar that is closed: it counts for its own series, and its absence is recorded where
// history would count it on the bar.
func (f *frame) behind(m *Machine, s *series, p int32, c candle.Candle) {
	exact, before := m.book.At(f.timeframe, c.Time)
	if exact == nil && m.book.Reaches(f.timeframe, c.Time) {
		f.between(m, c.Time, before)
	}
	if len(s.groups) == 0 {
		return
	}
	for _, source := range f.sources {
		if s.states[source.place].slab != nil {
			f.step(source, s, c, exact, before)
		}
	}
	s.steppedTo = c.Time
	late := false
	for _, g := range s.groups {
		if g.grown {
			g.barrier.Know(s.symbol, p, c.Time)
			continue
		}
		switch verdict := g.barrier.Arrive(s.symbol, p, c.Time, 0, 0); {
		case verdict == across.Repeated:
		case g.symbol != "":
			late = f.missed(m, g, c.Time) || late
		case verdict == across.Missed:
			m.decisions = append(m.decisions, Omission{
				Timeframe: f.timeframe.String(), Universe: g.key, At: c.Time, LeftOut: []string{s.symbol}, late: true,
			})
			late = true
		case verdict == across.BehindTime:
			late = true
		}
	}
	if late {
		m.late++
	}
}

// between records for a time without a closed bar, at which a candle came too late, that symbols are seen as of the bar
// before.
func (f *frame) between(m *Machine, at int64, before *Bar) {
	for _, g := range f.groups {
		if g.symbol == "" {
			continue
		}
		asOf := int64(math.MinInt64)
		if before != nil {
			v, known := before.Symbols[g.sources[0].of.Canon]
			if !known { // nobody asked for it then
				continue
			}
			asOf = v.At
		}
		m.decisions = append(m.decisions, Omission{
			Timeframe: f.timeframe.String(), Symbol: g.symbol, At: at, AsOf: &asOf, late: true,
		})
	}
}

// missed records for closed bars that a symbol's candle was not known on them.
func (f *frame) missed(m *Machine, g *group, at int64) bool {
	late := false
	for i := range f.recent {
		b := &f.recent[i]
		if asOf, ok := b.asOf[g]; ok && b.at >= at && asOf < at {
			late = true
			m.decisions = append(m.decisions, Omission{
				Timeframe: f.timeframe.String(), Symbol: g.symbol, At: b.at, AsOf: &asOf, late: true,
			})
		}
	}
	return late
}

// holds reports whether something keeps the oldest bar waiting. A partition that is still read, and has not come to
// its end or behind the bar, does so whatever the time. Where somebody is missing the clock may end it. On the first
// bars nobody is known who could be missed: they wait until all partitions have shown a later one.
func (f *frame) holds(m *Machine, at int64) (reading, missing bool) {
	for p := range m.partitions {
		if newest, shown := f.shown[int32(p)]; shown && newest > at {
			continue
		}
		if !m.partitions[p].atEnd && !m.partitions[p].parked {
			return true, true
		}
		missing = missing || f.closed <= f.config.Join
	}
	for _, g := range f.groups {
		if oldest, ok := g.barrier.Oldest(); ok && oldest == at && !g.barrier.Ready() {
			return false, true
		}
	}
	return false, missing
}

// close closes the oldest bar if it is complete, or its grace is over.
func (f *frame) close(m *Machine, nowNs int64) *Closed {
	if len(f.pending) == 0 {
		return nil
	}
	at := f.pending[0]
	reading, missing := f.holds(m, at)
	if missing {
		if nowNs == 0 || reading {
			return nil
		}
		if f.quietNs == 0 {
			f.quietNs = nowNs
		}
		if nowNs < max(f.timeframe.Next(at), f.quietNs)+f.config.Grace.Nanoseconds() {
			return nil
		}
	}
	return f.closeBar(m, at)
}

// waiting returns for whom the oldest bar waits.
func (f *frame) waiting(m *Machine) (symbols []string, partitions []int32) {
	at := f.pending[0]
	for _, g := range f.groups {
		if oldest, ok := g.barrier.Oldest(); ok && oldest == at {
			symbols = append(symbols, g.barrier.Waiting()...)
		}
	}
	slices.Sort(symbols)
	for p := range m.partitions {
		newest, shown := f.shown[int32(p)]
		if (!shown || newest <= at) && (!m.partitions[p].atEnd || f.closed <= f.config.Join) {
			partitions = append(partitions, int32(p))
		}
	}
	return slices.Compact(symbols), partitions
}

// closeBar makes the columns and the records of a bar.
func (f *frame) closeBar(m *Machine, at int64) *Closed {
	bar := &Bar{At: at, Panels: map[string]*Panel{}, Symbols: map[string]SymbolValue{}}
	c := &Closed{Timeframe: f.timeframe, Bar: bar}
	_, before := m.book.At(f.timeframe, at)
	members := map[*group]*panelMembers{}
	noted := symbolBar{at: at, asOf: map[*group]int64{}}
	for _, g := range f.groups {
		oldest, ok := g.barrier.Oldest()
		if !ok || oldest != at {
			g.barrier.Pass(at)
			continue
		}
		completion, ok := g.barrier.Complete()
		if !ok {
			completion, ok = g.barrier.Expire()
		}
		if g.symbol == "" && ok {
			p := f.membersOf(&completion)
			members[g], c.Bar.Panels[g.key] = p, p.panel
		}
		g.barrier.Pass(at)
		if len(completion.LeftOut) > 0 {
			c.Decisions = append(c.Decisions, f.decision(g, &completion))
		}
	}
	for _, s := range f.sources {
		if s.group.symbol != "" {
			f.symbolValue(s, c.Bar, before, noted.asOf)
		} else if p := members[s.group]; p != nil {
			f.rank(s, p, c.Bar, before)
		}
	}
	for _, s := range f.waits[at] {
		s.steppedTo = at
		s.waiting = append(s.waiting[:0], s.waiting[1:]...)
	}
	delete(f.waits, at)
	for i := range c.Decisions {
		if d := &c.Decisions[i]; d.Symbol != "" {
			if asOf, ok := noted.asOf[f.groupOf(d.Symbol)]; ok {
				d.AsOf = &asOf
			}
		}
	}
	f.pending = append(f.pending[:0], f.pending[1:]...)
	f.quietNs = 0
	f.last, f.closed = at, f.closed+1
	if len(noted.asOf) > 0 {
		if len(f.recent) >= f.config.Silent+f.config.BarsMax {
			f.recent = append(f.recent[:0], f.recent[1:]...)
		}
		f.recent = append(f.recent, noted)
	}
	c.Records = f.records(c.Bar, members)
	return c
}

func (f *frame) groupOf(symbol string) *group {
	for _, g := range f.groups {
		if g.symbol == symbol {
			return g
		}
	}
	return nil
}

// decision records who was left out of a bar.
func (f *frame) decision(g *group, c *across.Completion) Omission {
	d := Omission{Timeframe: f.timeframe.String(), At: c.At, By: "lateness"}
	if c.Late {
		d.By = "grace"
	}
	if g.symbol != "" {
		d.Symbol = g.symbol
		return d
	}
	d.Universe, d.LeftOut = g.key, c.LeftOut
	return d
}
