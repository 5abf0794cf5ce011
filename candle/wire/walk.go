package wire

import "streamd/candle"

// This file walks the message along with the tree of the mapping.

// value reads the JSON value at input[p] and returns the place after it, -1
// with the defect set when it is bad. A nil node means that nothing in the
// value is wanted.
func (d *Decoder) value(n *node, p, depth int) int {
	b := d.input
	if n == nil {
		return d.skipValue(p, depth)
	}
	if n.isCandle && !d.inside {
		return d.candle(n, p, depth)
	}
	if p >= len(b) {
		return d.unexpected(p)
	}
	switch b[p] {
	case '{':
		if n.each != nil && len(n.keys) == 0 {
			d.enterList(n)
			return d.value(n.each, p, depth)
		}
		if n.slot != slotNone && len(n.keys) == 0 {
			return d.wrongType(n.slot, "an object")
		}
		return d.object(n, p, depth+1)
	case '[':
		if n.each != nil {
			d.enterList(n)
			if isRow(b, p, n.each) {
				return d.value(n.each, p, depth)
			}
		}
		if n.slot != slotNone && n.index == nil && n.each == nil {
			return d.wrongType(n.slot, "an array")
		}
		return d.array(n, p, depth+1)
	}
	if n.slot == slotNone {
		if b[p] == 'n' {
			if p = d.literal(p, "null"); p < 0 {
				return p
			}
			return d.fail(candle.ReasonNullField, "null where an object or array is wanted")
		}
		return d.skipValue(p, depth)
	}
	return d.scalar(n, p)
}

// enterList notes that the message has a place for candles, however many are
// there.
func (d *Decoder) enterList(n *node) {
	if n.each.isCandle {
		d.lists++
	}
}

// isRow reports whether the array at b[p] is one row of values, where an array
// of rows is wanted.
func isRow(b []byte, p int, each *node) bool {
	if len(each.index) == 0 {
		return false
	}
	p = skipSpace(b, p+1)
	return p < len(b) && b[p] != '[' && b[p] != '{' && b[p] != ']'
}

// candle reads the value at a place where a candle is.
func (d *Decoder) candle(n *node, p, depth int) int {
	if len(d.records) == MaxCandles {
		return d.fail(candle.ReasonTooLong, "more than %d candles in a message", MaxCandles)
	}
	d.lists++
	d.records = append(d.records, record{})
	d.current = &d.records[len(d.records)-1]
	d.inside = true
	p = d.value(n, p, depth)
	d.inside = false
	d.current = &d.outer
	return p
}

// object reads the members of the object at input[p].
func (d *Decoder) object(n *node, p, depth int) int {
	if depth > MaxDepth {
		return d.tooDeep()
	}
	b := d.input
	if p = skipSpace(b, p+1); p < len(b) && b[p] == '}' {
		return p + 1
	}
	var seen uint64
	for i := 0; ; i++ {
		var kid, after int
		if i < len(n.order.keys) && p+8 <= len(b) && n.order.keys[i].is(b, p) {
			kid, after = n.order.keys[i].kid, p+len(n.order.keys[i].text)
		} else if kid, after = d.member(n, i, p); after < 0 {
			return after
		}
		p = skipSpace(b, after)
		if kid < 0 {
			p = d.skipValue(p, depth)
		} else {
			if seen&(1<<kid) != 0 {
				return d.fail(candle.ReasonDuplicateKey, "key %q occurs twice", n.keys[kid])
			}
			seen |= 1 << kid
			p = d.field(n.kids[kid], p, depth)
		}
		if p < 0 {
			return p
		}
		if p = skipSpace(b, p); p >= len(b) {
			return d.unexpected(p)
		}
		if b[p] == '}' {
			return p + 1
		}
		if b[p] != ',' {
			return d.unexpected(p)
		}
		p = skipSpace(b, p+1)
	}
}

// member reads the i-th key of an object, at input[p], and its colon. It
// returns which of n's keys it is, -1 for none of them, with the place after
// the colon.
func (d *Decoder) member(n *node, i, p int) (kid, after int) {
	b := d.input
	if p >= len(b) || b[p] != '"' {
		return 0, d.unexpected(p)
	}
	key, end := d.text(p)
	if end < 0 {
		return 0, end
	}
	kid = n.find(key)
	if end < len(b) && b[end] == ':' {
		n.order.learn(i, b[p:end+1], kid)
		return kid, end + 1
	}
	if end = skipSpace(b, end); end >= len(b) || b[end] != ':' {
		return 0, d.unexpected(end)
	}
	return kid, end + 1
}

// field is value with a short way for the plain case of a number.
func (d *Decoder) field(n *node, p, depth int) int {
	if n.slot-1 < slotVolume && p < len(d.input) {
		return d.number(n, p, depth)
	}
	return d.value(n, p, depth)
}

// array reads the values of the array at input[p].
func (d *Decoder) array(n *node, p, depth int) int {
	if depth > MaxDepth {
		return d.tooDeep()
	}
	b := d.input
	if p = skipSpace(b, p+1); p < len(b) && b[p] == ']' {
		return p + 1
	}
	for i := 0; ; i++ {
		kid := n.each
		if i < len(n.index) && n.index[i] != nil {
			kid = n.index[i]
		}
		if kid == nil {
			p = d.skipValue(p, depth)
		} else {
			p = d.field(kid, p, depth)
		}
		if p < 0 {
			return p
		}
		if p = skipSpace(b, p); p >= len(b) {
			return d.unexpected(p)
		}
		if b[p] == ']' {
			return p + 1
		}
		if b[p] != ',' {
			return d.unexpected(p)
		}
		p = skipSpace(b, p+1)
	}
}
