package stream

import (
	"slices"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/ringbuf"
)

// Engine applies candles to the formulas of its rules. It is owned by one
// goroutine.
type Engine struct {
	// Partial is set where series that are new to the engine may have a past that
	// it does not know: they begin as Rebuilt.
	Partial bool

	options    Options
	rules      *Rules
	programs   map[string]*program // by the formulas that they are of
	cores      cores
	series     map[candle.Timeframe]map[string]*SeriesState
	count      int
	one        Block // a live bar is a block of one
	staged     staging
	changes    changes
	key        []byte
	selected   []*ruled    // scratch of program
	captured   [][]float64 // of PushCaptured
	foreign    [][]float64 // of giveForeign
	foreignBar []float64
	ended      []Match // signals that ended in the step at hand
	signals    []int32 // of the step at hand, by their place among the matches

	emptied    map[candle.Series]int64 // series without candles, and up to where they are processed
	noneBefore int64                   // no series had ended before this time, see expire
	expired    int
}

// Options of an engine. The zero value of a field means its default.
type Options struct {
	Buffer    int       // candles kept per series; 500
	Gaps      GapPolicy // skip
	SeriesMax int       // series held at most; 100,000
	// ClosedByNext is for feeds that send a bar again and again and do not say which version
	// is the last: Stage takes the one before a later bar opens.
	ClosedByNext bool
	// Expire is how long ago a series must have ended to make room for a new one where there
	// is none; 0 for never.
	Expire   time.Duration
	Budget   *Budget // that the series share with those of other engines; nil for no limit
	BlockMax int     // bars of one step of a plan; 1 live, some hundreds in replay
	Slack    int     // bars between two moves of the tapes; 32, at least BlockMax
	// Bare engines keep no ring of candles: a scan of a file needs none.
	Bare bool
	// Lean engines compute the formulas only: their matches lack the values of
	// the registered indicators, and know of the candle the time and the close
	// alone. It is for counting, and for finding out whether a series has matches
	// at all.
	Lean bool
	// Outcomes are the numbers of bars after a signal of which its outcomes are wanted, rising;
	// see CheckOutcomes. A lean engine gives none.
	Outcomes []int
	// Others gives what other series say of a series' bar, by its needs, for candles that come by Push and Stage and
	// for those that warm new formulas. Nil gives na. Blocks of PushBlock bring their own columns.
	Others func(key candle.Series, needs []*plan.Need, at int64, out []float64)
	// OthersShown says the same to people, for Explain: nil where it is not known any more. Nil gives nothing.
	OthersShown func(key candle.Series, needs []*plan.Need, at int64) []Other

	explain bool // an Explainer's: every node is computed and followed
}

// GapPolicy says what a jump over expected bars does, besides being counted.
type GapPolicy string

// GapSkip goes on with the next bar present; GapFill puts bars without trade at
// the last close in between (they fire nothing); GapReset starts the series
// from scratch.
const (
	GapSkip  GapPolicy = "skip"
	GapFill  GapPolicy = "fill"
	GapReset GapPolicy = "reset"
)

// Defaults and limits of an engine.
const (
	SeriesMaxDefault = 100_000
	slackDefault     = 32
)

// New returns an engine without series.
func New(rules *Rules, o Options) *Engine {
	if o.Buffer == 0 {
		o.Buffer = ringbuf.DefaultCapacity
	}
	if o.Gaps == "" {
		o.Gaps = GapSkip
	}
	if o.SeriesMax == 0 {
		o.SeriesMax = SeriesMaxDefault
	}
	o.BlockMax = max(o.BlockMax, 1)
	if o.Slack == 0 {
		o.Slack = slackDefault
	}
	o.Slack = max(o.Slack, o.BlockMax)
	return &Engine{
		options: o, rules: rules, programs: map[string]*program{}, cores: newCores(),
		series: map[candle.Timeframe]map[string]*SeriesState{}, one: newBlock(1),
		emptied: map[candle.Series]int64{},
	}
}

// Push applies one candle, closed or forming. The message must have passed
// Candle.Check. Matches and what else happened are added to out.
func (e *Engine) Push(m *candle.Message, out *Effects) Verdict {
	s := e.find(m.Symbol, m.Timeframe)
	if s == nil {
		key := candle.Series{Symbol: string(m.Symbol), Timeframe: m.Timeframe}
		if v := e.admit(key, m.Candle.Time, 0); v != Applied {
			return v
		}
		s = e.Series(key)
		defer e.forgetUnseen(s)
	}
	return e.PushSeries(s, m.Candle, m.Closed, out)
}

