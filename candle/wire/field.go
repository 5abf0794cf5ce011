package wire

import (
	"bytes"

	"streamd/candle"
)

// This file reads the fields: numbers, times, texts and bools.

// number reads a price or volume, bare or in quotes.
func (d *Decoder) number(n *node, p, depth int) int {
	b := d.input
	start, quoted := p, b[p] == '"'
	if quoted {
		start++
	}
	value, after := parseNumber(b, start)
	switch {
	case quoted && after >= 0 && after < len(b) && b[after] == '"':
		after++
	case quoted:
		if value, after = d.numberText(n, p); after < 0 {
			return after
		}
	case after < 0:
		return d.notNumber(n, p, depth)
	case after < len(b) && isWordByte(b[after]):
		return d.fail(candle.ReasonNotANumber, "%s is %q, not a decimal number", slotNames[n.slot], wordAt(b, p))
	}
	if value-value != 0 { // infinite: cheaper than asking for each sign
		return d.fail(candle.ReasonInfinite, "%s overflows", slotNames[n.slot])
	}
	r := d.current
	if r.seen&n.slot.mask() != 0 {
		return d.twice(n.slot)
	}
	r.seen |= n.slot.mask()
	r.numbers[n.slot] = value
	return after
}

// numberText reads a quoted number that has escapes, or finds out what it is
// instead.
func (d *Decoder) numberText(n *node, p int) (value float64, after int) {
	text, after := d.text(p)
	if after < 0 {
		return 0, after
	}
	value, end := parseNumber(text, 0)
	if end != len(text) {
		return 0, d.fail(wordReason(text), "%s is %q, not a decimal number", slotNames[n.slot],
			candle.Clip(string(text)))
	}
	return value, after
}

// notNumber finds out what stands where a number should.
func (d *Decoder) notNumber(n *node, p, depth int) int {
	switch b := d.input; b[p] {
	case '{':
		return d.wrongType(n.slot, "an object")
	case '[':
		return d.wrongType(n.slot, "an array")
	case 't', 'f':
		if d.skipValue(p, depth) < 0 {
			return -1
		}
		return d.wrongType(n.slot, "a bool")
	case 'n':
		if d.literal(p, "null") < 0 {
			return -1
		}
		return d.fail(candle.ReasonNullField, "%s is null", slotNames[n.slot])
	}
	return d.skipValue(p, depth)
}

// scalar reads a time, text or bool, or a number for any of these.
func (d *Decoder) scalar(n *node, p int) int {
	b := d.input
	var text []byte
	var after int
	quoted := b[p] == '"'
	switch c := b[p]; {
	case quoted:
		text, after = d.text(p)
	case c == 't':
		after = d.literal(p, "true")
	case c == 'f':
		after = d.literal(p, "false")
	case c == 'n':
		if after = d.literal(p, "null"); after >= 0 {
			return d.fail(candle.ReasonNullField, "%s is null", slotNames[n.slot])
		}
	default:
		if after = skipNumber(b, p); after < 0 {
			return d.unexpected(p)
		}
		if after < len(b) && isWordByte(b[after]) {
			return d.fail(candle.ReasonNotANumber, "%s is %q, not a decimal number", slotNames[n.slot], wordAt(b, p))
		}
	}
	if after < 0 {
		return after
	}
	if !quoted {
		text = b[p:after]
	}
	if n.also != slotNone && d.set(n.also, text, quoted, after) < 0 {
		return -1
	}
	return d.set(n.slot, text, quoted, after)
}

// set stores a field that is no price and passes the place after it on; text
// is its value without quotes.
func (d *Decoder) set(s slot, text []byte, quoted bool, after int) int {
	r := d.current
	if r.seen&s.mask() != 0 {
		return d.twice(s)
	}
	r.seen |= s.mask()
	isBool := !quoted && (text[0] == 't' || text[0] == 'f')
	switch s {
	case slotTime, slotEndTime:
		if isBool {
			return d.wrongType(s, "a bool")
		}
		ns, defect := parseMessageTime(text)
		if defect != nil {
			d.defect = defect
			return -1
		}
		if s == slotTime {
			r.time = ns
		} else {
			r.endTime = ns
		}
	case slotSymbol:
		if !quoted {
			return d.wrongType(s, "not text")
		}
		r.symbol = text
	case slotTimeframe:
		tf := d.timeframe(text)
		if tf.IsZero() {
			return d.fail(candle.ReasonUnknownTimeframe, "timeframe %q is not known", candle.Clip(string(text)))
		}
		r.timeframe = tf
	case slotClosed:
		r.closed = isBool && text[0] == 't'
		if !isBool {
			closed, known := d.mapping.ClosedValues[string(text)]
			if !known {
				return d.fail(candle.ReasonClosedNotBool, "closed is %q, not a bool", candle.Clip(string(text)))
			}
			r.closed = closed
		}
	}
	return after
}

// timeframe reads the exchange's word for a timeframe; zero when unknown.
func (d *Decoder) timeframe(word []byte) candle.Timeframe {
	if len(word) > 0 && bytes.Equal(word, d.lastWord) {
		return d.lastTimeframe
	}
	tf, known := d.timeframes[string(word)]
	if !known {
		if tf = d.timeframeOf(word); tf.IsZero() {
			return tf
		}
		if len(d.timeframes) >= maxWords {
			clear(d.timeframes)
		}
		d.timeframes[string(word)] = tf
	}
	d.lastWord = append(d.lastWord[:0], word...)
	d.lastTimeframe = tf
	return tf
}

// timeframeOf applies the mapping's pattern and table to a word.
func (d *Decoder) timeframeOf(word []byte) candle.Timeframe {
	if pattern := d.compiled.timeframePattern; pattern != nil {
		groups := pattern.FindSubmatch(word)
		if groups == nil {
			return candle.Timeframe{}
		}
		word = groups[1]
	}
	if tf, ok := d.mapping.Timeframes[string(word)]; ok {
		return tf
	}
	tf, _ := candle.LookupTimeframe(word)
	return tf
}
