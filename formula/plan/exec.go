package plan

import (
	"math"
	"time"

	"streamd/incremental"
)

// Columns is a run of bars as columns of equal length. Time is the open time in
// milliseconds since 1970. Foreign are the columns that other series give, by
// Plan.Needs.
type Columns struct {
	TimeMs, Open, High, Low, Close, Volume []float64

	Foreign [][]float64
}

// Len returns the number of bars.
func (b *Columns) Len() int { return len(b.Close) }

// Slice returns the bars from i up to, not including, j.
func (b *Columns) Slice(i, j int) Columns {
	return Columns{
		TimeMs: b.TimeMs[i:j], Open: b.Open[i:j], High: b.High[i:j],
		Low: b.Low[i:j], Close: b.Close[i:j], Volume: b.Volume[i:j], Foreign: SliceColumns(b.Foreign, i, j),
	}
}

// SliceColumns returns the bars from i up to, not including, j of each column.
func SliceColumns(columns [][]float64, i, j int) [][]float64 {
	if columns == nil {
		return nil
	}
	parts := make([][]float64, len(columns))
	for k, c := range columns {
		parts[k] = c[i:j]
	}
	return parts
}

// Exec is the working space of one goroutine for one plan. It runs the plan over
// the slabs of any number of series, one after the other. Its columns hold the
// results of the last step.
type Exec struct {
	plan    *Plan
	scratch []float64
	clocks  []tick
	views   []views
	saved   []float64
	slab    []float64
	n       int

	inScratch, outScratch [][]float64
}

// tick is what one clock does in the current step.
type tick struct {
	n      int                             // bars
	write  int                             // where on the tapes they go
	prices [incremental.Time + 1][]float64 // their columns
	closes []int32                         // higher bars closed up to each bar of the series
	counts float64                         // bars before the step
}

type views struct{ in, out [][]float64 }

// NewExec returns a working space for the plan.
func (p *Plan) NewExec() *Exec {
	e := &Exec{plan: p, scratch: make([]float64, p.scratchLen), saved: make([]float64, p.statesEnd)}
	for _, c := range p.consts {
		for i := range c.n {
			e.scratch[c.off+i] = c.value
		}
	}
	for i := range p.clocks {
		t := tick{}
		if i > 0 {
			t.closes = make([]int32, p.blockMax)
			for in := incremental.Open; in <= incremental.Time; in++ {
				t.prices[in] = make([]float64, 2*p.blockMax)
			}
		}
		e.clocks = append(e.clocks, t)
	}
	most := 1
	for _, s := range p.steps {
		e.views = append(e.views, views{in: make([][]float64, len(s.ins)), out: make([][]float64, len(s.outs))})
		most = max(most, len(s.ins), len(s.outs))
	}
	e.inScratch, e.outScratch = make([][]float64, most), make([][]float64, most)
	return e
}

// Step advances the series whose memory is slab by the block, which has at most
// Plan.BlockMax bars. It allocates nothing.
func (e *Exec) Step(slab []float64, b *Columns) {
	e.run(slab, b)
	for c := range e.clocks {
		head := slab[e.plan.clocks[c].off:]
		head[headCount] += float64(e.clocks[c].n)
		head[headWrite] = float64(e.clocks[c].write + e.clocks[c].n)
	}
}

// Peek computes the columns as Step would for one further bar and leaves the
// series as it was. The columns stay readable until the next Step or Peek.
func (e *Exec) Peek(slab []float64, b *Columns) {
	for c := range e.plan.clocks {
		e.makeRoom(slab, int32(c), 2)
	}
	copy(e.saved, slab[:e.plan.statesEnd])
	e.run(slab, b)
	copy(slab[:e.plan.statesEnd], e.saved)
}

// Handle is a column looked up once, to be read after every step.
type Handle struct{ column column }

// Handle returns the handle of a column that the plan computes.
func (p *Plan) Handle(r Ref) Handle {
	c, ok := p.columns[r]
	if !ok {
		panic("formula: the plan does not compute " + p.graph.Canon(r))
	}
	return Handle{column: c}
}

// Values returns the column's values for the bars of the last step, on the
// column's own clock. They are valid until the next step.
func (e *Exec) Values(h Handle) []float64 { return e.values(&h.column) }

