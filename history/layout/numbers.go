package layout

import (
	"bytes"

	"streamd/candle/wire"
)

// NumberStyle reads the numbers of a table: prices as people and programs write them, with marks between thousands,
// currency signs, and K, M or B behind.
type NumberStyle struct {
	Decimal byte // '.' or ','
}

// currency is what may stand before or behind a number.
const currency = " $€£¥₩₹元円원\u00a0\u202f\u3000"

// Trim drops what may stand around a value: spaces, also those that do not break a line, and quotes.
func Trim(b []byte) []byte {
	if n := len(b); n == 0 || plainEdge(b[0]) && plainEdge(b[n-1]) {
		return b
	}
	return bytes.Trim(b, " \t\r\"'\u00a0\u202f\u3000")
}

func plainEdge(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '\'' }

// Missing reports whether a cell says that there is no value.
func Missing(b []byte) bool {
	const longest = 5
	if len(b) > longest {
		return false
	}
	switch string(bytes.ToLower(b)) {
	case "", "-", "--", ".", "?", "null", "nan", "n/a", "na", "none", "#n/a", "<na>", "nil", "nat":
		return true
	}
	return false
}

// Number reads a cell; false for what is no number of the style. A mark between thousands counts only where three
// digits follow it, so that a cell of another style is rejected rather than read wrongly.
func (s NumberStyle) Number(b []byte) (float64, bool) {
	if v, ok := wire.ParseNumber(b); ok && (s.Decimal != ',' || bytes.IndexByte(b, '.') < 0) {
		return v, true
	}
	b = bytes.Trim(b, currency)
	negative := false
	if len(b) > 1 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = bytes.TrimLeft(b[1:], currency)
	}
	b, exponent := cutUnit(b)
	var plain [64]byte
	text, ok := s.plain(plain[:0], b, negative)
	if !ok {
		return 0, false
	}
	return wire.ParseNumber(append(text, exponent...))
}

// cutUnit takes K, M, B or T off the end of a number and returns its power of ten.
func cutUnit(b []byte) (number []byte, exponent string) {
	if len(b) < 2 {
		return b, ""
	}
	switch b[len(b)-1] | 0x20 {
	case 'k':
		exponent = "e3"
	case 'm':
		exponent = "e6"
	case 'b':
		exponent = "e9"
	case 't':
		exponent = "e12"
	default:
		return b, ""
	}
	return bytes.TrimRight(b[:len(b)-1], " "), exponent
}

// plain appends a number without the marks between its thousands and with a point before its fraction.
func (s NumberStyle) plain(out, b []byte, negative bool) ([]byte, bool) {
	const longest = 48
	if len(b) == 0 || len(b) > longest {
		return nil, false
	}
	if negative {
		out = append(out, '-')
	}
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\u00a0"), []byte(" ")), []byte("\u202f"), []byte(" "))
	whole, fraction, hasFraction := bytes.Cut(b, []byte{s.Decimal})
	group, marked := 0, false // digits since the last mark, and whether there was one
	for i, c := range whole {
		switch {
		case c-'0' <= 9:
			out = append(out, c)
			group++
		case i > 0 && (c == '.' || c == ',' || c == ' ' || c == '\'') && c != s.Decimal:
			if marked && group != 3 || !marked && group > 3 {
				return nil, false
			}
			marked, group = true, 0
		case !marked && i > 0 && (c|0x20 == 'e' || c == '-' || c == '+'):
			out = append(out, c) // an exponent, which ParseNumber checks
		default:
			return nil, false
		}
	}
	if marked && group != 3 {
		return nil, false
	}
	if hasFraction {
		out = append(append(out, '.'), fraction...)
	}
	return out, true
}

// marks counts what the cells of a sample say of the decimal mark.
type marks struct {
	decided byte // by one cell alone, 0 for none
	point   int  // cells with a point that has not three digits behind it
	comma   int
	points  int // cells with one point that has three digits behind it
	commas  int
	whole   int // cells without any mark
	rounded int // cells of commas that end in 0, as prices of thousands do
}

// add counts a cell.
func (m *marks) add(cell []byte) {
	const point, comma = '.', ','
	c := bytes.TrimRight(bytes.Trim(cell, currency+"-+\""), "KMBTkmbt ")
	if len(c) == 0 || c[0]-'0' > 9 && c[0] != point && c[0] != comma {
		return
	}
	points, commas := bytes.Count(c, []byte{point}), bytes.Count(c, []byte{comma})
	switch {
	case points > 0 && commas > 0:
		m.decided = point
		if bytes.LastIndexByte(c, comma) > bytes.LastIndexByte(c, point) {
			m.decided = comma
		}
	case points > 1:
		m.decided = comma
	case commas > 1:
		m.decided = point
	case points == 1 && groupOfThree(c, point):
		m.points++
	case points == 1:
		m.point++
	case commas == 1 && groupOfThree(c, comma):
		m.commas++
		if c[len(c)-1] == '0' {
			m.rounded++
		}
	case commas == 1:
		m.comma++
	default:
		m.whole++
	}
}

// sniffNumbers tells the decimal mark from the cells of prices and volumes in a sample. It is not sure where every
// mark may be one between thousands or before a fraction, as in 1,234 alone, and settled where more cells could not
// change it. Semicolons between cells and dates with points are signs of a decimal comma.
func sniffNumbers(priceCells, volumeCells [][]byte, semicolons, pointDates bool) (s NumberStyle, sure, settled bool) {
	var prices, volumes marks
	for _, c := range priceCells {
		prices.add(c)
	}
	for _, c := range volumeCells {
		volumes.add(c)
	}
	const point, comma = '.', ','
	switch {
	case prices.decided != 0:
		return NumberStyle{prices.decided}, true, true
	case prices.comma > 0 && prices.point == 0:
		return NumberStyle{comma}, true, true
	case prices.point > 0:
		return NumberStyle{point}, true, prices.comma+prices.commas == 0
	case volumes.decided != 0:
		return NumberStyle{volumes.decided}, true, false
	case prices.commas > 0 && prices.points == 0:
		// Only 1,234: thousands where whole numbers stand beside them or they end in 0, as prices in yen and won do.
		if semicolons || pointDates {
			return NumberStyle{comma}, volumes.commas == 0 || volumes.comma > 0, false
		}
		return NumberStyle{point}, prices.whole > 0 || prices.rounded*5 >= prices.commas*4, false
	case prices.points > 0 && (semicolons && pointDates || volumes.points > 0 && volumes.point == 0):
		return NumberStyle{point}, false, false
	}
	return NumberStyle{point}, true, false
}

// groupOfThree reports whether one to three digits stand before a mark and three behind it, as in 13.210; 0.210 has a
// fraction.
func groupOfThree(c []byte, mark byte) bool {
	i := bytes.IndexByte(c, mark)
	return i >= 1 && i <= 3 && len(c)-i-1 == 3 && c[0] != '0'
}
