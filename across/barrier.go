package across

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Barrier says when a bar of a universe is complete, and who is in it. It is a state machine without clock and I/O:
// candles and the time come in, bars that wait and bars that are complete come out. What is decided is a function of
// the candles, of the moments that a driver reports, and of recorded decisions.
//
// A series has reached a bar when a candle of it that opens then or later has been applied. A bar is complete when
// every member that is expected has reached it, or is left out:
//
//   - its partition has shown a candle that opens more than Lateness bars later, of any series;
//   - or the grace after the bar's end is over, which live alone knows of (Expire).
//
// Whoever is left out is part of the Completion, for the driver to record; so is a candle that Arrive calls Missed,
// because its series was not known when its bar was complete. From the records a later run decides the same without a
// clock. Bars complete in the order of their times, and a candle of a bar that is complete changes nothing about it.
//
// What a bar is worth depends on its members' candles and on the records alone, never on the order of arrival.
type Barrier struct {
	config  BarrierConfig
	members map[string]*expected
	shown   map[int32]int64 // newest open time by partition
	bars    []*pendingBar   // that wait, rising
	last    int64           // newest complete bar
	number  int32           // of bars complete
	recent  []closedBar     // the last of them, rising
	decided map[int64][]string

	order  []*expected // the members in the order of their first candles
	looked int         // of them nobody keeps the oldest bar waiting, which opens at lookAt
	lookAt int64
}

// closedBar is a bar that is complete.
type closedBar struct {
	at      int64
	number  int32
	leftOut []string
}

// BarrierConfig says for whom a bar waits.
type BarrierConfig struct {
	Admission
	Lateness int   // bars that a partition must be ahead for a missing series to be left out
	WidthNs  int64 // of a bar
	BarsMax  int   // that may wait; more and the input must wait (Full)
}

// expected is what the barrier knows of one series.
type expected struct {
	Membership
	symbol    string
	partition int32
	reached   int64 // open time of its newest candle
	settled   int64 // of its newest candle whose bar is complete
}

// pendingBar is a bar that waits, with the candles that have come.
type pendingBar struct {
	at     int64
	values map[string]BarValue
	opened bool // by Open: it is a bar without candles, too
}

// BarValue is what a series has on a bar.
type BarValue struct {
	Symbol       string
	Value, Scale float64
	Member       bool // of the universe on this bar: others have joined too late
}

// Completion is a bar that is complete. Values are by symbol.
type Completion struct {
	At       int64
	Values   []BarValue
	LeftOut  []string // members that were expected and are left out, by symbol
	Late     bool     // they are left out by the clock
	Expected int      // members, with a candle or without
}

// Decision is a recorded completion: whoever is left out was left out.
type Decision struct {
	At      int64
	LeftOut []string
}

// ArrivalVerdict says what a candle is to the barrier.
type ArrivalVerdict uint8

// An Awaited candle belongs to a bar that waits. The others but Repeated, which was there before, belong to a bar that
// is complete, and count for their own series alone. BehindTime is one of a series that was left out, which is
// recorded; an Uncounted one is of a series that was no member yet. A Missed one is to be recorded as left out: it is
// a member's, or no other candle of its bar was there.
const (
	Awaited ArrivalVerdict = iota
	BehindTime
	Uncounted
	Missed
	Repeated
)

// NewBarrier returns a barrier that knows nobody. Decisions are those of an earlier run.
func NewBarrier(c BarrierConfig, decisions []Decision) *Barrier {
	if c.WidthNs <= 0 || c.BarsMax < 1 || c.Lateness < 0 {
		panic(fmt.Sprintf("across: a barrier of %+v", c))
	}
	b := &Barrier{
		config: c, members: map[string]*expected{}, shown: map[int32]int64{}, last: math.MinInt64,
		decided: map[int64][]string{},
	}
	for _, d := range decisions {
		b.decided[d.At] = append(b.decided[d.At], d.LeftOut...)
	}
	return b
}

// Full reports whether a candle of a further bar must wait, since as many bars wait as may.
func (b *Barrier) Full(at int64) bool {
	i, found := b.find(at)
	return !found && i == len(b.bars) && len(b.bars) >= b.config.BarsMax
}

// Arrive takes a candle of a series, which is on a partition of the input. Candles of one series come in the order of
// their times.
func (b *Barrier) Arrive(symbol string, partition int32, at int64, value, scale float64) ArrivalVerdict {
	b.Show(partition, at)
	e := b.member(symbol)
	e.partition = partition
	if at <= e.reached {
		return Repeated
	}
	e.reached = at
	if at <= b.last {
		return b.behind(symbol, e, at)
	}
	b.bar(at).values[symbol] = BarValue{Symbol: symbol, Value: value, Scale: scale}
	return Awaited
}

// member returns what is known of a series.
func (b *Barrier) member(symbol string) *expected {
	e := b.members[symbol]
	if e == nil {
		e = &expected{symbol: symbol, reached: math.MinInt64, settled: math.MinInt64}
		b.members[symbol] = e
		b.order = append(b.order, e)
	}
	return e
}

// bar returns the bar that waits, a new one if there is none.
func (b *Barrier) bar(at int64) *pendingBar {
	i, found := b.find(at)
	if !found {
		b.bars = slices.Insert(b.bars, i, &pendingBar{at: at, values: map[string]BarValue{}})
	}
	return b.bars[i]
}

// Open has a bar wait, though no candle of a member may ever be there: somebody else asks what the members say on it.
func (b *Barrier) Open(at int64) {
	if at > b.last {
		b.bar(at).opened = true
	}
}

// Pass has the barrier go on behind a bar, which is complete though no candle of it was there.
func (b *Barrier) Pass(at int64) { b.last = max(b.last, at) }

