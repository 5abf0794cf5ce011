package stream

import (
	"encoding/binary"
	"math"

	"streamd/candle"
)

// Columns of a record are packed: prices and volumes are decimals of a few places,
// so that a column of them is a power of ten and small differences of integers,
// a quarter of its floats. What a column begins with again and again (na, 0) is
// there once. Whatever does not come back to the bit is kept as it is.

const (
	placesMax = 9
	packedRaw = 0xFF // instead of a number of places
)

var powersOfTen = [placesMax + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// appendPacked appends the values, whose number the reader must know.
func appendPacked(dst []byte, values []float64) []byte {
	if len(values) == 0 {
		return dst
	}
	first := bitsOf(values[0])
	same := 1
	for same < len(values) && bitsOf(values[same]) == first {
		same++
	}
	dst = binary.AppendUvarint(dst, uint64(same))
	dst = binary.LittleEndian.AppendUint64(dst, first)
	values = values[same:]
	if len(values) == 0 {
		return dst
	}
	places, ok := decimalPlaces(values)
	if !ok {
		dst = append(dst, packedRaw)
		return appendFloats(dst, values)
	}
	dst = append(dst, byte(places))
	last := int64(0)
	for _, v := range values {
		n, _ := scaled(v, places)
		dst = binary.AppendVarint(dst, n-last)
		last = n
	}
	return dst
}

// appendTimes appends times, which mostly are as far apart as the two before.
func appendTimes(dst []byte, candles []candle.Candle) []byte {
	var last, step int64
	for i := range candles {
		d := candles[i].Time - last
		dst = binary.AppendVarint(dst, d-step)
		last, step = last+d, d
	}
	return dst
}

// bitsOf knows one na, whatever made it.
func bitsOf(v float64) uint64 {
	if v != v {
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(v)
}

// decimalPlaces returns with how many decimal places all values are written
// exactly, if there is such a number.
func decimalPlaces(values []float64) (int, bool) {
	places := 0
	for i := 0; i < len(values); i++ {
		if _, ok := scaled(values[i], places); ok {
			continue
		}
		if places++; places > placesMax {
			return 0, false
		}
		i = -1
	}
	return places, true
}

// scaled returns the value as an integer of that many decimal places.
func scaled(v float64, places int) (int64, bool) {
	const exact = 1 << 53
	r := math.Round(v * powersOfTen[places])
	if !(math.Abs(r) < exact) {
		return 0, false
	}
	n := int64(r)
	return n, bitsOf(float64(n)/powersOfTen[places]) == bitsOf(v)
}

// packed reads n values into dst.
func (r *recordReader) packed(n int) []float64 {
	if r.Err() != nil || n > r.room {
		r.Fail()
		return nil
	}
	r.room -= n
	values := make([]float64, n)
	if n == 0 {
		return values
	}
	same := r.Uvarint()
	if same < 1 || same > uint64(n) {
		r.Fail()
		return nil
	}
	first := r.Float()
	for i := range values[:same] {
		values[i] = first
	}
	rest := values[same:]
	if len(rest) == 0 {
		return values
	}
	switch places := r.Byte(); {
	case places == packedRaw:
		if len(rest)*8 > r.Len() {
			r.Fail()
			return nil
		}
		for i := range rest {
			rest[i] = r.Float()
		}
	case places > placesMax || len(rest) > r.Len():
		r.Fail()
		return nil
	default:
		last := int64(0)
		for i := range rest {
			last += r.Varint()
			rest[i] = float64(last) / powersOfTen[places]
		}
	}
	return values
}

func (r *recordReader) times(candles []candle.Candle) {
	var last, step int64
	for i := range candles {
		step += r.Varint()
		last += step
		candles[i].Time = last
	}
}
