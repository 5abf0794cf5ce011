package plan

import (
	"fmt"
	"math"
	"slices"
	"time"

	"streamd/candle"
	"streamd/incremental"
)

// Plan is a graph laid out for execution: which kernels run in which order, and
// where in a flat slab of float64 a series keeps its memory. A plan is immutable
// and shared by all series with the same formula set; the slab is per series
// (NewSlab), the working space per goroutine (NewExec).
//
// The slab: for each clock its header; then the memory of every kernel, in
// one piece, so that a peek saves and restores just that; then the tapes. A
// tape holds the last values of a column that some kernel reads behind the
// block, with slack for more, so that every window is contiguous memory and the
// move back to the front is paid once in many bars.
type Plan struct {
	graph     *Graph
	timeframe candle.Timeframe
	clocks    []clock
	steps     []step
	columns   map[Ref]column
	tapes     []column
	segments  []Segment
	consts    []fill
	foreign   []column
	needs     []*Need // of foreign
	gates     [][]int // by node

	needsTime  bool
	prices     uint16 // those it reads, a bit for each incremental.Input
	blockMax   int
	statesEnd  int // end of headers and kernel states
	slabLen    int
	scratchLen int
}

// Options of a plan. BlockMax is the most bars of one step, Slack the bars
// between two moves of the tapes (at least BlockMax): small for ten thousand
// live series, large for replay.
type Options struct {
	Timeframe candle.Timeframe // of the series
	BlockMax  int
	Slack     int
}

// Segment is a named part of a slab. A snapshot stores segments by key, so that
// a state survives edits of the formula set: what has the same canonical text
// is the same state.
type Segment struct {
	Key      string
	Off, Len int
	Tape     bool // history of a column, newest last; another plan may keep more or less of it
}

// clock is a sequence of bars: the series' own, or a higher timeframe's.
type clock struct {
	Clock
	off   int // header in the slab
	slack int
}

// Header of a clock: bars seen, write position of its tapes, then the higher
// bar that is being put together.
const (
	headCount = iota
	headWrite
	headBase // length for the series' own clock

	headPending = iota - 1 // 1 while a higher bar is open
	headEnd                // when it ends, ms
	headStart              // its open time, ms
	headOpen
	headHigh
	headLow
	headClose
	headVolume
	headLen
)

// column is where a column's values live.
type column struct {
	ref     Ref
	place   place
	off     int
	history int
	clock   int32
	input   incremental.Input // of a direct price
}

type place uint8

const (
	onTape    place = iota // in the slab, behind history
	inScratch              // in the working space, this block only
	direct                 // the caller's own column
)

type fill struct {
	off, n int
	value  float64
}

// step is one kernel's place in the plan.
type step struct {
	bound      *incremental.Bound // nil for a sample
	clock      int32
	state, end int
	ins, outs  []column
	check      bool // the inputs may hold na

	// scalar is the same computation for one bar, where views and the call
	// of a kernel would cost more than the work.
	scalar  func(a, b float64) float64
	compare *compare // of a comparison, to decide the clear cases at once

	one   incremental.One // the kernel by value, where byOne
	byOne bool
}

// NewPlan lays out what the roots need of the graph; nothing else is computed.
func NewPlan(g *Graph, roots []Ref, o Options) *Plan {
	if o.BlockMax < 1 || o.Slack < o.BlockMax {
		panic(fmt.Sprintf("formula: block of %d with slack %d", o.BlockMax, o.Slack))
	}
	p := &Plan{graph: g, timeframe: o.Timeframe, columns: map[Ref]column{}, blockMax: o.BlockMax}
	for i, on := range g.Clocks {
		c := clock{Clock: on, off: p.slabLen, slack: o.Slack}
		key, n := "clock", headBase
		if i > 0 {
			// One bar of the series can close two higher bars: the one left
			// open before a gap, and its own.
			c.slack, key, n = max(o.Slack, 2*o.BlockMax), "clock "+on.String(), headLen
		}
		p.clocks = append(p.clocks, c)
		p.segment(key, n)
	}
	live := reachable(g, roots)
	for id, n := range g.Nodes {
		if live[id] && n.Kind == Call && n.Bound.State > 0 {
			p.segment("state "+n.Canon, n.Bound.State)
		}
		if live[id] && n.Kind == Sample {
			p.segment("state "+n.Canon, 1)
		}
	}
	p.statesEnd = p.slabLen
	p.needsTime = len(p.clocks) > 1
	for id, n := range g.Nodes {
		if live[id] && n.Kind == Price {
			p.prices |= 1 << n.Input
		}
	}
	p.needsTime = p.needsTime || p.Reads(incremental.Time)
	p.layColumns(live, columnHistory(g, live))
	p.layProgram(live)
	p.layGates()
	return p
}

