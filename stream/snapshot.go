package stream

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"maps"
	"math"
	"slices"

	"streamd/candle"
	"streamd/internal/codec"
)

// A record is the whole state of one series, by itself: magic, version, the origin of its
// input, the next offset to apply, the candles kept, the memory of every kernel and
// trigger by the hash of its canonical text, and a checksum over all of it. The origin is
// whatever the caller names the input by, opaque bytes here. The same record goes into the
// local store and the state topic.

const (
	recordMagic   = "sdSR"
	recordVersion = 4              // with a bar that waits to be closed; 3 without
	originMax     = math.MaxUint16 // bytes
)

// Errors of Restore. ErrNewer means a record of a later release: it must be left
// untouched.
var (
	ErrDamaged = errors.New("stream: record is damaged")
	ErrNewer   = errors.New("stream: record was written by a newer release")
)

// errShort is the error of a record whose checksum holds, and whose fields do not fit its length.
var errShort = fmt.Errorf("%w: it ends before its content", ErrDamaged)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendRecord appends the snapshot of the series. Equal candles give equal
// bytes, however they were cut into blocks.
//
// The origin is at most 65,535 bytes.
func (s *SeriesState) AppendRecord(dst, origin []byte) []byte {
	if s.program == nil {
		panic("stream: record of a series without a candle")
	}
	if len(origin) > originMax {
		panic(fmt.Sprintf("stream: an origin of %d bytes", len(origin)))
	}
	start := len(dst)
	kept := 0
	if s.ring != nil {
		kept = s.ring.Len()
	}
	dst = slices.Grow(dst, 2*(len(s.slab)+candleColumns*kept)) // mostly it comes to less
	le := binary.LittleEndian
	dst = append(dst, recordMagic...)
	version := byte(recordVersion)
	if !s.pending.there {
		version-- // earlier releases read it
	}
	dst = append(dst, version)
	dst = appendString(dst, string(origin))
	dst = le.AppendUint64(dst, uint64(s.Position))
	dst = codec.AppendBool(codec.AppendBool(dst, s.Rebuilt), s.seen)
	dst = appendString(dst, s.Key.Symbol)
	dst = appendString(dst, s.Key.Timeframe.String())
	dst = appendCandle(dst, s.last)
	dst = le.AppendUint32(dst, uint32(kept))
	if kept > 0 {
		candles := s.Candles(make([]candle.Candle, 0, kept))
		dst = appendTimes(dst, candles)
		column := make([]float64, kept)
		for k := range candleColumns {
			for i := range candles {
				column[i] = *candleColumn(&candles[i], k)
			}
			dst = appendPacked(dst, column)
		}
	}
	dst = s.awaited.append(dst)
	if s.pending.there {
		dst = appendCandle(dst, s.pending.candle)
	}
	plan := s.program.plan
	plan.Settle(s.slab)
	segments := plan.Segments()
	hangs := slices.Sorted(maps.Keys(s.hangs()))
	dst = le.AppendUint32(dst, uint32(len(segments)+len(s.program.rules)+s.program.livesCount()+len(hangs)))
	for _, seg := range segments {
		dst = appendSegment(dst, hashKey(seg.Key), s.slab[seg.Off:seg.Off+seg.Len])
	}
	for i := range s.program.rules {
		n := s.decisions.triggers[i].numbers(s.Bars())
		dst = appendSegment(dst, s.program.rules[i].stateKey(), n[:])
		if s.program.rules[i].lives() {
			n := s.decisions.lives[i].numbers(s.Bars())
			dst = appendSegment(dst, s.program.rules[i].lifeKey(), n[:])
		}
	}
	for _, key := range hangs { // of states that a reload brought and that are not settled: a mark
		dst = appendSegment(dst, hashKey("fresh "+key), nil)
	}
	return le.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// VerifyRecord checks magic, version and checksum and returns the series, its origin and
// its position, without building any state. The origin is a part of the record.
func VerifyRecord(record []byte) (key candle.Series, origin []byte, position int64, err error) {
	_, head, err := openRecord(record)
	return head.key, head.origin, head.position, err
}

// Restore makes the series of a record part of the engine, in place of one that
// it may hold. Nodes that the record does not know warm from its candles. A record without
// candles is of a series that was emptied: the engine has none then, and nil is returned.
func (e *Engine) Restore(record []byte) (*SeriesState, error) {
	r, head, err := openRecord(record)
	if err != nil {
		return nil, err
	}
	candles := r.candles()
	var waiting *awaited
	if r.version >= 3 {
		waiting = r.awaited()
	}
	var forms pending
	if r.version >= 4 {
		forms = pending{r.candle(), true}
	}
	stored := r.segments()
	if r.Err() != nil {
		return nil, r.Err()
	}
	e.Forget(head.key)
	if !head.seen && !forms.there {
		e.emptied[head.key] = head.position
		return nil, nil
	}
	if err := e.roomFor(head.key); err != nil {
		return nil, err
	}
	s := e.Series(head.key)
	s.Position, s.Rebuilt, s.last, s.seen = head.position, head.rebuilt, head.last, head.seen
	s.awaited, s.pending = waiting, forms
	s.Saved, s.resume = head.position, head.position
	if s.ring != nil {
		for _, c := range candles[max(0, len(candles)-s.ring.Cap()):] {
			s.ring.Push(c)
		}
	}
	e.prepare(s)
	plan := s.program.plan
	find := func(key string) ([]float64, bool) { v, ok := stored[hashKey(key)]; return v, ok }
	settled := func(key string) bool {
		_, ok := find(key)
		_, hangs := stored[hashKey("fresh "+key)]
		return ok && !hangs
	}
	states, whole := 0, s.triggersIn(stored)
	for _, seg := range plan.Segments() {
		if !seg.Tape {
			states++
			whole = whole && settled(seg.Key)
		}
	}
	if plan.AdoptSegments(s.slab, find) < states || !whole {
		plan.Reset(s.slab)
		e.warm(s)
		warmed := plan.Counts(s.slab)
		plan.AdoptSegments(s.slab, find)
		s.decisions.shift(s.Bars() - warmed[0])
		s.fresh = newFresh(s, settled, warmed)
	}
	for i := range s.program.rules {
		if t, ok := stored[s.program.rules[i].stateKey()]; ok && len(t) == triggerLen {
			s.decisions.triggers[i].setNumbers(t, s.Bars())
		}
		if n, ok := stored[s.program.rules[i].lifeKey()]; ok && len(n) == lifeLen && s.program.rules[i].lives() {
			s.decisions.lives[i].setNumbers(n, s.Bars(), &s.program.firings[i])
		}
	}
	s.decisions.forget()
	return s, nil
}

func (s *SeriesState) triggersIn(stored map[uint64][]float64) bool {
	for i := range s.program.rules {
		if _, ok := stored[s.program.rules[i].stateKey()]; !ok {
			return false
		}
	}
	return true
}

func (r *rule) stateKey() uint64 { return hashKey("trigger " + hex.EncodeToString(r.digest[:])) }

func hashKey(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

func appendString(dst []byte, s string) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(s)))
	return append(dst, s...)
}

