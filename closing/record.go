package closing

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/internal/codec"
)

// A closed bar is written as a record for each universe, or several where one would be too large, and one for symbols.
// The last one says so: what was read before it is no bar yet. A record is
//
//	"sdAX", version, flags, timeframe, open time, group
//	of a universe: how many are expected, the members' symbols, then each expression: canonical text, how its
//	magnitudes are given, a value of each member, their magnitudes
//	of symbols: each expression: canonical text, open time of the candle that it is of, value
//
// with texts behind their lengths, whole numbers as varints and values as little-endian floats.

// RecordMagic begins every record.
const RecordMagic = "sdAX"

const (
	recordVersion = 1
	flagLast      = 1
	flagSymbols   = 2
	// recordBytesMax bounds a record: brokers take a megabyte.
	recordBytesMax = 900_000
)

// records writes a bar.
func (f *frame) records(b *Bar, members map[*group]*panelMembers) []BarRecord {
	var all []BarRecord
	symbols := f.head(nil, flagSymbols, b.At, "sym")
	count := 0
	for _, s := range f.sources {
		if s.group.symbol != "" {
			count++
		}
	}
	symbols = binary.AppendUvarint(symbols, uint64(count))
	for _, s := range f.sources {
		if s.group.symbol != "" {
			v := b.Symbols[s.of.Canon]
			symbols = codec.AppendText(symbols, s.of.Canon)
			symbols = binary.AppendVarint(symbols, v.At)
			symbols = codec.AppendFloat(symbols, v.Value)
		}
	}
	for _, g := range f.groups {
		if p := members[g]; p != nil {
			all = append(all, f.panelRecords(b, g, p.panel)...)
		}
	}
	if count > 0 || len(all) == 0 {
		all = append(all, BarRecord{Key: f.key("sym", b.At), Value: symbols})
	}
	all[len(all)-1].Value[len(RecordMagic)+1] |= flagLast
	return all
}

// panelRecords writes the members of a universe, as many in a record as there is room for.
func (f *frame) panelRecords(b *Bar, g *group, p *Panel) []BarRecord {
	perMember := 2
	for _, s := range g.sources {
		perMember += 8
		if s.scales {
			perMember += 4
		}
	}
	var all []BarRecord
	for from := 0; from == 0 || from < len(p.Symbols); {
		to, bytes := from, 0
		for to < len(p.Symbols) && bytes < recordBytesMax {
			bytes += perMember + len(p.Symbols[to])
			to++
		}
		value := f.head(nil, 0, b.At, g.key)
		value = binary.AppendUvarint(value, uint64(p.Expected))
		value = binary.AppendUvarint(value, uint64(to-from))
		for _, symbol := range p.Symbols[from:to] {
			value = codec.AppendText(value, symbol)
		}
		value = binary.AppendUvarint(value, uint64(len(g.sources)))
		for _, s := range g.sources {
			r := p.Sources[s.of.Canon]
			value = codec.AppendText(value, s.of.Canon)
			value = codec.AppendBool(value, s.scales)
			value = codec.AppendFloat(value, s.scale)
			for _, x := range r.Values[from:to] {
				value = codec.AppendFloat(value, x)
			}
			if s.scales {
				for _, x := range r.scales[from:to] {
					value = binary.LittleEndian.AppendUint32(value, math.Float32bits(x))
				}
			}
		}
		all = append(all, BarRecord{Key: f.key(g.key, b.At), Value: value})
		if from = to; to == 0 {
			break
		}
	}
	return all
}

func (f *frame) head(dst []byte, flags byte, at int64, group string) []byte {
	dst = append(append(dst, RecordMagic...), recordVersion, flags)
	dst = codec.AppendText(dst, f.timeframe.String())
	dst = binary.AppendVarint(dst, at)
	return codec.AppendText(dst, group)
}

// key is universe, timeframe and bar, to be read by people.
func (f *frame) key(group string, at int64) []byte { return keyOf(group, f.timeframe.String(), at) }

func keyOf(group, timeframe string, at int64) []byte {
	return fmt.Appendf(nil, "%s/%s/%s", group, timeframe, time.Unix(0, at).UTC().Format(time.RFC3339))
}

// ErrRecord is the error of bytes that are no record.
var ErrRecord = errors.New("closing: this is no record of a closed bar, or a damaged one")

// reading is a bar of which not all records have been read.
type reading struct {
	bar   *Bar
	bytes int
}

// decode adds a record to the bar that it belongs to, and reports whether it is the last one.
func (r *reading) decode(value []byte) (tf candle.Timeframe, last bool, err error) {
	d := codec.NewByteReader(value, ErrRecord)
	if string(d.Take(len(RecordMagic))) != RecordMagic {
		return tf, false, ErrRecord
	}
	if version := d.Byte(); version != recordVersion {
		return tf, false, fmt.Errorf("closing: a record of version %d, not %d", version, recordVersion)
	}
	flags := d.Byte()
	tf, ok := candle.LookupTimeframe(d.Text())
	at, group := d.Varint(), d.Text()
	if d.Err() != nil || !ok {
		return tf, false, ErrRecord
	}
	if r.bar == nil || r.bar.At != at {
		*r = reading{
			bar: &Bar{At: at, Panels: map[string]*Panel{}, Symbols: map[string]SymbolValue{}},
		}
	}
	r.bytes += len(value)
	if flags&flagSymbols != 0 {
		for n := d.Count(); n > 0 && d.Err() == nil; n-- {
			canon := d.Text()
			r.bar.Symbols[canon] = SymbolValue{At: d.Varint(), Value: d.Float()}
		}
	} else {
		r.panel(&d, group)
	}
	if d.End() != nil {
		r.bar = nil
		return tf, false, ErrRecord
	}
	return tf, flags&flagLast != 0, nil
}

// panel adds members of a universe.
func (r *reading) panel(d *codec.ByteReader, group string) {
	p := r.bar.Panels[group]
	if p == nil {
		p = &Panel{Sources: map[string]*Ranked{}}
		r.bar.Panels[group] = p
	}
	p.Expected = int(d.Uvarint())
	n := d.Count()
	for range n {
		p.Symbols = append(p.Symbols, d.Text())
	}
	for k := d.Count(); k > 0 && d.Err() == nil; k-- {
		canon := d.Text()
		s := p.Sources[canon]
		if s == nil {
			s = &Ranked{}
			p.Sources[canon] = s
		}
		scales := d.Bool()
		s.scale = d.Float()
		for range n {
			s.Values = append(s.Values, d.Float())
		}
		for i := 0; scales && i < n; i++ {
			s.scales = append(s.scales, d.Float32())
		}
	}
}

// complete compares the values once all records are there.
func (r *reading) complete(v *across.Vector) (*Bar, error) {
	b := r.bar
	for _, p := range b.Panels {
		if !slices.IsSorted(p.Symbols) {
			return nil, ErrRecord
		}
		p.index()
		for canon, s := range p.Sources {
			if len(s.Values) != len(p.Symbols) || s.scales != nil && len(s.scales) != len(s.Values) {
				return nil, ErrRecord
			}
			p.Sources[canon] = newRanked(v, s.Values, s.scales, s.scale)
		}
	}
	r.bar = nil
	return b, nil
}