func (p *Plan) segment(key string, n int) {
	p.segments = append(p.segments, Segment{Key: key, Off: p.slabLen, Len: n})
	p.slabLen += n
}

func reachable(g *Graph, roots []Ref) []bool {
	live := make([]bool, len(g.Nodes))
	for _, r := range roots {
		live[r.Node] = true
	}
	for id, n := range slices.Backward(g.Nodes) {
		if live[id] {
			for _, in := range n.Inputs {
				live[in.Node] = true
			}
		}
	}
	return live
}

// columnHistory returns how far back, before the block, each column is read.
func columnHistory(g *Graph, live []bool) map[Ref]int {
	history := map[Ref]int{}
	for id, n := range g.Nodes {
		if live[id] && n.Kind == Call {
			for _, in := range n.Inputs {
				history[in] = max(history[in], n.Bound.History)
			}
		}
	}
	return history
}

func (p *Plan) layColumns(live []bool, history map[Ref]int) {
	slackMax := 0
	for _, c := range p.clocks {
		slackMax = max(slackMax, c.slack)
	}
	for id, n := range p.graph.Nodes {
		if !live[id] {
			continue
		}
		outs := 1
		if n.Kind == Call {
			outs = len(n.Bound.Row.Outputs)
		}
		for out := range outs {
			ref := Ref{Node: int32(id), Out: int16(out)}
			c := column{ref: ref, history: history[ref], clock: n.Clock, input: n.Input}
			switch {
			case n.Kind == Const:
				c.place, c.off = inScratch, p.scratchLen
				p.consts = append(p.consts, fill{off: c.off, n: c.history + slackMax, value: n.Value})
				p.scratchLen += c.history + slackMax
			case c.history > 0:
				c.place, c.off = onTape, p.slabLen
				p.segments = append(p.segments, Segment{
					Key: "tape " + p.graph.Canon(ref), Off: c.off, Len: c.history,
					Tape: true,
				})
				p.slabLen += c.history + p.clocks[n.Clock].slack
				p.tapes = append(p.tapes, c)
			case n.Kind == Price:
				c.place = direct
			default:
				c.place, c.off = inScratch, p.scratchLen
				p.scratchLen += p.clocks[n.Clock].slack
			}
			p.columns[ref] = c
			if n.Kind == Foreign {
				p.foreign, p.needs = append(p.foreign, c), append(p.needs, n.Need)
			}
		}
	}
}

func (p *Plan) layProgram(live []bool) {
	states := map[string]Segment{}
	for _, s := range p.segments {
		states[s.Key] = s
	}
	for id, n := range p.graph.Nodes {
		if !live[id] || n.Kind == Price || n.Kind == Const || n.Kind == Foreign {
			continue
		}
		seg := states["state "+n.Canon]
		s := step{bound: n.Bound, clock: n.Clock, state: seg.Off, end: seg.Off + seg.Len}
		outs := 1
		for _, in := range n.Inputs {
			s.ins = append(s.ins, p.columns[in])
			k := p.graph.Nodes[in.Node].Kind
			value := p.graph.Nodes[in.Node].Value
			s.check = s.check || k == Call || k == Sample || k == Foreign ||
				k == Const && value-value != 0 // na, or infinite
		}
		if n.Kind == Call {
			outs = len(n.Bound.Row.Outputs)
			s.check = s.check && !n.Bound.Row.NaAware
			s.one, s.byOne = n.Bound.One()
			if pair, ok := n.Bound.Kernel.(incremental.Scalar); ok {
				s.scalar = pair.Of
			}
			if n.Bound.Row.Operation == incremental.Comparison {
				k := newCompare(n.Bound.Row.Compares)
				s.compare = &k
			}
		}
		for out := range outs {
			s.outs = append(s.outs, p.columns[Ref{Node: int32(id), Out: int16(out)}])
		}
		p.steps = append(p.steps, s)
	}
}

