package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"streamd/candle"
)

// This file reads JSON as such (RFC 8259): spaces, texts, literals, and values
// that nobody wants, which must be well-formed all the same.

// skipSpace returns the place of the first byte from b[p] on that is no space.
func skipSpace(b []byte, p int) int {
	for p < len(b) && b[p] <= ' ' && (b[p] == ' ' || b[p] == '\n' || b[p] == '\t' || b[p] == '\r') {
		p++
	}
	return p
}

// text reads the text whose quote is at input[p] and returns it with the place
// after it. It aliases the input where there are no escapes, else scratch.
func (d *Decoder) text(p int) ([]byte, int) {
	b := d.input
	start := p + 1
	for p = plainEnd(b, start); p < len(b); p++ {
		switch c := b[p]; {
		case c == '"':
			return b[start:p], p + 1
		case c == '\\':
			return d.escapedText(start, p)
		case c < ' ':
			return nil, d.unexpected(p)
		}
	}
	return nil, d.unexpected(p)
}

// plainEnd skips the bytes from b[p] on that are neither quote, backslash nor
// control character, eight at a time, and may stop before them. A byte x of a
// word is less than n (up to 128) where x-n borrows and x itself has no high
// bit; the lowest such mark is exact.
func plainEnd(b []byte, p int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for p+8 <= len(b) {
		word := binary.LittleEndian.Uint64(b[p:])
		quote, backslash := word^(ones*'"'), word^(ones*'\\')
		marks := (word - ones*' ') &^ word
		marks |= (quote - ones) &^ quote
		marks |= (backslash - ones) &^ backslash
		if marks &= highs; marks != 0 {
			return p + bits.TrailingZeros64(marks)/8
		}
		p += 8
	}
	return p
}

// escapedText goes on with a text at its first escape.
func (d *Decoder) escapedText(start, p int) ([]byte, int) {
	b := d.input
	from := len(d.scratch)
	out := append(d.scratch, b[start:p]...)
	for p < len(b) {
		switch c := b[p]; {
		case c == '"':
			d.scratch = out
			return out[from:len(out):len(out)], p + 1
		case c < ' ':
			return nil, d.unexpected(p)
		case c != '\\':
			out = append(out, c)
			p++
		default:
			if out, p = d.escape(out, p); p < 0 {
				return nil, p
			}
		}
	}
	return nil, d.unexpected(p)
}

// escape appends what the escape at input[p] means.
func (d *Decoder) escape(out []byte, p int) ([]byte, int) {
	b := d.input
	if p+1 >= len(b) {
		return out, d.unexpected(p + 1)
	}
	if b[p+1] == 'u' {
		r, after := d.escapedRune(p)
		if after < 0 {
			return out, after
		}
		if utf16.IsSurrogate(r) {
			// A lone half of a pair is no character. Its bytes in the
			// pattern of UTF-8 are no valid UTF-8, so that it matches no
			// key and a symbol with it is refused.
			return append(out, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f), after
		}
		return utf8.AppendRune(out, r), after
	}
	const escapes, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(escapes, b[p+1])
	if i < 0 {
		return out, d.unexpected(p + 1)
	}
	return append(out, meanings[i]), p + 2
}

// escapedRune reads \uXXXX, or two of them that make one character.
func (d *Decoder) escapedRune(p int) (rune, int) {
	r := hexRune(d.input, p)
	if r < 0 {
		return 0, d.unexpected(p + 2)
	}
	p += 6
	if utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(r, hexRune(d.input, p)); pair != utf8.RuneError {
			return pair, p + 6
		}
	}
	return r, p
}

