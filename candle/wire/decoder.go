package wire

import (
	"bytes"
	"fmt"

	"streamd/candle"
)

// The limits of a message.
const (
	MaxDepth   = 64     // of nested objects and arrays
	MaxCandles = 20_000 // in one message

	// maxWords bounds the texts remembered by each of the word tables.
	maxWords = 16_384
)

// Defaults are what the topic's configuration knows of its messages: the
// symbol and timeframe of those that do not say.
type Defaults struct {
	Symbol    string
	Timeframe candle.Timeframe

	// Untimed lets candles pass for which no timeframe is known: theirs is zero.
	Untimed bool
}

// Decoder turns JSON messages into candles by a Mapping, in one pass and
// without allocating once it has seen the longest message. It is not safe for
// concurrent use.
type Decoder struct {
	mapping  Mapping
	compiled compiled
	defaults Defaults
	symbol   []byte // defaults.Symbol

	input   []byte
	outer   record // what stands outside of the candles
	records []record
	inside  bool    // whether a candle is being read
	current *record // what is being read: the last of records, or outer
	lists   int     // places of candles met, empty ones included
	scratch []byte  // texts with escapes, unescaped
	defect  *candle.Defect

	lastWord      []byte // the timeframe of the last message: mostly the next one's
	lastTimeframe candle.Timeframe
	timeframes    map[string]candle.Timeframe
	symbols       map[string][]byte // by the text that symbol_pattern was applied to
}

// record is a candle whose symbol and timeframe may still have to come from
// outside of it.
type record struct {
	numbers   [slotVolume + 1]float64 // by slot
	time      int64
	endTime   int64
	symbol    []byte
	timeframe candle.Timeframe
	closed    bool
	seen      slotMask
}

// NewDecoder returns a decoder for messages of the mapping. The error names the
// field of the mapping that is wrong.
func NewDecoder(m Mapping, defaults Defaults) (*Decoder, error) {
	c, err := m.compile()
	if err != nil {
		return nil, err
	}
	d := &Decoder{
		mapping: m, compiled: c, defaults: defaults, symbol: []byte(defaults.Symbol),
		timeframes: map[string]candle.Timeframe{}, symbols: map[string][]byte{},
	}
	if d.defaults.Timeframe.IsZero() {
		d.defaults.Timeframe = m.TimeframeDefault
	}
	if len(d.symbol) > 0 {
		if defect := candle.SymbolDefect(d.symbol); defect != nil {
			return nil, defect
		}
	}
	return d, nil
}

// Decode appends the candles of one message to dst. A message is good as a
// whole or not at all: on any defect dst is returned as it was, with a *Defect.
// The key is that of the Kafka record; a nil value is a tombstone. The symbols
// alias value, key or the decoder's memory until the next Decode.
func (d *Decoder) Decode(dst []candle.Message, key, value []byte) ([]candle.Message, error) {
	d.input, d.defect = value, nil
	d.outer, d.inside, d.current = record{}, false, &d.outer
	d.records, d.scratch, d.lists = d.records[:0], d.scratch[:0], 0

	if p := d.message(); p < 0 {
		return dst, d.defect
	}
	length := len(dst)
	for i := range d.records {
		dst = append(dst, candle.Message{})
		if defect := d.finish(&dst[len(dst)-1], &d.records[i], key); defect != nil {
			return dst[:length], defect
		}
	}
	return dst, nil
}

// message reads the whole input, after which the candles are in records.
func (d *Decoder) message() int {
	b := d.input
	p := skipSpace(b, 0)
	if p == len(b) {
		if b == nil {
			return d.fail(candle.ReasonNullValue, "the message has no value")
		}
		return d.fail(candle.ReasonNotParseable, "the message is empty")
	}
	root := d.compiled.root
	if b[p] == 'n' {
		if p = d.literal(p, "null"); p < 0 {
			return p
		}
		if p = skipSpace(b, p); p == len(b) {
			return d.fail(candle.ReasonNullValue, "the message is null")
		}
		return d.unexpected(p)
	}
	if p = d.value(root, p, 0); p < 0 {
		return p
	}
	if p = skipSpace(b, p); p < len(b) {
		return d.fail(candle.ReasonNotParseable, "%d bytes follow the message at byte %d", len(b)-p, p)
	}
	if d.lists == 0 {
		return d.fail(candle.ReasonMissingField, "the message has no candle at %s", d.mapping.Candles)
	}
	return p
}

