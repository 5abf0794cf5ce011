package closing

import (
	"cmp"
	"slices"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
)

// Config says for whom bars wait.
type Config struct {
	across.Admission
	Lateness  int           // bars that a partition must be ahead for a missing series to be left out
	Grace     time.Duration // after the end of a bar, or of the reading, that is waited for anybody
	BarsMax   int           // that wait; more, and the input must wait
	SeriesMax int           // that are known; candles of further ones are ignored
	BookBytes int           // of closed bars that are kept
}

// Defaults of a configuration that says nothing.
const (
	LatenessDefault  = 1
	GraceDefault     = 5 * time.Second
	BarsMaxDefault   = 3
	seriesMaxDefault = 100_000
)

// Machine closes the bars of all timeframes of an input. It is used by one goroutine.
type Machine struct {
	config     Config
	needs      func(candle.Timeframe) []*plan.Need
	frames     map[candle.Timeframe]*frame
	partitions []partition
	series     int
	book       *Ledger
	decisions  []Omission // about candles that came too late
	late       int
	due        []dueSeries // of the round at hand, see BeginRound
}

// partition is what the machine knows of a partition of the input.
type partition struct {
	name   string
	atEnd  bool // all that it holds was taken
	parked bool // its next candle must wait
}

// New returns a machine that knows of nothing. Needs says what formulas need of other series on a timeframe, what one
// of them needs itself before it.
func New(c Config, needs func(candle.Timeframe) []*plan.Need) *Machine {
	c.SeriesMax = cmp.Or(c.SeriesMax, seriesMaxDefault)
	c.BarsMax = max(c.BarsMax, 1)
	return &Machine{
		config: c, needs: needs, frames: map[candle.Timeframe]*frame{}, book: NewLedger(c.BookBytes),
	}
}

// Ledger returns the bars that the machine has closed, and those that were closed before and are put into it.
func (m *Machine) Ledger() *Ledger { return m.book }

// AddPartition makes a partition known, with records that are not taken yet, and returns its number. The name tells it
// apart in the records of series.
func (m *Machine) AddPartition(name string) int32 {
	if p := m.partitionOf(name); p >= 0 {
		return p
	}
	m.partitions = append(m.partitions, partition{name: name})
	return int32(len(m.partitions) - 1)
}

// partitionOf returns the number of a partition, -1 for none.
func (m *Machine) partitionOf(name string) int32 {
	return int32(slices.IndexFunc(m.partitions, func(p partition) bool { return p.name == name }))
}

// SetAtEnd says whether everything that a partition holds was taken.
func (m *Machine) SetAtEnd(p int32, atEnd bool) { m.partitions[p].atEnd = atEnd }

// Take is given a candle of a partition, in their order. It returns false where the candle must wait, because too many
// bars do: then it is to be offered again when a bar has been closed. With closedByNext a bar is closed by the candle
// that opens a later one (see stream.Options.ClosedByNext).
func (m *Machine) Take(p int32, msg *candle.Message, closedByNext bool) bool {
	m.partitions[p].parked = false
	f := m.frame(msg.Timeframe)
	if len(f.sources) == 0 {
		return true
	}
	s := f.find(msg.Symbol)
	c := msg.Candle
	switch {
	case closedByNext:
		if s == nil {
			if s = m.admit(f, msg.Symbol, p); s == nil {
				return true
			}
		}
		if !s.forms || c.Time <= s.forming.Time {
			if !s.forms || c.Time == s.forming.Time {
				s.forming, s.forms, s.changed = c, true, true
			}
			return true
		}
		if !m.closed(f, s, p, s.forming) {
			return false
		}
		s.forming = c
		return true
	case !msg.Closed:
		return true
	}
	if s == nil {
		if f.full(c.Time) {
			m.partitions[p].parked = true
			return false
		}
		if s = m.admit(f, msg.Symbol, p); s == nil {
			return true
		}
	}
	return m.closed(f, s, p, c)
}

// admit makes a series known, if there is room.
func (m *Machine) admit(f *frame, symbol []byte, p int32) *series {
	if m.series >= m.config.SeriesMax {
		return nil
	}
	m.series++
	return f.add(string(symbol), p)
}

// closed takes a candle that is final.
func (m *Machine) closed(f *frame, s *series, p int32, c candle.Candle) bool {
	if s.seen && c.Time <= s.last {
		return true // it is a duplicate, a correction or late: the state of the series does not change
	}
	f.show(p, c.Time)
	if c.Time <= f.last {
		s.seen, s.last, s.partition, s.changed = true, c.Time, p, true
		f.behind(m, s, p, c)
		return true
	}
	if f.full(c.Time) {
		m.partitions[p].parked = true
		return false
	}
	s.seen, s.last, s.partition, s.changed = true, c.Time, p, true
	f.await(s, p, c)
	return true
}

// frame returns what is known of a timeframe.
func (m *Machine) frame(tf candle.Timeframe) *frame {
	f := m.frames[tf]
	if f == nil {
		f = newFrame(tf, m.needs(tf), m.config)
		m.frames[tf] = f
	}
	return f
}

// sorted returns the frames by timeframe.
func (m *Machine) sorted() []*frame {
	all := make([]*frame, 0, len(m.frames))
	for _, f := range m.frames {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *frame) int { return cmp.Compare(a.timeframe.Duration(), b.timeframe.Duration()) })
	return all
}

// Closed is a bar that is closed: its records, which are to be written in this order, once.
type Closed struct {
	Timeframe candle.Timeframe
	Bar       *Bar
	Records   []BarRecord
	Decisions []Omission
}

// BarRecord is a message about a bar.
type BarRecord struct{ Key, Value []byte }

// Close closes the oldest bar of a timeframe that is complete. With the time, in nanoseconds since 1970, it closes one
// as well whose grace is over; 0 asks for complete ones alone, which costs little. It returns nil where none is.
func (m *Machine) Close(nowNs int64) *Closed {
	for _, f := range m.sorted() {
		if c := f.close(m, nowNs); c != nil {
			m.book.put(f.timeframe, c.Bar, c.bytes())
			return c
		}
	}
	return nil
}

func (c *Closed) bytes() int {
	n := 0
	for _, r := range c.Records {
		n += len(r.Value)
	}
	return n
}

// Decisions returns, once, what is decided about candles that came too late for their bars.
func (m *Machine) Decisions() []Omission {
	all := m.decisions
	m.decisions = nil
	return all
}

// Late returns, once, how many candles came too late for their bars.
func (m *Machine) Late() int {
	n := m.late
	m.late = 0
	return n
}

// Wait is a bar that waits, and for whom: series, or partitions of which nothing is known yet.
type Wait struct {
	Timeframe  candle.Timeframe
	At         int64
	Symbols    []string
	Partitions []int32
	Full       bool // the input waits as well
}

// Waits returns the oldest bar of each timeframe that has one.
func (m *Machine) Waits() []Wait {
	var all []Wait
	for _, f := range m.sorted() {
		if len(f.pending) == 0 {
			continue
		}
		w := Wait{Timeframe: f.timeframe, At: f.pending[0], Full: len(f.pending) >= f.config.BarsMax}
		w.Symbols, w.Partitions = f.waiting(m)
		all = append(all, w)
	}
	return all
}

// Pending returns how many bars wait.
func (m *Machine) Pending() int {
	n := 0
	for _, f := range m.frames {
		n += len(f.pending)
	}
	return n
}
