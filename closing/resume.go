package closing

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"streamd/candle"
	"streamd/internal/codec"
)

// Resume says from where on a further machine must be given the input, and what the records of the series hold.
type Resume struct {
	Inputs []InputPosition
	Bars   int64                         // position in the topic of closed bars from before
	Names  map[candle.Timeframe][]uint64 // of expressions
}

// InputPosition is an offset of a partition.
type InputPosition struct {
	Topic     string
	Partition int32
	Offset    int64
}

// ResumeMagic begins the record of a Resume, whose key is ResumeKey.
const (
	ResumeMagic   = "sdAP"
	ResumeKey     = "positions"
	resumeVersion = 1
)

// Names returns the names of the expressions that the series of the machine hold.
func (m *Machine) Names() map[candle.Timeframe][]uint64 {
	all := map[candle.Timeframe][]uint64{}
	for tf, f := range m.frames {
		names := []uint64{}
		for _, s := range f.sources {
			names = append(names, s.name)
		}
		all[tf] = names
	}
	return all
}

// Holds reports whether the records of the series hold what a machine needs.
func (r *Resume) Holds(m *Machine) bool {
	for tf, names := range r.Names {
		for _, s := range m.frame(tf).sources {
			if !slices.Contains(names, s.name) {
				return false
			}
		}
	}
	return len(r.Inputs) > 0
}

// At returns where to begin with a partition.
func (r *Resume) At(topic string, partition int32) (offset int64, ok bool) {
	for _, p := range r.Inputs {
		if p.Topic == topic && p.Partition == partition {
			return p.Offset, true
		}
	}
	return 0, false
}

// Record writes it.
func (r *Resume) Record() BarRecord {
	dst := append([]byte(ResumeMagic), resumeVersion)
	dst = binary.AppendVarint(dst, r.Bars)
	dst = binary.AppendUvarint(dst, uint64(len(r.Inputs)))
	for _, p := range r.Inputs {
		dst = codec.AppendText(dst, p.Topic)
		dst = binary.AppendVarint(dst, int64(p.Partition))
		dst = binary.AppendVarint(dst, p.Offset)
	}
	byWidth := func(a, b candle.Timeframe) int { return cmp.Compare(a.Duration(), b.Duration()) }
	for _, tf := range slices.SortedFunc(maps.Keys(r.Names), byWidth) {
		names := r.Names[tf]
		dst = codec.AppendText(dst, tf.String())
		dst = binary.AppendUvarint(dst, uint64(len(names)))
		for _, name := range names {
			dst = binary.LittleEndian.AppendUint64(dst, name)
		}
	}
	return BarRecord{Key: []byte(ResumeKey), Value: dst}
}

// ParseResume reads it; ok is false for other records of the topic, and for a damaged one.
func ParseResume(value []byte) (r Resume, ok bool) {
	d := codec.NewByteReader(value, ErrRecord)
	if string(d.Take(len(ResumeMagic))) != ResumeMagic || d.Byte() != resumeVersion {
		return r, false
	}
	r.Bars, r.Names = d.Varint(), map[candle.Timeframe][]uint64{}
	for n := d.Count(); n > 0 && d.Err() == nil; n-- {
		r.Inputs = append(r.Inputs, InputPosition{d.Text(), int32(d.Varint()), d.Varint()})
	}
	for d.Len() > 0 && d.Err() == nil {
		tf, known := candle.LookupTimeframe(d.Text())
		if !known {
			return Resume{}, false
		}
		names := []uint64{}
		for n := d.Count(); n > 0 && d.Err() == nil; n-- {
			names = append(names, d.Uint64())
		}
		r.Names[tf] = names
	}
	return r, d.Err() == nil
}