// PushSeries is Push for a series at hand.
func (e *Engine) PushSeries(s *SeriesState, c candle.Candle, closed bool, out *Effects) Verdict {
	e.prepare(s)
	if v := s.classify(c); v != Applied {
		out.count(v)
		return v
	}
	e.one.Set(0, c)
	e.giveForeign(s, &e.one)
	if !closed {
		e.peek(s, c, out)
		out.Forming++
		return Forming
	}
	_, dense := s.steps(e.one.Time)
	e.apply(s, &e.one, dense, out)
	return Applied
}

// PushBlock applies a run of closed candles of one series, in their order. The
// candles must have passed Candle.Check. Those that are duplicates, corrections
// or late are reported by their index.
func (e *Engine) PushBlock(s *SeriesState, b *Block, out *Effects) {
	e.prepare(s)
	if b.Len() == 0 {
		return
	}
	if rising, dense := s.steps(b.Time); rising {
		e.apply(s, b, dense, out)
		return
	}
	for i := 0; i < b.Len(); {
		j := i
		for last, seen := s.last.Time, s.seen; j < b.Len() && (!seen || b.Time[j] > last); j++ {
			last, seen = b.Time[j], true
		}
		if j > i {
			run := b.Slice(i, j)
			_, dense := s.steps(run.Time)
			e.apply(s, &run, dense, out)
			i = j
			continue
		}
		v := s.classify(b.At(i))
		out.count(v)
		out.Defects = append(out.Defects, LeftOut{Index: i, Verdict: v})
		i++
	}
}

// Series returns the series, a new one if the engine has none of that key. It
// ignores SeriesMax: a caller that must respect it asks Count first.
func (e *Engine) Series(key candle.Series) *SeriesState {
	if s := e.find([]byte(key.Symbol), key.Timeframe); s != nil {
		return s
	}
	s := &SeriesState{Key: key, Rebuilt: e.Partial}
	if !e.options.Bare {
		s.ring = ringbuf.New[candle.Candle](e.options.Buffer)
	}
	if e.series[key.Timeframe] == nil {
		e.series[key.Timeframe] = map[string]*SeriesState{}
	}
	e.series[key.Timeframe][key.Symbol] = s
	e.count++
	return s
}

// Knows reports whether there is a series of that key.
func (e *Engine) Knows(symbol []byte, tf candle.Timeframe) bool { return e.find(symbol, tf) != nil }

// Full reports whether the engine has as many series as it may, or as there is memory for.
func (e *Engine) Full() bool { return e.count >= e.options.SeriesMax || !e.options.Budget.room(1) }

// Find returns the series of that key, or nil.
func (e *Engine) Find(key candle.Series) *SeriesState {
	return e.find([]byte(key.Symbol), key.Timeframe)
}

func (e *Engine) find(symbol []byte, tf candle.Timeframe) *SeriesState {
	return e.series[tf][string(symbol)]
}

// Forget drops a series and its memory.
func (e *Engine) Forget(key candle.Series) {
	if s := e.find([]byte(key.Symbol), key.Timeframe); s != nil {
		e.changes.forget(s)
		e.account(s, 0)
		delete(e.series[key.Timeframe], key.Symbol)
		e.count--
	}
}

// Count returns the number of series.
func (e *Engine) Count() int { return e.count }

// Options returns the options of the engine, defaults filled in.
func (e *Engine) Options() Options { return e.options }

// Rules returns the rules in force.
func (e *Engine) Rules() *Rules { return e.rules }

// All calls f for every series, in no particular order.
func (e *Engine) All(f func(*SeriesState)) {
	for _, bySymbol := range e.series {
		for _, s := range bySymbol {
			f(s)
		}
	}
}

// apply runs closed, ordered candles through the plan and the triggers. Where
// they are dense there is no gap to look for.
func (e *Engine) apply(s *SeriesState, b *Block, dense bool, out *Effects) {
	for i := 0; i < b.Len(); {
		j := min(b.Len(), i+e.options.BlockMax)
		if dense {
			s.bridged = false
		} else if j = e.bridge(s, b, i, j, out); j == i {
			continue // the gap was handled; the same bar again
		}
		part := b.Slice(i, j)
		e.step(s, &part, out, true)
		i = j
	}
	s.last = b.At(b.Len() - 1)
}

