package across

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// The state of a barrier, for whoever goes on with its work: what is complete, and who is a member. Candles of bars
// that wait are not in it, nor what partitions have shown. They arrive again: a barrier that is restored is given the
// input anew, from as far back as one likes, and calls Repeated what it has dealt with.

// errState is the error of bytes that are no state.
var errState = errors.New("across: the state of a barrier is damaged")

const stateVersion = 1

// AppendState appends the state.
func (b *Barrier) AppendState(dst []byte) []byte {
	dst = append(dst, stateVersion)
	dst = binary.AppendVarint(dst, b.last)
	dst = binary.AppendVarint(dst, int64(b.number))
	dst = binary.AppendUvarint(dst, uint64(len(b.recent)))
	for _, c := range b.recent {
		dst = binary.AppendVarint(dst, c.at)
		dst = binary.AppendVarint(dst, int64(c.number))
		dst = binary.AppendUvarint(dst, uint64(len(c.leftOut)))
		for _, symbol := range c.leftOut {
			dst = appendText(dst, symbol)
		}
	}
	settled := slices.Clone(b.order)
	settled = slices.DeleteFunc(settled, func(e *expected) bool { return e.settled == math.MinInt64 })
	slices.SortFunc(settled, func(x, y *expected) int { return cmp.Compare(x.symbol, y.symbol) })
	dst = binary.AppendUvarint(dst, uint64(len(settled)))
	for _, e := range settled {
		dst = appendText(dst, e.symbol)
		dst = binary.AppendVarint(dst, int64(e.bars))
		dst = binary.AppendVarint(dst, int64(e.Membership.last))
		dst = binary.AppendVarint(dst, e.settled)
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// Restore gives a new barrier the state of another one.
func (b *Barrier) Restore(state []byte) error {
	r := stateReader{rest: state}
	if version := r.byte(); r.err == nil && version != stateVersion {
		return fmt.Errorf("across: the state of a barrier is of version %d, not %d", version, stateVersion)
	}
	last, number := r.varint(), int32(r.varint())
	var recent []closedBar
	for n := r.count(); n > 0 && r.err == nil; n-- {
		c := closedBar{at: r.varint(), number: int32(r.varint())}
		for m := r.count(); m > 0 && r.err == nil; m-- {
			c.leftOut = append(c.leftOut, r.text())
		}
		recent = append(recent, c)
	}
	var order []*expected
	for n := r.count(); n > 0 && r.err == nil; n-- {
		e := &expected{symbol: r.text(), partition: -1}
		e.bars, e.Membership.last = int32(r.varint()), int32(r.varint())
		e.settled = r.varint()
		e.reached = e.settled
		order = append(order, e)
	}
	if r.err == nil && len(r.rest) > 0 {
		r.err = errState
	}
	if r.err != nil {
		return r.err
	}
	b.last, b.number, b.recent, b.order, b.bars = last, number, recent, order, nil
	clear(b.members)
	for _, e := range order {
		b.members[e.symbol] = e
	}
	return nil
}

// stateReader takes a state apart. After an error it gives zeros.
type stateReader struct {
	rest []byte
	err  error
}

func (r *stateReader) byte() byte {
	if len(r.rest) == 0 {
		r.err = errState
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *stateReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.err, r.rest = errState, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count is a number of things that each take a byte at least.
func (r *stateReader) count() int {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > uint64(len(r.rest)) {
		r.err, r.rest = errState, nil
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

func (r *stateReader) text() string {
	n := r.count()
	if n > len(r.rest) {
		r.err, r.rest = errState, nil
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