// NewSlab returns the memory of a series that has seen no bar.
func (p *Plan) NewSlab() []float64 {
	slab := make([]float64, p.slabLen)
	p.Reset(slab)
	return slab
}

// Computes reports whether the plan computes a column.
func (p *Plan) Computes(r Ref) bool {
	_, ok := p.columns[r]
	return ok
}

// SlabLen returns the number of values in a series' slab.
func (p *Plan) SlabLen() int { return p.slabLen }

// Reset makes the slab that of a series that has seen no bar.
func (p *Plan) Reset(slab []float64) {
	clear(slab[:p.statesEnd])
	for _, s := range p.steps {
		if s.bound == nil {
			slab[s.state] = math.NaN()
		}
	}
	for i := p.statesEnd; i < len(slab); i++ {
		slab[i] = math.NaN()
	}
}

// Bars returns the number of bars that the slab's series has seen.
func (p *Plan) Bars(slab []float64) int { return int(slab[headCount]) }

// Reads reports whether the plan looks at a column of the candles.
func (p *Plan) Reads(in incremental.Input) bool { return p.prices>>in&1 != 0 }

// NeedsTime reports whether blocks must bring the Time column.
func (p *Plan) NeedsTime() bool { return p.needsTime }

// BlockMax returns the most bars of one Step.
func (p *Plan) BlockMax() int { return p.blockMax }

// Segments lists the parts of a settled slab that make up a snapshot.
func (p *Plan) Segments() []Segment { return p.segments }

// Settle moves every tape to its front. The bits of all segments then depend on
// the bars alone, not on the blocks in which they came.
func (p *Plan) Settle(slab []float64) {
	for c := range p.clocks {
		p.roll(slab, int32(c))
	}
}

func (p *Plan) roll(slab []float64, c int32) {
	w := int(slab[p.clocks[c].off+headWrite])
	if w == 0 {
		return
	}
	for _, t := range p.tapes {
		if t.clock == c {
			copy(slab[t.off:t.off+t.history], slab[t.off+w:])
		}
	}
	slab[p.clocks[c].off+headWrite] = 0
}

// Adopt copies into the slab, which another way has already brought to the same
// bar, every state that the old plan's slab holds under the same canonical text.
// Both slabs are settled by it. It returns how many kernel states were found.
func (p *Plan) Adopt(slab []float64, old *Plan, oldSlab []float64) int {
	old.Settle(oldSlab)
	found := map[string][]float64{}
	for _, s := range old.segments {
		found[s.Key] = oldSlab[s.Off : s.Off+s.Len]
	}
	return p.AdoptSegments(slab, func(key string) ([]float64, bool) { v, ok := found[key]; return v, ok })
}

// AdoptSegments is Adopt from stored segments, which find returns by key.
func (p *Plan) AdoptSegments(slab []float64, find func(key string) ([]float64, bool)) int {
	p.Settle(slab)
	n := 0
	for _, s := range p.segments {
		stored, ok := find(s.Key)
		part := slab[s.Off : s.Off+s.Len]
		switch {
		case !ok:
		case s.Tape:
			m := min(len(part), len(stored))
			copy(part[len(part)-m:], stored[len(stored)-m:])
		case len(stored) == len(part):
			copy(part, stored)
			n++
		}
	}
	return n
}

// Milliseconds returns a duration in the unit of Block.Time.
func Milliseconds(d time.Duration) float64 { return float64(d.Milliseconds()) }