// steps reports whether every time is after the one before, and whether none is
// further behind it than a bar is wide; the series' newest is before the first.
// There is at least one time.
func (s *SeriesState) steps(times []int64) (rising, dense bool) {
	width := s.Key.Timeframe.Duration().Nanoseconds()
	last := s.last.Time
	if !s.seen {
		last = times[0] - 1
	}
	var back, wide int64 // negative once there was one
	for _, t := range times {
		back |= t - last - 1
		wide |= width - (t - last)
		last = t
	}
	return back >= 0, wide >= 0
}

// step advances the series by at most BlockMax bars.
func (e *Engine) step(s *SeriesState, b *Block, out *Effects, fire bool) {
	p := s.program
	p.exec.Step(s.slab, b.Columns(p.plan.NeedsTime()))
	if s.trace != nil {
		s.trace.Note()
	}
	for k := range e.captured {
		e.captured[k] = append(e.captured[k], p.exec.Values(p.handles[k])...)
	}
	e.decide(s, b, out, fire)
}

// decide finds where the formulas fire on the bars of the last step.
func (e *Engine) decide(s *SeriesState, b *Block, out *Effects, fire bool) {
	s.program.steps++
	n, matches := b.Len(), len(out.Matches)
	for from := 0; from < n; from += plan.JudgeMax {
		e.fire(s, b, from, min(plan.JudgeMax, n-from), out, fire)
	}
	if !e.options.Lean {
		out.Matches = append(out.Matches, e.ended...) // after the signals of the same bar
	}
	e.ended = e.ended[:0]
	if fire && len(e.options.Outcomes) > 0 && !e.options.Lean {
		e.follow(s, b, out, matches)
	}
	out.Applied += n
	s.last.Time, s.last.Close, s.seen = b.Time[n-1], b.Close[n-1], true // the rest comes with the end of the run
	if s.ring != nil {
		for j := max(0, n-s.ring.Cap()); j < n; j++ {
			s.ring.Push(b.At(j))
		}
	}
}

// bridge counts the gaps within the bars i to j and returns the end of the part
// that can be applied as it is. Where the policy is not to skip, a gap before
// bar i is handled and the part is empty.
func (e *Engine) bridge(s *SeriesState, b *Block, i, j int, out *Effects) int {
	last, seen := s.last.Time, s.seen
	width := s.Key.Timeframe.Duration().Nanoseconds()
	for k := i; k < j; k++ {
		if seen && b.Time[k]-last > width && b.Time[k] >= s.Key.Timeframe.Next(s.Key.Timeframe.Next(last)) &&
			!s.bridged {
			if e.options.Gaps != GapSkip && k > i {
				return k
			}
			out.Gaps++
			switch e.options.Gaps {
			case GapFill:
				e.fill(s, b.Time[k], out)
				s.bridged = true
				return i
			case GapReset:
				s.reset()
				s.bridged = true
				return i
			}
		}
		s.bridged = false
		last, seen = b.Time[k], true
	}
	return j
}

// fill puts bars without trade before the given time, as many as the ring
// holds at most.
func (e *Engine) fill(s *SeriesState, until int64, out *Effects) {
	tf, first := s.Key.Timeframe, s.Key.Timeframe.Next(s.last.Time)
	if span := tf.Duration().Nanoseconds(); (until-first)/span > int64(e.options.Buffer) {
		first = until - int64(e.options.Buffer)*span
	}
	filler := newBlock(1)
	for t := first; tf.Next(t) <= until; t = tf.Next(t) {
		c := s.last.Close
		filler.Set(0, candle.Candle{Time: t, Open: c, High: c, Low: c, Close: c})
		e.step(s, &filler, out, false)
		out.Applied--
		out.Filled++
	}
}

// Compiled reports which formulas a series runs without, since they cannot be
// computed on its timeframe, and why; or nil.
func (s *SeriesState) Compiled() error {
	if s.program == nil {
		return nil
	}
	return s.program.err
}

// Formulas returns the names of the formulas that apply to the series.
func (s *SeriesState) Formulas() []string {
	var names []string
	if s.program != nil {
		for _, r := range s.program.rules {
			names = append(names, r.Name)
		}
	}
	return slices.Clip(names)
}
