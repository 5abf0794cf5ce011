package incremental

import "math"

// Compare orders two numbers as the language does: -1 when a is below b, +1
// when above, 0 when they are equal or within 1e-12 relative of each other.
// Every comparison of the language goes through it, so that the last rounding
// of a mean does not decide whether a price on a decimal tie is above it.
// Neither number may be na.
func Compare(a, b float64) int {
	if a == b {
		return 0
	}
	near := 1e-12 * math.Max(math.Abs(a), math.Abs(b))
	if math.Abs(a-b) <= near && near <= math.MaxFloat64 { // an infinity is near nothing else
		return 0
	}
	if a < b {
		return -1
	}
	return 1
}
