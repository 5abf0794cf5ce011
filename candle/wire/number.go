package wire

import (
	"math"
	"strconv"
	"unsafe"
)

// powersOfTen are the powers that a float64 holds exactly.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// parseNumber reads the JSON number that starts at b[p] and returns it, rounded
// as strconv.ParseFloat rounds, with the place after it. The place is -1 where
// no JSON number starts; the value is infinite where it overflows.
//
// A mantissa below 2^53 and a power of ten that is exact give the correctly
// rounded quotient in one division (Clinger, How to Read Floating Point Numbers
// Accurately, 1990, section 3). Prices are of that kind; the rest goes to strconv.
func parseNumber(b []byte, p int) (float64, int) {
	start := p
	if p < len(b) && b[p] == '-' {
		p++
	}
	var mantissa uint64
	first := p
	for p < len(b) && b[p]-'0' <= 9 {
		mantissa = mantissa*10 + uint64(b[p]-'0')
		p++
	}
	digits := p - first
	if digits == 0 || digits > 1 && b[first] == '0' {
		return 0, -1
	}
	fraction := 0
	if p < len(b) && b[p] == '.' {
		p++
		point := p
		for p < len(b) && b[p]-'0' <= 9 {
			mantissa = mantissa*10 + uint64(b[p]-'0')
			p++
		}
		fraction = p - point
		if fraction == 0 {
			return 0, -1
		}
	}
	if p < len(b) && b[p]|0x20 == 'e' {
		if p = skipExponent(b, p); p < 0 {
			return 0, -1
		}
		return slowNumber(b[start:p]), p
	}
	// Up to 19 digits, leading zeros included, cannot overflow the mantissa.
	if digits+fraction > 19 || mantissa >= 1<<53 {
		return slowNumber(b[start:p]), p
	}
	value := float64(mantissa)
	if fraction > 0 {
		value /= powersOfTen[fraction]
	}
	if first != start {
		value = -value
	}
	return value, p
}

// slowNumber leaves the rounding of a valid JSON number to strconv.
func slowNumber(b []byte) float64 {
	// The string lives as long as the call and is not written to: no copy.
	value, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64)
	if err != nil && !math.IsInf(value, 0) {
		panic("candle: strconv refused the number " + string(b))
	}
	return value
}

// skipNumber returns the place after the JSON number at b[p], or -1.
func skipNumber(b []byte, p int) int {
	if p < len(b) && b[p] == '-' {
		p++
	}
	first := p
	for p < len(b) && b[p]-'0' <= 9 {
		p++
	}
	if p == first || p-first > 1 && b[first] == '0' {
		return -1
	}
	if p < len(b) && b[p] == '.' {
		p++
		point := p
		for p < len(b) && b[p]-'0' <= 9 {
			p++
		}
		if p == point {
			return -1
		}
	}
	if p < len(b) && b[p]|0x20 == 'e' {
		return skipExponent(b, p)
	}
	return p
}

// skipExponent returns the place after the exponent that starts with the e at
// b[p], or -1 when it has no digits.
func skipExponent(b []byte, p int) int {
	p++
	if p < len(b) && (b[p] == '+' || b[p] == '-') {
		p++
	}
	first := p
	for p < len(b) && b[p]-'0' <= 9 {
		p++
	}
	if p == first {
		return -1
	}
	return p
}
