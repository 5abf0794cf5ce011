package history

import (
	"math"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/stream"
)

// candlesKey and candlesChecked are in the metadata of a file whose candles were all checked when they were written.
// Programs that change a file may keep its metadata, but write their own names into it as its creator.
const (
	candlesKey     = "streamd.candles"
	candlesChecked = "checked"
	candlesWriter  = "streamd"
)

// CheckedCandles is what a Parquet file of checked candles says of itself: its creator, and a line of its metadata.
func CheckedCandles() (creator, key, value string) { return candlesWriter, candlesKey, candlesChecked }

// checked reports whether this program wrote the candles of the file, which are good then.
func (p *parquetFile) checked() bool {
	value, _ := p.Lookup(candlesKey)
	return value == candlesChecked && strings.HasPrefix(p.Metadata().CreatedBy, candlesWriter+" ")
}

// narrow forgets the columns that need not be read, and returns those that are, and those that the file has not.
func (p *parquetFile) narrow(d *Data) (reads, absent stream.PriceSet) {
	partly := d.Reads != 0 && (d.Trust || p.checked())
	for k := range stream.PricesCount {
		c := &p.columns[fieldOpen+k]
		switch {
		case *c == nil:
			absent |= 1 << k
		case partly && !d.Reads.Has(k):
			*c = nil
		default:
			reads |= 1 << k
		}
	}
	return reads, absent
}

// fill appends what stands for the values of a column that is not read: 0 for volumes that the file has not, else na.
func fill(column []float64, n int, absent bool) []float64 {
	from := len(column)
	column = slices.Grow(column, n)[:from+n]
	if absent {
		clear(column[from:])
		return column
	}
	for i := range column[from:] {
		column[from+i] = notANumber
	}
	return column
}

// dropBad drops the candles from one on that fail their check, and notes why. What was not read is not checked.
func dropBad(b *stream.Block, from int, r *run, read stream.PriceSet) {
	n, kept := b.Len(), from
	if read == stream.PricesAll {
		kept += good(b, from)
	} else {
		kept += goodOf(b, from, read)
	}
	for i := kept; i < n; i++ {
		c := supplied(b.At(i), read)
		if math.IsNaN(c.Volume) {
			c.Volume = 0
			r.volumeMissing++
		}
		why := "time missing or not valid"
		if c.Time != badTime {
			why = mendedDefect(&c)
		}
		if why != "" {
			r.left = leaveOut(r.left, why, 1, 0)
			continue
		}
		b.Set(kept, without(c, read))
		kept++
	}
	if kept < n {
		b.Truncate(kept)
	}
}

// good returns how many candles from one on surely pass their check: it is that
// check over columns, where candle.Check is one call for each.
func good(b *stream.Block, from int) int {
	at := b.Time[from:]
	n := len(at)
	open, high, low, last, volume := b.Open[from:][:n], b.High[from:][:n], b.Low[from:][:n], b.Close[from:][:n],
		b.Volume[from:][:n]
	for i, t := range at {
		h, l, c := high[i], low[i], last[i]
		if !(t >= candle.MinTime && t < candle.EndTime && l >= 0 && l <= c && c <= h && h > 0 && h <= math.MaxFloat64 &&
			open[i] >= 0 && open[i] <= math.MaxFloat64 && volume[i] >= 0 && volume[i] <= math.MaxFloat64) {
			return i
		}
	}
	return n
}

// goodOf is good for some of the columns.
func goodOf(b *stream.Block, from int, read stream.PriceSet) int {
	n := len(b.Time) - from
	for i, t := range b.Time[from:] {
		if !(t >= candle.MinTime && t < candle.EndTime) {
			n = i
			break
		}
	}
	columns := [stream.PricesCount][]float64{b.Open, b.High, b.Low, b.Close, b.Volume}
	for k, column := range columns {
		if read.Has(k) {
			n = firstUnsound(column[from : from+n])
		}
	}
	const high, low, last = fieldHigh - fieldOpen, fieldLow - fieldOpen, fieldClose - fieldOpen
	if read.Has(high) {
		n = firstBeyond(nil, b.High[from:from+n])
	}
	for _, pair := range [...][2]int{{low, last}, {last, high}, {low, high}} {
		if read.Has(pair[0]) && read.Has(pair[1]) {
			n = firstBeyond(columns[pair[0]][from:], columns[pair[1]][from:from+n])
		}
	}
	return n
}

// firstUnsound returns the place of the first value that is no price or volume, else how many there are.
func firstUnsound(values []float64) int {
	for i, v := range values {
		if !(v >= 0 && v <= math.MaxFloat64) {
			return i
		}
	}
	return len(values)
}

// firstBeyond returns the place of the first bound that the value there is above, else how many bounds there are.
// Without values it is the first bound that is not above 0.
func firstBeyond(values, bounds []float64) int {
	for i, bound := range bounds {
		if values == nil && !(bound > 0) || values != nil && !(values[i] <= bound) {
			return i
		}
	}
	return len(bounds)
}

// supplied returns a candle whose columns that were not read are such that it is good if the others are.
func supplied(c candle.Candle, read stream.PriceSet) candle.Candle {
	if read == stream.PricesAll {
		return c
	}
	least, most := math.Inf(1), 0.0
	prices := [...]*float64{&c.Open, &c.High, &c.Low, &c.Close}
	for k, price := range prices {
		if read.Has(k) && k > 0 { // an open may lie outside of high and low
			least, most = min(least, *price), max(most, *price)
		}
	}
	if least > most {
		least, most = 1, 1
	}
	for k, v := range [...]float64{least, max(most, 1), least, least} {
		if !read.Has(k) {
			*prices[k] = v
		}
	}
	if !read.Has(fieldVolume - fieldOpen) {
		c.Volume = 1
	}
	return c
}

// without returns a candle that has na for what was not read.
func without(c candle.Candle, read stream.PriceSet) candle.Candle {
	for k, v := range [...]*float64{&c.Open, &c.High, &c.Low, &c.Close, &c.Volume} {
		if !read.Has(k) {
			*v = notANumber
		}
	}
	return c
}