// hexRune reads \uXXXX at b[p], -1 when it is something else.
func hexRune(b []byte, p int) rune {
	if p+6 > len(b) || b[p] != '\\' || b[p+1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[p+2 : p+6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// literal reads the word at input[p].
func (d *Decoder) literal(p int, word string) int {
	b := d.input
	end := p + len(word)
	if end > len(b) || string(b[p:end]) != word {
		return d.unexpected(p)
	}
	return end
}

// skipValue reads a value that nobody wants.
func (d *Decoder) skipValue(p, depth int) int {
	b := d.input
	if p >= len(b) {
		return d.unexpected(p)
	}
	switch b[p] {
	case '"':
		return d.skipText(p)
	case '{':
		return d.skipObject(p, depth+1)
	case '[':
		return d.skipArray(p, depth+1)
	case 't':
		return d.literal(p, "true")
	case 'f':
		return d.literal(p, "false")
	case 'n':
		return d.literal(p, "null")
	}
	after := skipNumber(b, p)
	if after < 0 {
		return d.unexpected(p)
	}
	return after
}

// skipText is text for one that nobody wants.
func (d *Decoder) skipText(p int) int {
	from := len(d.scratch)
	_, after := d.text(p)
	d.scratch = d.scratch[:from]
	return after
}

func (d *Decoder) skipObject(p, depth int) int {
	if depth > MaxDepth {
		return d.tooDeep()
	}
	b := d.input
	if p = skipSpace(b, p+1); p < len(b) && b[p] == '}' {
		return p + 1
	}
	for {
		if p >= len(b) || b[p] != '"' {
			return d.unexpected(p)
		}
		if p = d.skipText(p); p < 0 {
			return p
		}
		if p = skipSpace(b, p); p >= len(b) || b[p] != ':' {
			return d.unexpected(p)
		}
		if p = d.skipValue(skipSpace(b, p+1), depth); p < 0 {
			return p
		}
		if p = skipSpace(b, p); p < len(b) && b[p] == '}' {
			return p + 1
		}
		if p >= len(b) || b[p] != ',' {
			return d.unexpected(p)
		}
		p = skipSpace(b, p+1)
	}
}

func (d *Decoder) skipArray(p, depth int) int {
	if depth > MaxDepth {
		return d.tooDeep()
	}
	b := d.input
	if p = skipSpace(b, p+1); p < len(b) && b[p] == ']' {
		return p + 1
	}
	for {
		if p = d.skipValue(p, depth); p < 0 {
			return p
		}
		if p = skipSpace(b, p); p < len(b) && b[p] == ']' {
			return p + 1
		}
		if p >= len(b) || b[p] != ',' {
			return d.unexpected(p)
		}
		p = skipSpace(b, p+1)
	}
}

// fail sets the defect and returns the place that means it.
func (d *Decoder) fail(reason, format string, args ...any) int {
	d.defect = &candle.Defect{Reason: reason, Detail: fmt.Sprintf(format, args...)}
	return -1
}

// unexpected is the defect of a byte that no JSON has there. Words that other
// languages write for numbers get their own reason.
func (d *Decoder) unexpected(p int) int {
	if p >= len(d.input) {
		return d.fail(candle.ReasonNotParseable, "the message ends unexpectedly at byte %d", len(d.input))
	}
	word := wordAt(d.input, p)
	if reason := wordReason(word); reason != candle.ReasonNotANumber {
		return d.fail(reason, "%s at byte %d", word, p)
	}
	return d.fail(candle.ReasonNotParseable, "unexpected %s at byte %d", strconv.QuoteRune(firstRune(d.input[p:])), p)
}

// twice is the defect of a field that two places gave.
func (d *Decoder) twice(s slot) int {
	return d.fail(candle.ReasonDuplicateKey, "%s is given twice", slotNames[s])
}

// wrongType is the defect of a field of another type.
func (d *Decoder) wrongType(s slot, what string) int {
	reason := candle.ReasonNotANumber
	switch s {
	case slotSymbol:
		reason = candle.ReasonSymbolNotText
	case slotTimeframe:
		reason = candle.ReasonUnknownTimeframe
	case slotClosed:
		reason = candle.ReasonClosedNotBool
	case slotTime, slotEndTime:
		reason = candle.ReasonBadTime
	}
	return d.fail(reason, "%s is %s", slotNames[s], what)
}

func (d *Decoder) tooDeep() int {
	return d.fail(candle.ReasonTooDeep, "nested more than %d deep", MaxDepth)
}

// wordReason tells NaN and infinity, as programs write them, from other words.
func wordReason(word []byte) string {
	if len(word) > 0 && (word[0] == '-' || word[0] == '+') {
		word = word[1:]
	}
	switch {
	case bytes.EqualFold(word, []byte("nan")):
		return candle.ReasonNaN
	case bytes.EqualFold(word, []byte("inf")), bytes.EqualFold(word, []byte("infinity")):
		return candle.ReasonInfinite
	}
	return candle.ReasonNotANumber
}

// wordAt returns the letters, digits and signs from b[p] on, some of them.
func wordAt(b []byte, p int) []byte {
	const maxBytes = 40
	end := p
	for end < len(b) && end-p < maxBytes && isWordByte(b[end]) {
		end++
	}
	return b[p:end]
}

// isWordByte reports whether c may go on with a number, as humans write them.
func isWordByte(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' < 26 || c == '_' || c == '.' || c == '+' || c == '-'
}

func firstRune(b []byte) rune {
	r, _ := utf8.DecodeRune(b)
	return r
}