func appendCandle(dst []byte, c candle.Candle) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(c.Time))
	return appendFloats(dst, []float64{c.Open, c.High, c.Low, c.Close, c.Volume})
}

func appendSegment(dst []byte, key uint64, values []float64) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, key)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(values)))
	return appendPacked(dst, values)
}

func appendFloats(dst []byte, values []float64) []byte {
	for _, v := range values {
		dst = binary.LittleEndian.AppendUint64(dst, bitsOf(v))
	}
	return dst
}

type recordHead struct {
	origin        []byte
	position      int64
	rebuilt, seen bool
	key           candle.Series
	last          candle.Candle
}

// recordReader reads a record, which may hold anything: a length beyond its end is ErrDamaged, not a panic or a large
// allocation.
type recordReader struct {
	codec.ByteReader
	room    int // for further values
	version byte
}

// recordValuesMax bounds the memory that a record can ask for: 128 MB.
const recordValuesMax = 1 << 24

// candleColumns is how many columns a record keeps of the candles, besides their times.
const candleColumns = 5

// candleColumn returns one of them of a candle.
func candleColumn(c *candle.Candle, i int) *float64 {
	switch i {
	case 0:
		return &c.Open
	case 1:
		return &c.High
	case 2:
		return &c.Low
	case 3:
		return &c.Close
	default:
		return &c.Volume
	}
}

// openRecord checks a record and reads its head.
func openRecord(record []byte) (r recordReader, h recordHead, err error) {
	n := len(record) - 4
	switch {
	case n < len(recordMagic)+1 || string(record[:4]) != recordMagic:
		return r, h, fmt.Errorf("%w: no magic in %d bytes", ErrDamaged, len(record))
	case crc32.Checksum(record[:n], castagnoli) != binary.LittleEndian.Uint32(record[n:]):
		return r, h, fmt.Errorf("%w: checksum of %d bytes differs", ErrDamaged, len(record))
	case record[4] > recordVersion:
		return r, h, fmt.Errorf("%w: version %d, this one reads up to %d", ErrNewer, record[4], recordVersion)
	}
	r = recordReader{codec.NewByteReader(record[5:n], errShort), recordValuesMax, record[4]}
	if r.version == 1 {
		h.origin = r.originOf1(record[5:n])
	} else {
		h.origin = r.Take(int(r.Uint16()))
	}
	h.position = int64(r.Uint64())
	h.rebuilt, h.seen = r.Bool(), r.Bool()
	h.key.Symbol = r.text()
	tf := r.text()
	if r.Err() == nil {
		if h.key.Timeframe, err = candle.ParseTimeframe(tf); err != nil {
			return r, h, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	h.last = r.candle()
	return r, h, r.Err()
}

// originOf1 returns the origin of a record of version 1, which had it in three fields: a
// text and its length, four and sixteen bytes.
func (r *recordReader) originOf1(rest []byte) []byte {
	n := 2 + 4 + 16
	if len(rest) >= n {
		n += int(binary.LittleEndian.Uint16(rest))
	}
	return r.Take(n)
}

func (r *recordReader) candles() []candle.Candle {
	n := int(r.Uint32())
	if n > r.Len() {
		r.Fail() // a time takes a byte at least
		return nil
	}
	cs := make([]candle.Candle, n)
	r.times(cs)
	for k := range candleColumns {
		for i, v := range r.packed(n) {
			*candleColumn(&cs[i], k) = v
		}
	}
	return cs
}

func (r *recordReader) segments() map[uint64][]float64 {
	n := int(r.Uint32())
	if n*12 > r.Len() {
		r.Fail()
		return nil
	}
	all := make(map[uint64][]float64, n)
	for range n {
		key, m := r.Uint64(), int(r.Uint32())
		if all[key] = r.packed(m); r.Err() != nil {
			return nil
		}
	}
	if r.End() != nil {
		return nil
	}
	return all
}

func (r *recordReader) candle() candle.Candle {
	c := candle.Candle{Time: int64(r.Uint64())}
	for k := range candleColumns {
		*candleColumn(&c, k) = r.Float()
	}
	return c
}

// text reads what appendString wrote.
func (r *recordReader) text() string { return string(r.Take(int(r.Uint16()))) }