// finish makes m of a candle and what stands outside of it, and checks it.
func (d *Decoder) finish(m *candle.Message, r *record, key []byte) *candle.Defect {
	if missing := d.compiled.needed &^ r.seen; missing != 0 {
		for s := slotOpen; s < slotCount; s++ {
			if missing&s.mask() != 0 {
				return &candle.Defect{Reason: candle.ReasonMissingField, Detail: slotNames[s] + " is missing"}
			}
		}
	}
	m.Closed = true
	m.Candle = candle.Candle{
		Time: r.time, Open: r.numbers[slotOpen], High: r.numbers[slotHigh], Low: r.numbers[slotLow],
		Close: r.numbers[slotClose], Volume: r.numbers[slotVolume],
	}
	var defect *candle.Defect
	if m.Symbol, defect = d.symbolFor(r, key); defect != nil {
		return defect
	}

	switch {
	case r.seen&slotTimeframe.mask() != 0:
		m.Timeframe = r.timeframe
	case d.outer.seen&slotTimeframe.mask() != 0:
		m.Timeframe = d.outer.timeframe
	default:
		m.Timeframe = d.defaults.Timeframe
	}
	if m.Timeframe.IsZero() && !d.defaults.Untimed {
		return &candle.Defect{
			Reason: candle.ReasonUnknownTimeframe,
			Detail: fmt.Sprintf("no timeframe, neither in the message nor configured (%q)", m.Symbol),
		}
	}

	switch {
	case r.seen&slotTime.mask() != 0:
	case r.seen&slotEndTime.mask() != 0 && !m.Timeframe.IsZero():
		m.Candle.Time = m.Timeframe.Align(r.endTime - 1)
	case d.outer.seen&slotTime.mask() != 0:
		m.Candle.Time = d.outer.time
	default:
		return &candle.Defect{
			Reason: candle.ReasonMissingField,
			Detail: fmt.Sprintf("time is missing (%s %s)", m.Symbol, m.Timeframe),
		}
	}

	switch {
	case r.seen&slotClosed.mask() != 0:
		m.Closed = r.closed
	case d.outer.seen&slotClosed.mask() != 0:
		m.Closed = d.outer.closed
	}
	if m.Candle.Check() != nil {
		defect := m.Candle.Defect()
		defect.Detail += fmt.Sprintf(" (%s %s)", m.Symbol, m.Timeframe)
		return defect
	}
	return nil
}

// symbolFor finds the symbol of a candle: its own, the message's, the
// configured one, the record's key where the mapping allows it.
func (d *Decoder) symbolFor(r *record, key []byte) ([]byte, *candle.Defect) {
	var symbol []byte
	switch {
	case r.seen&slotSymbol.mask() != 0:
		symbol = r.symbol
	case d.outer.seen&slotSymbol.mask() != 0:
		symbol = d.outer.symbol
	case len(d.symbol) > 0:
		return d.symbol, nil
	case d.compiled.symbolFromKey:
		return key, candle.SymbolDefect(key)
	default:
		return nil, &candle.Defect{Reason: candle.ReasonSymbolEmpty, Detail: "symbol is missing"}
	}
	if d.compiled.symbolPattern != nil {
		symbol = d.symbolWithin(symbol)
	}
	return symbol, candle.SymbolDefect(symbol)
}

// symbolWithin applies the mapping's pattern; what does not match is empty.
func (d *Decoder) symbolWithin(text []byte) []byte {
	if symbol, known := d.symbols[string(text)]; known {
		return symbol
	}
	groups := d.compiled.symbolPattern.FindSubmatch(text)
	if groups == nil || len(text) > 4*candle.MaxSymbolBytes {
		return nil
	}
	if len(d.symbols) >= maxWords {
		clear(d.symbols)
	}
	symbol := bytes.Clone(groups[1])
	d.symbols[string(text)] = symbol
	return symbol
}