func (e *Exec) values(c *column) []float64 {
	t := &e.clocks[c.clock]
	switch c.place {
	case onTape:
		at := c.off + c.history + t.write
		return e.slab[at : at+t.n]
	case inScratch:
		return e.scratch[c.off : c.off+t.n]
	default:
		return t.prices[c.input][:t.n]
	}
}

// Len returns the number of bars of the last step.
func (e *Exec) Len() int { return e.n }

// Value is element j of Values, or na where the column's own clock has had fewer
// bars.
func (e *Exec) Value(h Handle, j int) float64 {
	if j >= e.clocks[h.column.clock].n {
		return math.NaN()
	}
	return e.value(&h.column, j)
}

func (e *Exec) value(c *column, j int) float64 {
	t := &e.clocks[c.clock]
	switch c.place {
	case onTape:
		return e.slab[c.off+c.history+t.write+j]
	case inScratch:
		return e.scratch[c.off+j]
	default:
		return t.prices[c.input][j]
	}
}

func (e *Exec) run(slab []float64, b *Columns) {
	p := e.plan
	e.enter(slab, b)
	for i := range p.tapes {
		if t := &p.tapes[i]; p.graph.Nodes[t.ref.Node].Kind == Price {
			copy(e.values(t), e.clocks[t.clock].prices[t.input])
		}
	}
	if len(p.foreign) > 0 {
		e.takeForeign(b)
	}
	for i := range p.steps {
		e.step(slab, &p.steps[i], &e.views[i])
	}
}

// takeForeign copies what other series give to where kernels read it.
func (e *Exec) takeForeign(b *Columns) {
	if len(b.Foreign) != len(e.plan.foreign) {
		panic("formula: the columns of other series are missing")
	}
	for k := range e.plan.foreign {
		copy(e.values(&e.plan.foreign[k]), b.Foreign[k][:e.n])
	}
}

// enter makes the block that of the step, on all clocks.
func (e *Exec) enter(slab []float64, b *Columns) {
	p := e.plan
	n := b.Len()
	if n < 1 || n > p.blockMax {
		panic("formula: a block must hold 1 to BlockMax bars")
	}
	e.slab, e.n = slab, n
	own := &e.clocks[0]
	own.n = n
	own.prices = [...][]float64{
		incremental.Open: b.Open, incremental.High: b.High, incremental.Low: b.Low,
		incremental.Close: b.Close, incremental.Volume: b.Volume, incremental.Time: b.TimeMs,
	}
	for c := 1; c < len(e.clocks); c++ {
		e.aggregate(slab, c)
	}
	for c := range e.clocks {
		e.makeRoom(slab, int32(c), e.clocks[c].n)
		e.clocks[c].write = int(slab[p.clocks[c].off+headWrite])
		e.clocks[c].counts = slab[p.clocks[c].off+headCount]
	}
}

// makeRoom moves the tapes to their front when n bars no longer fit behind.
func (e *Exec) makeRoom(slab []float64, c int32, n int) {
	if int(slab[e.plan.clocks[c].off+headWrite])+n > e.plan.clocks[c].slack {
		e.plan.roll(slab, c)
	}
}

func (e *Exec) step(slab []float64, s *step, v *views) {
	t := &e.clocks[s.clock]
	if s.bound == nil {
		e.sample(slab, s)
		return
	}
	if t.n == 0 {
		return
	}
	if t.n == 1 && s.scalar != nil {
		a, b := e.at(slab, t, &s.ins[0]), e.at(slab, t, &s.ins[1])
		var y float64
		if c := s.compare; c != nil && (a-b) > 2e-12*(math.Abs(a)+math.Abs(b)) {
			y = c.above
		} else if c != nil && (b-a) > 2e-12*(math.Abs(a)+math.Abs(b)) {
			y = c.below
		} else {
			y = s.scalar(a, b)
		}
		if c := &s.outs[0]; c.place == onTape {
			slab[c.off+c.history+t.write] = y
		} else {
			e.scratch[c.off] = y
		}
		return
	}
	if t.n == 1 && s.byOne {
		e.stepOne(slab, t, s)
		return
	}
	h := s.bound.History
	for k := range s.ins {
		c := &s.ins[k]
		switch c.place {
		case onTape:
			at := c.off + t.write + c.history - h
			v.in[k] = slab[at : at+h+t.n]
		case inScratch:
			at := c.off + c.history - h
			v.in[k] = e.scratch[at : at+h+t.n]
		default:
			v.in[k] = t.prices[c.input][:t.n]
		}
	}
	for k := range s.outs {
		c := &s.outs[k]
		if c.place == onTape {
			at := c.off + c.history + t.write
			v.out[k] = slab[at : at+t.n]
		} else {
			v.out[k] = e.scratch[c.off : c.off+t.n]
		}
	}
	if s.check {
		s.bound.StepRuns(slab[s.state:s.end], v.in, v.out, e.inScratch, e.outScratch)
	} else {
		s.bound.Kernel.Step(slab[s.state:s.end], v.in, v.out)
	}
}

