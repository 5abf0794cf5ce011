package across

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"streamd/internal/codec"
)

// The state of a barrier is what its successor needs: which bars are complete, and which series are members. Candles
// of bars that wait are not in it, nor how far partitions have come. Both arrive again: the caller reads the input a
// second time into a restored barrier, from any earlier position. Candles counted already are answered by Repeated.

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
			dst = codec.AppendText(dst, symbol)
		}
	}
	settled := slices.Clone(b.order)
	settled = slices.DeleteFunc(settled, func(e *expected) bool { return e.settled == math.MinInt64 })
	slices.SortFunc(settled, func(x, y *expected) int { return cmp.Compare(x.symbol, y.symbol) })
	dst = binary.AppendUvarint(dst, uint64(len(settled)))
	for _, e := range settled {
		dst = codec.AppendText(dst, e.symbol)
		dst = binary.AppendVarint(dst, int64(e.bars))
		dst = binary.AppendVarint(dst, int64(e.Membership.last))
		dst = binary.AppendVarint(dst, e.settled)
	}
	return dst
}

// Restore gives a new barrier the state of another one.
func (b *Barrier) Restore(state []byte) error {
	r := codec.NewByteReader(state, errState)
	if version := r.Byte(); r.Err() == nil && version != stateVersion {
		return fmt.Errorf("across: the state of a barrier is of version %d, not %d", version, stateVersion)
	}
	last, number := r.Varint(), int32(r.Varint())
	var recent []closedBar
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		c := closedBar{at: r.Varint(), number: int32(r.Varint())}
		for m := r.Count(); m > 0 && r.Err() == nil; m-- {
			c.leftOut = append(c.leftOut, r.Text())
		}
		recent = append(recent, c)
	}
	var order []*expected
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		e := &expected{symbol: r.Text(), partition: -1}
		e.bars, e.Membership.last = int32(r.Varint()), int32(r.Varint())
		e.settled = r.Varint()
		e.reached = e.settled
		order = append(order, e)
	}
	if err := r.End(); err != nil {
		return err
	}
	b.last, b.number, b.recent, b.order, b.bars = last, number, recent, order, nil
	clear(b.members)
	for _, e := range order {
		b.members[e.symbol] = e
	}
	return nil
}
