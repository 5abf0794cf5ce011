package closing

import (
	"encoding/binary"
	"fmt"
	"math"

	"streamd/candle"
	"streamd/internal/codec"
)

// The state of a machine is which bars are closed and who is a member. It is written with every closed bar, in the same
// transaction. What series compute is not in it (see series_record.go), nor what waits: that comes of the input again.

// StateMagic begins a part of a state.
const StateMagic = "sdAS"

const stateVersion = 1

// AppendState appends the state.
func (m *Machine) AppendState(dst []byte) []byte {
	dst = append(dst, stateVersion)
	frames := m.sorted()
	dst = binary.AppendUvarint(dst, uint64(len(frames)))
	for _, f := range frames {
		dst = codec.AppendText(dst, f.timeframe.String())
		dst = binary.AppendVarint(dst, f.last)
		dst = binary.AppendVarint(dst, int64(f.closed))
		dst = binary.AppendUvarint(dst, uint64(len(f.recent)))
		for _, b := range f.recent {
			dst = binary.AppendVarint(dst, b.at)
			dst = binary.AppendUvarint(dst, uint64(len(b.asOf)))
			for _, g := range f.groups {
				if asOf, ok := b.asOf[g]; ok {
					dst = codec.AppendText(dst, g.key)
					dst = binary.AppendVarint(dst, asOf)
				}
			}
		}
		dst = binary.AppendUvarint(dst, uint64(len(f.groups)))
		for _, g := range f.groups {
			dst = codec.AppendText(dst, g.key)
			dst = codec.AppendText(dst, string(g.barrier.AppendState(nil)))
		}
	}
	return dst
}

// Restore gives a new machine the state of another one. What the formulas need may have changed in between.
func (m *Machine) Restore(state []byte) error {
	d := codec.NewByteReader(state, ErrRecord)
	if version := d.Byte(); d.Err() == nil && version != stateVersion {
		return fmt.Errorf("closing: a state of version %d, not %d", version, stateVersion)
	}
	for n := d.Count(); n > 0 && d.Err() == nil; n-- {
		tf, ok := candle.LookupTimeframe(d.Text())
		if !ok {
			return ErrRecord
		}
		f := m.frame(tf)
		f.last, f.closed = d.Varint(), int(d.Varint())
		byKey := map[string]*group{}
		for _, g := range f.groups {
			byKey[g.key], g.grown = g, f.last > math.MinInt64
		}
		for k := d.Count(); k > 0 && d.Err() == nil; k-- {
			b := symbolBar{at: d.Varint(), asOf: map[*group]int64{}}
			for i := d.Count(); i > 0 && d.Err() == nil; i-- {
				key, asOf := d.Text(), d.Varint()
				if g := byKey[key]; g != nil {
					b.asOf[g] = asOf
				}
			}
			f.recent = append(f.recent, b)
		}
		for k := d.Count(); k > 0 && d.Err() == nil; k-- {
			key, own := d.Text(), d.Text()
			if g := byKey[key]; g != nil && d.Err() == nil {
				if err := g.barrier.Restore([]byte(own)); err != nil {
					return err
				}
				g.grown = false
			}
		}
		for _, g := range f.groups {
			if f.last > math.MinInt64 {
				g.barrier.Pass(f.last)
			}
		}
	}
	if d.End() != nil {
		return ErrRecord
	}
	return nil
}