// stepOne is step for one bar of a kernel that takes it by value.
func (e *Exec) stepOne(slab []float64, t *tick, s *step) {
	var x, y [3]float64
	for k := range s.ins {
		x[k] = e.at(slab, t, &s.ins[k])
	}
	y[0], y[1], y[2] = s.one.Step(slab[s.state:s.end], x[0], x[1], x[2])
	for k := range s.outs {
		if c := &s.outs[k]; c.place == onTape {
			slab[c.off+c.history+t.write] = y[k]
		} else {
			e.scratch[c.off] = y[k]
		}
	}
}

// at returns the column's value for the first bar of the step.
func (e *Exec) at(slab []float64, t *tick, c *column) float64 {
	switch c.place {
	case onTape:
		return slab[c.off+c.history+t.write]
	case inScratch:
		return e.scratch[c.off+c.history]
	default:
		return t.prices[c.input][0]
	}
}

// sample carries the last closed higher bar's value to every bar of the series.
func (e *Exec) sample(slab []float64, s *step) {
	out := e.values(&s.outs[0])
	in := e.values(&s.ins[0])
	last := slab[s.state]
	before := last
	closes := e.clocks[s.ins[0].clock].closes
	for j := range out {
		if c := closes[j]; c > 0 {
			last = in[c-1]
		} else {
			last = before
		}
		out[j] = last
	}
	slab[s.state] = last
}

// aggregate puts the bars of the block together to higher bars. A higher bar
// [t, t+H) closes with the bar of the series whose end reaches t+H or, when
// that one is missing, before the next one present. The first one counts even
// when it is partial. Bars outside of a clock's session are in none.
func (e *Exec) aggregate(slab []float64, c int) {
	p, t, own := e.plan, &e.clocks[c], &e.clocks[0].prices
	head := slab[p.clocks[c].off : p.clocks[c].off+headLen]
	base := Milliseconds(p.timeframe.Duration())
	t.n = 0
	for j, at := range own[incremental.Time] {
		if head[headPending] == 1 && at >= head[headEnd] {
			t.close(head)
		}
		open, high, low, cls, vol := own[incremental.Open][j], own[incremental.High][j], own[incremental.Low][j],
			own[incremental.Close][j], own[incremental.Volume][j]
		if head[headPending] == 0 {
			start, end, ok := p.clocks[c].Bar(int64(at) * int64(time.Millisecond))
			if !ok {
				t.closes[j] = int32(t.n)
				continue
			}
			head[headPending], head[headStart] = 1, float64(start/int64(time.Millisecond))
			head[headEnd] = float64(end / int64(time.Millisecond))
			head[headOpen], head[headHigh], head[headLow], head[headVolume] = open, high, low, 0
		}
		head[headHigh], head[headLow] = math.Max(head[headHigh], high), math.Min(head[headLow], low)
		head[headClose] = cls
		head[headVolume] += vol
		if at+base >= head[headEnd] {
			t.close(head)
		}
		t.closes[j] = int32(t.n)
	}
}

func (t *tick) close(head []float64) {
	i := t.n
	t.prices[incremental.Time][i], t.prices[incremental.Open][i] = head[headStart], head[headOpen]
	t.prices[incremental.High][i], t.prices[incremental.Low][i] = head[headHigh], head[headLow]
	t.prices[incremental.Close][i], t.prices[incremental.Volume][i] = head[headClose], head[headVolume]
	t.n++
	head[headPending] = 0
}
