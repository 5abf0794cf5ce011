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
			symbols = appendText(symbols, s.of.Canon)
			symbols = binary.AppendVarint(symbols, v.At)
			symbols = appendFloat(symbols, v.Value)
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
			value = appendText(value, symbol)
		}
		value = binary.AppendUvarint(value, uint64(len(g.sources)))
		for _, s := range g.sources {
			r := p.Sources[s.of.Canon]
			value = appendText(value, s.of.Canon)
			value = append(value, boolByte(s.scales))
			value = appendFloat(value, s.scale)
			for _, x := range r.Values[from:to] {
				value = appendFloat(value, x)
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

func boolByte(is bool) byte {
	if is {
		return 1
	}
	return 0
}

func (f *frame) head(dst []byte, flags byte, at int64, group string) []byte {
	dst = append(append(dst, RecordMagic...), recordVersion, flags)
	dst = appendText(dst, f.timeframe.String())
	dst = binary.AppendVarint(dst, at)
	return appendText(dst, group)
}

// key is universe, timeframe and bar, to be read by people.
func (f *frame) key(group string, at int64) []byte { return keyOf(group, f.timeframe.String(), at) }

func keyOf(group, timeframe string, at int64) []byte {
	return fmt.Appendf(nil, "%s/%s/%s", group, timeframe, time.Unix(0, at).UTC().Format(time.RFC3339))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendFloat(dst []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
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
	d := decoder{rest: value}
	if string(d.take(len(RecordMagic))) != RecordMagic {
		return tf, false, ErrRecord
	}
	if version := d.byte(); version != recordVersion {
		return tf, false, fmt.Errorf("closing: a record of version %d, not %d", version, recordVersion)
	}
	flags := d.byte()
	tf, ok := candle.LookupTimeframe(d.text())
	at, group := d.varint(), d.text()
	if d.err != nil || !ok {
		return tf, false, ErrRecord
	}
	if r.bar == nil || r.bar.At != at {
		*r = reading{
			bar: &Bar{At: at, Panels: map[string]*Panel{}, Symbols: map[string]SymbolValue{}},
		}
	}
	r.bytes += len(value)
	if flags&flagSymbols != 0 {
		for n := d.count(); n > 0 && d.err == nil; n-- {
			canon := d.text()
			r.bar.Symbols[canon] = SymbolValue{At: d.varint(), Value: d.float()}
		}
	} else {
		r.panel(&d, group)
	}
	if d.err != nil || len(d.rest) > 0 {
		r.bar = nil
		return tf, false, ErrRecord
	}
	return tf, flags&flagLast != 0, nil
}

// panel adds members of a universe.
func (r *reading) panel(d *decoder, group string) {
	p := r.bar.Panels[group]
	if p == nil {
		p = &Panel{Sources: map[string]*Ranked{}}
		r.bar.Panels[group] = p
	}
	p.Expected = int(d.uvarint())
	n := d.count()
	for range n {
		p.Symbols = append(p.Symbols, d.text())
	}
	for k := d.count(); k > 0 && d.err == nil; k-- {
		canon := d.text()
		s := p.Sources[canon]
		if s == nil {
			s = &Ranked{}
			p.Sources[canon] = s
		}
		scales := d.byte() == 1
		s.scale = d.float()
		for range n {
			s.Values = append(s.Values, d.float())
		}
		for range n * int(boolByte(scales)) {
			s.scales = append(s.scales, d.float32())
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

// decoder takes a record apart. After an error it gives zeros.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.err, d.rest = ErrRecord, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.err, d.rest = ErrRecord, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.err, d.rest = ErrRecord, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// count is a number of things that each take a byte at least.
func (d *decoder) count() int {
	v := d.uvarint()
	if v > uint64(len(d.rest)) {
		d.err, d.rest = ErrRecord, nil
		return 0
	}
	return int(v)
}

func (d *decoder) text() string { return string(d.take(d.count())) }

func (d *decoder) float() float64 {
	if b := d.take(8); b != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (d *decoder) float32() float32 {
	if b := d.take(4); b != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return 0
}