// Know makes a series known by a candle from before the barrier began: from so many bars on it is a member.
func (b *Barrier) Know(symbol string, partition int32, at int64) {
	e := b.member(symbol)
	e.partition = partition
	if at <= e.reached {
		return
	}
	e.reached, e.settled = at, at
	b.looked = 0
	e.bars, e.Membership.last = min(e.bars+1, int32(max(b.config.Join, 1))), b.number
}

// Place says which partition a series is on whose candles are not all given to the barrier.
func (b *Barrier) Place(symbol string, partition int32) {
	if e := b.members[symbol]; e != nil {
		e.partition = partition
	}
}

// behind takes a candle of a bar that is complete.
func (b *Barrier) behind(symbol string, e *expected, at int64) ArrivalVerdict {
	i, found := slices.BinarySearchFunc(b.recent, at, func(c closedBar, at int64) int { return cmp.Compare(c.at, at) })
	number := b.number
	if i < len(b.recent) {
		number = b.recent[i].number
	}
	member := e.Trade(b.config.Admission, number)
	e.settled = at
	b.looked = 0 // it may be expected from now on
	switch {
	case found && slices.Contains(b.recent[i].leftOut, symbol):
		return BehindTime
	case found && !member:
		return Uncounted
	}
	return Missed
}

// Show notes that a partition has shown a candle of the timeframe, of any series.
func (b *Barrier) Show(partition int32, at int64) {
	if newest, ok := b.shown[partition]; !ok || at > newest {
		b.shown[partition] = at
	}
}

// Complete returns the oldest bar that waits if it is complete, and takes it away.
func (b *Barrier) Complete() (Completion, bool) { return b.complete(false) }

// Expire is Complete for a bar whose grace is over: whoever has not reached it is left out.
func (b *Barrier) Expire() (Completion, bool) { return b.complete(true) }

// Oldest returns the open time of the oldest bar that waits.
func (b *Barrier) Oldest() (at int64, ok bool) {
	if len(b.bars) == 0 {
		return 0, false
	}
	return b.bars[0].at, true
}

// Ready reports whether the oldest bar waits for nobody. Unlike Waiting it costs little: of the members that have
// reached the bar none is looked at twice. It knows of no earlier decisions.
func (b *Barrier) Ready() bool {
	if len(b.bars) == 0 {
		return false
	}
	at := b.bars[0].at
	if b.lookAt != at {
		b.looked, b.lookAt = 0, at
	}
	for ; b.looked < len(b.order); b.looked++ {
		e := b.order[b.looked]
		if e.reached < at && e.Expected(b.config.Admission, b.number) && !b.tooLate(e.symbol, at) {
			return false
		}
	}
	return true
}

// Waiting returns for whom the oldest bar waits, by symbol.
func (b *Barrier) Waiting() []string {
	if len(b.bars) == 0 {
		return nil
	}
	missing := b.missing(b.bars[0].at)
	return slices.DeleteFunc(missing, func(symbol string) bool { return b.tooLate(symbol, b.bars[0].at) })
}

func (b *Barrier) complete(expired bool) (Completion, bool) {
	if len(b.bars) == 0 {
		return Completion{}, false
	}
	bar := b.bars[0]
	c := Completion{At: bar.at}
	record, decided := b.decided[bar.at]
	for _, symbol := range b.missing(bar.at) {
		switch {
		case decided && slices.Contains(record, symbol):
		case b.tooLate(symbol, bar.at):
		case expired:
			c.Late = true
		default:
			return Completion{}, false
		}
		c.LeftOut = append(c.LeftOut, symbol)
	}
	for symbol, e := range b.members {
		if _, traded := bar.values[symbol]; !traded && e.Expected(b.config.Admission, b.number) {
			c.Expected++
		}
	}
	for _, symbol := range record { // whose candle is here this time: it was left out
		if _, ok := bar.values[symbol]; ok {
			b.members[symbol].Trade(b.config.Admission, b.number)
			b.members[symbol].settled = bar.at
			delete(bar.values, symbol)
			c.LeftOut = append(c.LeftOut, symbol)
			c.Expected++
		}
	}
	slices.Sort(c.LeftOut)
	if b.bars = b.bars[1:]; len(bar.values) == 0 && !bar.opened { // there was no such bar
		return b.complete(expired)
	}
	for symbol, v := range bar.values {
		v.Member = b.members[symbol].Trade(b.config.Admission, b.number)
		b.members[symbol].settled = bar.at
		c.Values = append(c.Values, v)
		if v.Member {
			c.Expected++
		}
	}
	slices.SortFunc(c.Values, func(x, y BarValue) int { return cmp.Compare(x.Symbol, y.Symbol) })
	if len(b.recent) >= b.config.Silent+b.config.BarsMax {
		b.recent = b.recent[1:]
	}
	b.recent = append(b.recent, closedBar{bar.at, b.number, c.LeftOut})
	b.last, b.number = bar.at, b.number+1
	return c, true
}

// missing returns the members that are expected on the oldest bar and have not reached it, by symbol.
func (b *Barrier) missing(at int64) []string {
	var symbols []string
	for symbol, e := range b.members {
		if e.reached < at && e.Expected(b.config.Admission, b.number) {
			symbols = append(symbols, symbol)
		}
	}
	slices.Sort(symbols)
	return symbols
}

// tooLate reports whether the partition of a series is so far ahead of a bar that nobody waits for the series.
func (b *Barrier) tooLate(symbol string, at int64) bool {
	return b.shown[b.members[symbol].partition] > at+int64(b.config.Lateness)*b.config.WidthNs
}

func (b *Barrier) find(at int64) (int, bool) {
	return slices.BinarySearchFunc(b.bars, at, func(p *pendingBar, at int64) int { return cmp.Compare(p.at, at) })
}
