package stream

import (
	"slices"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
)

// Block is a run of candles of one series as columns of equal length. Time is
// the open time in nanoseconds since 1970-01-01 UTC.
type Block struct {
	Time                           []int64
	Open, High, Low, Close, Volume []float64

	// Foreign are the columns that other series give the series' formulas, by Engine.Needs; nil where there are none.
	// Only Slice and Columns know of them.
	Foreign [][]float64

	ms   []float64 // Time in milliseconds, made when a formula asks for it
	view plan.Columns
}

// PriceSet is a set of the columns of a block, a bit for each of open, high, low, close, volume in this order.
type PriceSet uint8

// PricesAll are all columns, PricesCount how many there are.
const (
	PricesCount          = 5
	PricesAll   PriceSet = 1<<PricesCount - 1
)

// Has reports whether column k is in the set.
func (s PriceSet) Has(k int) bool { return s>>k&1 != 0 }

func newBlock(n int) Block {
	return Block{
		Time: make([]int64, n), Open: make([]float64, n), High: make([]float64, n),
		Low: make([]float64, n), Close: make([]float64, n), Volume: make([]float64, n), ms: make([]float64, n),
	}
}

// Len returns the number of candles.
func (b *Block) Len() int { return len(b.Time) }

// At returns candle i.
func (b *Block) At(i int) candle.Candle {
	return candle.Candle{
		Time: b.Time[i], Open: b.Open[i], High: b.High[i], Low: b.Low[i], Close: b.Close[i],
		Volume: b.Volume[i],
	}
}

// Append adds a candle at the end.
func (b *Block) Append(c candle.Candle) {
	b.Time = append(b.Time, c.Time)
	b.Open, b.High, b.Low = append(b.Open, c.Open), append(b.High, c.High), append(b.Low, c.Low)
	b.Close, b.Volume = append(b.Close, c.Close), append(b.Volume, c.Volume)
}

// Reset empties the block and keeps its memory.
func (b *Block) Reset() {
	b.Time = b.Time[:0]
	b.Open, b.High, b.Low = b.Open[:0], b.High[:0], b.Low[:0]
	b.Close, b.Volume = b.Close[:0], b.Volume[:0]
}

// Clone returns a copy with memory of its own.
func (b *Block) Clone() Block {
	return Block{
		Time: slices.Clone(b.Time), Open: slices.Clone(b.Open), High: slices.Clone(b.High),
		Low: slices.Clone(b.Low), Close: slices.Clone(b.Close), Volume: slices.Clone(b.Volume),
	}
}

// Slice returns the candles from i up to, not including, j; they share memory
// with b.
func (b *Block) Slice(i, j int) Block {
	s := Block{
		Time: b.Time[i:j], Open: b.Open[i:j], High: b.High[i:j],
		Low: b.Low[i:j], Close: b.Close[i:j], Volume: b.Volume[i:j], Foreign: plan.SliceColumns(b.Foreign, i, j),
	}
	if cap(b.ms) >= j {
		s.ms = b.ms[i:j]
	}
	return s
}

// AppendBlock adds the candles of o at the end.
func (b *Block) AppendBlock(o *Block) {
	b.Time = append(b.Time, o.Time...)
	b.Open, b.High, b.Low = append(b.Open, o.Open...), append(b.High, o.High...), append(b.Low, o.Low...)
	b.Close, b.Volume = append(b.Close, o.Close...), append(b.Volume, o.Volume...)
}

// Truncate keeps the first n candles.
func (b *Block) Truncate(n int) {
	b.Time = b.Time[:n]
	b.Open, b.High, b.Low = b.Open[:n], b.High[:n], b.Low[:n]
	b.Close, b.Volume = b.Close[:n], b.Volume[:n]
}

// Reverse puts the last candle first.
func (b *Block) Reverse() {
	slices.Reverse(b.Time)
	for _, column := range [...][]float64{b.Open, b.High, b.Low, b.Close, b.Volume} {
		slices.Reverse(column)
	}
}

// Set replaces candle i.
func (b *Block) Set(i int, c candle.Candle) {
	b.Time[i] = c.Time
	b.Open[i], b.High[i], b.Low[i] = c.Open, c.High, c.Low
	b.Close[i], b.Volume[i] = c.Close, c.Volume
}

// Columns returns the block as a plan takes it.
func (b *Block) Columns(needsTime bool) *plan.Columns {
	b.view = plan.Columns{Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Volume: b.Volume, Foreign: b.Foreign}
	if needsTime {
		if len(b.ms) < len(b.Time) {
			b.ms = make([]float64, len(b.Time))
		}
		for i, t := range b.Time {
			b.ms[i] = float64(t / int64(time.Millisecond))
		}
		b.view.TimeMs = b.ms[:len(b.Time)]
	}
	return &b.view
}
