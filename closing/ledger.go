package closing

import (
	"cmp"
	"math"
	"slices"

	"streamd/across"
	"streamd/candle"
	"streamd/internal/codec"
)

// Ledger keeps the newest closed bars of every timeframe, up to a number of bytes. It is used by one goroutine at a
// time; the bars that it gives do not change.
type Ledger struct {
	bytesMax int
	shelves  map[candle.Timeframe]*shelf
	reading  map[candle.Timeframe]*reading
	midway   bool                      // what was closed before is not here
	begun    map[candle.Timeframe]bool // where a bar has ended since
	vector   across.Vector
}

// shelf is the bars of one timeframe.
type shelf struct {
	bars  []kept // rising
	bytes int
	last  int64
	cut   bool // older bars were let go
}

type kept struct {
	bar   *Bar
	bytes int
}

// BookBytesDefault is how many bytes of closed bars are kept.
const BookBytesDefault = 64 << 20

// A bar in memory takes about so many times the bytes of its records.
const inMemory = 4

// NewLedger returns an empty one; 0 bytes are BookBytesDefault.
func NewLedger(bytesMax int) *Ledger {
	return &Ledger{
		bytesMax: cmp.Or(bytesMax, BookBytesDefault), shelves: map[candle.Timeframe]*shelf{},
		reading: map[candle.Timeframe]*reading{},
	}
}

// Midway says that the records begin in the middle: with what is left of a bar, which is skipped.
func (b *Ledger) Midway() { b.midway, b.begun = true, map[candle.Timeframe]bool{} }

// Take is given the records of closed bars in their order. A bar that it has already is not taken again.
func (b *Ledger) Take(value []byte) error {
	var one reading
	tf, ok := timeframeOf(value)
	if !ok {
		return ErrRecord
	}
	if b.midway && !b.begun[tf] {
		b.begun[tf] = value[len(RecordMagic)+1]&flagLast != 0
		return nil
	}
	r := b.reading[tf]
	if r == nil {
		r = &one
		b.reading[tf] = r
	}
	_, last, err := r.decode(value)
	if err != nil || !last {
		return err
	}
	bytes := r.bytes
	bar, err := r.complete(&b.vector)
	if err != nil {
		return err
	}
	b.put(tf, bar, bytes)
	return nil
}

// timeframeOf reads the timeframe of a record.
func timeframeOf(value []byte) (candle.Timeframe, bool) {
	d := codec.NewByteReader(value, ErrRecord)
	d.Take(len(RecordMagic) + 2)
	return candle.LookupTimeframe(d.Text())
}

func (b *Ledger) put(tf candle.Timeframe, bar *Bar, bytes int) {
	s := b.shelves[tf]
	if s == nil {
		s = &shelf{last: math.MinInt64, cut: b.midway}
		b.shelves[tf] = s
	}
	if bar.At <= s.last {
		return
	}
	s.last = bar.At
	s.bars = append(s.bars, kept{bar, inMemory * bytes})
	s.bytes += inMemory * bytes
	drop := 0
	for len(s.bars)-drop > 2 && s.bytes > b.bytesMax {
		s.bytes -= s.bars[drop].bytes
		drop++
	}
	if drop > 0 {
		s.bars, s.cut = slices.Delete(s.bars, 0, drop), true
	}
}

// Last returns the newest closed bar of a timeframe.
func (b *Ledger) Last(tf candle.Timeframe) (at int64, ok bool) {
	if s := b.shelves[tf]; s != nil {
		return s.last, true
	}
	return 0, false
}

// Reaches reports whether the ledger has what was closed at a time and before, if anything was.
func (b *Ledger) Reaches(tf candle.Timeframe, at int64) bool {
	s := b.shelves[tf]
	if s == nil {
		return !b.midway
	}
	return !s.cut || s.bars[0].bar.At <= at
}

// At returns the closed bar of an open time, nil for none, and the newest one that is older.
func (b *Ledger) At(tf candle.Timeframe, at int64) (exact, before *Bar) {
	s := b.shelves[tf]
	if s == nil {
		return nil, nil
	}
	i, found := slices.BinarySearchFunc(s.bars, at, func(k kept, at int64) int { return cmp.Compare(k.bar.At, at) })
	if found {
		exact = s.bars[i].bar
	}
	if i > 0 {
		before = s.bars[i-1].bar
	}
	return exact, before
}
