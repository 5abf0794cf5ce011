package closing

import (
	"encoding/binary"
	"fmt"
	"math"

	"streamd/candle"
)

// The state of a machine is which bars are closed and who is a member. It is written with every closed bar, in the same
// transaction. What series compute is not in it, nor what waits: that comes of the input again.

// StateMagic begins a part of a state.
const StateMagic = "sdAS"

const stateVersion = 1

// AppendState appends the state.
func (m *Machine) AppendState(dst []byte) []byte {
	dst = append(dst, stateVersion)
	frames := m.sorted()
	dst = binary.AppendUvarint(dst, uint64(len(frames)))
	for _, f := range frames {
		dst = appendText(dst, f.timeframe.String())
		dst = binary.AppendVarint(dst, f.last)
		dst = binary.AppendVarint(dst, int64(f.closed))
		dst = binary.AppendUvarint(dst, uint64(len(f.recent)))
		for _, b := range f.recent {
			dst = binary.AppendVarint(dst, b.at)
			dst = binary.AppendUvarint(dst, uint64(len(b.asOf)))
			for _, g := range f.groups {
				if asOf, ok := b.asOf[g]; ok {
					dst = appendText(dst, g.key)
					dst = binary.AppendVarint(dst, asOf)
				}
			}
		}
		dst = binary.AppendUvarint(dst, uint64(len(f.groups)))
		for _, g := range f.groups {
			dst = appendText(dst, g.key)
			dst = appendText(dst, string(g.barrier.AppendState(nil)))
		}
	}
	return dst
}

// Restore gives a new machine the state of another one. What the formulas need may have changed in between.
func (m *Machine) Restore(state []byte) error {
	d := decoder{rest: state}
	if version := d.byte(); d.err == nil && version != stateVersion {
		return fmt.Errorf("closing: a state of version %d, not %d", version, stateVersion)
	}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		tf, ok := candle.LookupTimeframe(d.text())
		if !ok {
			return ErrRecord
		}
		f := m.frame(tf)
		f.last, f.closed = d.varint(), int(d.varint())
		byKey := map[string]*group{}
		for _, g := range f.groups {
			byKey[g.key], g.grown = g, f.last > math.MinInt64
		}
		for k := d.count(); k > 0 && d.err == nil; k-- {
			b := symbolBar{at: d.varint(), asOf: map[*group]int64{}}
			for i := d.count(); i > 0 && d.err == nil; i-- {
				key, asOf := d.text(), d.varint()
				if g := byKey[key]; g != nil {
					b.asOf[g] = asOf
				}
			}
			f.recent = append(f.recent, b)
		}
		for k := d.count(); k > 0 && d.err == nil; k-- {
			key, own := d.text(), d.text()
			if g := byKey[key]; g != nil && d.err == nil {
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
	if d.err != nil || len(d.rest) > 0 {
		return ErrRecord
	}
	return nil
}
