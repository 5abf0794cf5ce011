package replay

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
	"streamd/stream"
)

// source is an expression that series compute for others: those of a universe, or one symbol.
type source struct {
	of     *plan.Others
	place  int // in frame.sources
	level  int // 0 where it needs no other source
	plan   *plan.Plan
	execs  []*plan.Exec // by worker
	takes  [across.StatisticCount]bool
	scale  float64 // magnitude of all values, where it is the same
	scales bool    // it differs by value

	members [across.StatisticCount][][]float64 // of statistics by member: a column for each series
	bars    [across.StatisticCount][]float64   // of the others, by the calendar's axis

	shown    across.Vector // of the bar that is explained
	expected int           // members on it, with a candle or without
}

// newFrame lays out what series of a timeframe compute for others.
func newFrame(tf candle.Timeframe, needs []*plan.Need, workers int) *frame {
	fr := &frame{timeframe: tf, byCanon: map[string]*source{}, bySymbol: map[string]*traded{}}
	for _, n := range needs {
		s := fr.byCanon[n.Of.Canon]
		if s == nil {
			s = &source{of: n.Of, place: len(fr.sources), execs: make([]*plan.Exec, workers)}
			s.plan = plan.NewPlan(n.Of.Graph, n.Of.Columns(),
				plan.Options{Timeframe: tf, BlockMax: scanBlock, Slack: scanBlock})
			for _, inner := range s.plan.Needs() {
				s.level = max(s.level, fr.byCanon[inner.Of.Canon].level+1)
			}
			s.scale, s.scales = s.of.Magnitude()
			fr.sources = append(fr.sources, s)
			fr.byCanon[n.Of.Canon] = s
		}
		if s.of.Symbol == "" {
			s.takes[n.Take] = true
		}
	}
	return fr
}

// valueBytes is what a value takes with all that is made of it.
func (s *source) valueBytes() int64 {
	columns := int64(0)
	for take := across.Value; take.PerMember(); take++ {
		if s.takes[take] {
			columns++
		}
	}
	n := 8 * max(1, columns)
	if s.scales {
		n += 4
	}
	return n
}

// run computes the expression on a series.
func (s *source) run(ctx context.Context, worker int, b *stream.Block, foreign [][]float64) ([]float64, []float32,
	error,
) {
	if s.execs[worker] == nil {
		s.execs[worker] = s.plan.NewExec()
	}
	exec, slab, root := s.execs[worker], s.plan.NewSlab(), s.plan.Handle(s.of.Root)
	values := make([]float64, 0, b.Len())
	var scales []float32
	own := *b
	own.Foreign = foreign
	for i := 0; i < b.Len(); i += scanBlock {
		if i%chunk == 0 && ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		part := own.Slice(i, min(b.Len(), i+scanBlock))
		exec.Step(slab, part.Columns(s.plan.NeedsTime()))
		values = append(values, exec.Values(root)...)
		if s.scales {
			for _, x := range exec.Values(s.plan.Handle(s.of.Scale.Ref)) {
				scales = append(scales, s.of.MagnitudeOf(x))
			}
		}
	}
	return values, scales, nil
}

// universe is who takes part in a source, and on which bars each is a member.
type universe struct {
	series []*traded
	from   [][]int32 // pairs of bars of each series: first one as a member, first one behind
}

// membersOf finds out who is a member when. The bars of a universe are those on which any of its series has a candle.
func (fr *frame) membersOf(s *source, admission across.Admission, focus int64, left *Omissions) universe {
	u, group := universe{}, s.of.Group()
	leaves := func(at int64, symbol string) bool { return left.leaves(fr.timeframe, group, at, symbol) }
	traded := make([]bool, len(fr.calendar.axis))
	var last []int64
	for _, t := range fr.series {
		if t.values[s.place] == nil {
			continue
		}
		u.series = append(u.series, t)
		if left == nil && len(t.times) == len(last) && &t.times[0] == &last[0] {
			continue
		}
		last = t.times
		eachBar(t.times, fr.calendar.axis, func(_, slot int) {
			traded[slot] = traded[slot] || !leaves(fr.calendar.axis[slot], t.symbol)
		})
	}
	number, n := make([]int32, len(traded)), int32(0)
	for slot, is := range traded {
		number[slot] = n
		if is {
			n++
		}
	}
	for _, t := range u.series {
		var m, known across.Membership // known before the bar that is explained
		var spans []int32
		was, present := false, false
		eachBar(t.times, fr.calendar.axis, func(bar, slot int) {
			is := m.Trade(admission, number[slot]) && !leaves(fr.calendar.axis[slot], t.symbol)
			if is != was {
				spans, was = append(spans, int32(bar)), is
			}
			switch at := fr.calendar.axis[slot]; {
			case at < focus:
				known = m
			case at == focus:
				present = is
			}
		})
		if at, found := slices.BinarySearch(fr.calendar.axis, focus); found &&
			(present || known.Expected(admission, number[at])) {
			s.expected++
		}
		if was {
			spans = append(spans, int32(len(t.times)))
		}
		u.from = append(u.from, spans)
	}
	return u
}

