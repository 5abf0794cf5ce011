package closing

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"

	"streamd/candle"
	"streamd/internal/codec"
)

// What a series has computed is a record of its own, so that a further machine need not be given the input from its
// beginning. Records are written in rounds, a few at a time: once each series that had changed is written, everything
// below the positions at which the round began is in the records. A record is
//
//	"sdAR", version, whether a bar forms, timeframe, symbol, partition of the input, open time of the newest candle
//	that it holds, the forming candle, then for each expression: its name, value and magnitude, and for each part of
//	its memory name, length, values
//
// where names are hashes of canonical texts. A candle that the record holds is known by its time: it does nothing when
// it comes again.

// SeriesMagic begins the record of a series.
const SeriesMagic = "sdAR"

const seriesVersion = 1

// BeginRound has every series that has changed be written once more. A candle that waits belongs to the round: its
// series is written when the bar is closed.
func (m *Machine) BeginRound() {
	m.due = m.due[:0]
	for _, f := range m.sorted() {
		if len(f.sources) == 0 {
			continue
		}
		if f.mark = math.MinInt64; len(f.pending) > 0 {
			f.mark = f.pending[len(f.pending)-1]
		}
		for _, s := range f.order {
			if s.changed {
				s.mark = s.last
				m.due = append(m.due, dueSeries{f, s})
			}
		}
	}
}

// dueSeries is a series that is to be written in a round.
type dueSeries struct {
	frame  *frame
	series *series
}

// Due returns how many series of the round are not written, and bars not closed that waited when it began.
func (m *Machine) Due() int {
	n := len(m.due)
	for _, f := range m.frames {
		for _, at := range f.pending {
			if at <= f.mark {
				n++
			}
		}
	}
	return n
}

// SeriesRecords returns records of the round, of some bytes at least if there are so many. What is computed must be
// committed, or be so together with the records.
func (m *Machine) SeriesRecords(bytes int) []BarRecord {
	var all []BarRecord
	kept := m.due[:0]
	for i, d := range m.due {
		if bytes <= 0 {
			kept = append(kept, m.due[i:]...)
			break
		}
		if len(d.series.waiting) > 0 && d.series.waiting[0].Time <= d.series.mark {
			kept = append(kept, d)
			continue
		}
		d.series.changed = len(d.series.waiting) > 0
		r := d.frame.seriesRecord(d.series, m.partitions[d.series.partition].name)
		bytes -= len(r.Value)
		all = append(all, r)
	}
	m.due = kept
	return all
}

func (f *frame) seriesRecord(s *series, partition string) BarRecord {
	dst := codec.AppendBool(append([]byte(SeriesMagic), seriesVersion), s.forms)
	dst = codec.AppendText(dst, f.timeframe.String())
	dst = codec.AppendText(dst, s.symbol)
	dst = codec.AppendText(dst, partition)
	dst = binary.AppendVarint(dst, s.steppedTo)
	if s.forms {
		dst = binary.AppendVarint(dst, s.forming.Time)
		c := &s.forming
		for _, x := range [...]float64{c.Open, c.High, c.Low, c.Close, c.Volume} {
			dst = codec.AppendFloat(dst, x)
		}
	}
	for _, source := range f.sources {
		state := &s.states[source.place]
		if state.slab == nil {
			continue
		}
		dst = binary.LittleEndian.AppendUint64(dst, source.name)
		dst = codec.AppendFloat(codec.AppendFloat(dst, state.value), state.scale)
		source.plan.Settle(state.slab)
		segments := source.plan.Segments()
		dst = binary.AppendUvarint(dst, uint64(len(segments)))
		for i, seg := range segments {
			dst = binary.LittleEndian.AppendUint64(dst, source.segments[i])
			dst = binary.AppendUvarint(dst, uint64(seg.Len))
			for _, x := range state.slab[seg.Off : seg.Off+seg.Len] {
				dst = codec.AppendFloat(dst, x)
			}
		}
	}
	return BarRecord{Key: fmt.Appendf(nil, "series/%s/%s", f.timeframe, s.symbol), Value: dst}
}

// RestoreSeries gives the machine a series of another one, after its state and its partitions. It is an error if the
// record does not hold all that formulas need now: then the input is to be read from its beginning, by a machine
// without series.
func (m *Machine) RestoreSeries(record []byte) error {
	d := codec.NewByteReader(record, ErrRecord)
	if string(d.Take(len(SeriesMagic))) != SeriesMagic {
		return ErrRecord
	}
	if version := d.Byte(); version != seriesVersion {
		return fmt.Errorf("closing: a series of version %d, not %d", version, seriesVersion)
	}
	forms := d.Bool()
	tf, ok := candle.LookupTimeframe(d.Text())
	symbol, p, steppedTo := d.Text(), m.partitionOf(d.Text()), d.Varint()
	if d.Err() != nil || !ok {
		return ErrRecord
	}
	if p < 0 { // which was deleted: nothing more comes of it
		return nil
	}
	f := m.frame(tf)
	if len(f.sources) == 0 {
		return nil
	}
	s := f.series[symbol]
	if s == nil {
		if s = m.admit(f, []byte(symbol), p); s == nil {
			return nil
		}
	}
	s.partition, s.steppedTo, s.last, s.seen = p, steppedTo, steppedTo, steppedTo > math.MinInt64
	if s.forms = forms; forms {
		s.forming = candle.Candle{Time: d.Varint()}
		for _, x := range [...]*float64{
			&s.forming.Open, &s.forming.High, &s.forming.Low, &s.forming.Close, &s.forming.Volume,
		} {
			*x = d.Float()
		}
	}
	restored := 0
	for d.Len() > 0 && d.Err() == nil {
		restored += f.restoreSource(s, &d)
	}
	for i := range s.states {
		if s.states[i].slab != nil {
			restored--
		}
	}
	if d.Err() != nil || restored != 0 {
		return ErrRecord
	}
	if s.seen {
		f.show(p, steppedTo)
		for _, g := range s.groups {
			g.barrier.Place(symbol, p)
		}
	}
	return nil
}

// restoreSource reads what a series has of an expression, and returns 1 if that is needed, else 0.
func (f *frame) restoreSource(s *series, d *codec.ByteReader) int {
	name := d.Uint64()
	value, scale := d.Float(), d.Float()
	var source *source
	for _, x := range f.sources {
		if x.name == name && s.states[x.place].slab != nil {
			source = x
		}
	}
	found := 0
	for n := d.Count(); n > 0 && d.Err() == nil; n-- {
		segment, length := d.Uint64(), d.Count()
		bytes := codec.NewByteReader(d.Take(8*length), ErrRecord)
		if source == nil {
			continue
		}
		for i, seg := range source.plan.Segments() {
			if source.segments[i] == segment && seg.Len == length {
				found++
				for k := range length {
					s.states[source.place].slab[seg.Off+k] = bytes.Float()
				}
			}
		}
	}
	if source == nil {
		return 0
	}
	if found != len(source.plan.Segments()) {
		d.Fail()
		return 0
	}
	s.states[source.place].value, s.states[source.place].scale = value, scale
	return 1
}

func nameOf(texts ...string) uint64 {
	h := fnv.New64a()
	for _, text := range texts {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return h.Sum64()
}