// eachBar calls f for every bar of a series with its place on the axis, which has all of its times.
func eachBar(times, axis []int64, f func(bar, slot int)) {
	slot, _ := slices.BinarySearch(axis, times[0])
	for bar, t := range times {
		for axis[slot] < t {
			slot++
		}
		f(bar, slot)
	}
}

// tileBars is how many bars are ranked at a time: the values of a series lie together by bars, so that a few of them
// are fetched for the price of one.
const tileBars = 32

// rank turns the values of a source into its statistics.
func (fr *frame) rank(ctx context.Context, s *source, admission across.Admission, workers int, focus int64,
	left *Omissions,
) error {
	u := fr.membersOf(s, admission, focus, left)
	s.prepare(fr, u)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			r := ranker{frame: fr, source: s, universe: u, focus: focus}
			r.choose()
			for {
				from := int(next.Add(tileBars)) - tileBars
				if from >= len(fr.calendar.axis) || ctx.Err() != nil {
					return
				}
				r.tile(from, min(len(fr.calendar.axis), from+tileBars))
			}
		})
	}
	wait.Wait()
	for _, t := range u.series {
		t.scales[s.place] = nil
		if !s.takes[across.Value] && !s.takes[across.Above] && !s.takes[across.Below] {
			t.values[s.place] = nil
		}
	}
	return context.Cause(ctx)
}

// prepare makes room for the statistics. One that differs by member takes the place of the values.
func (s *source) prepare(fr *frame, u universe) {
	inPlace := true
	for take := across.Value; int(take) < across.StatisticCount; take++ {
		switch {
		case !s.takes[take]:
		case !take.PerMember():
			s.bars[take] = naColumn(len(fr.calendar.axis))
		default:
			s.members[take] = make([][]float64, len(fr.series))
			for _, t := range u.series {
				if inPlace {
					s.members[take][t.place] = t.values[s.place]
				} else {
					s.members[take][t.place] = naColumn(len(t.times))
				}
			}
			inPlace = false
		}
	}
}

// ranker is a worker of a ranking.
type ranker struct {
	*frame
	*source
	universe universe
	focus    int64
	vectors  [tileBars]across.Vector
	columns  [across.StatisticCount][][]float64 // of statistics by member, by series of the universe
	at       [tileBars][]int32                  // by series of the universe: the bar that a vector has its value of
}

// choose finds the columns that scatter writes to.
func (r *ranker) choose() {
	for take := range r.columns {
		if r.members[take] == nil {
			continue
		}
		for _, t := range r.universe.series {
			r.columns[take] = append(r.columns[take], r.members[take][t.place])
		}
	}
}

// tile ranks the bars from one place on the axis up to, not including, another one.
func (r *ranker) tile(from, to int) {
	axis := r.calendar.axis[from:to]
	for i := range axis {
		r.vectors[i].Reset()
		if r.at[i] == nil {
			r.at[i] = make([]int32, len(r.universe.series))
		}
	}
	for k, t := range r.universe.series {
		r.gather(int32(k), t, axis)
	}
	ranks := r.takes[across.Above] || r.takes[across.Below]
	for i := range axis {
		v := &r.vectors[i]
		v.Close(ranks)
		if axis[i] == r.focus {
			r.source.shown.Reset()
			for _, e := range v.Entries() {
				r.source.shown.Add(r.universe.series[e.Member].place, e.Value, e.Scale)
			}
			r.source.shown.Close(true)
		}
		r.scatter(v, i, from+i)
	}
}

// gather adds the values of a series to the vectors of the bars. What is no member's is none.
func (r *ranker) gather(k int32, t *traded, axis []int64) {
	values, scales, spans := t.values[r.source.place], t.scales[r.source.place], r.universe.from[k]
	masked := r.members[across.Value] != nil || r.takes[across.Above] || r.takes[across.Below]
	bar, _ := slices.BinarySearch(t.times, axis[0])
	for i, at := range axis {
		if bar == len(t.times) {
			return
		}
		if t.times[bar] != at {
			continue
		}
		for len(spans) > 0 && int(spans[1]) <= bar {
			spans = spans[2:]
		}
		if len(spans) > 0 && int(spans[0]) <= bar {
			scale := r.source.scale
			if scales != nil {
				scale = float64(scales[bar])
			}
			r.vectors[i].Add(k, values[bar], scale)
			r.at[i][k] = int32(bar)
		}
		if masked && !(len(spans) > 0 && int(spans[0]) <= bar && values[bar]-values[bar] == 0) {
			values[bar] = math.NaN()
		}
		bar++
	}
}

// scatter writes the statistics of a bar to where they are looked up.
func (r *ranker) scatter(v *across.Vector, i, slot int) {
	for take := across.Value; int(take) < across.StatisticCount; take++ {
		switch {
		case !r.takes[take]:
		case !take.PerMember():
			r.bars[take][slot] = v.Of(take)
		default:
			columns, at, each := r.columns[take], r.at[i], v.Each(take)
			for place, e := range v.Entries() {
				columns[e.Member][at[e.Member]] = each[place]
			}
		}
	}
}
