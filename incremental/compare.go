package incremental

import "math"

// nearly is how far apart two numbers may be that are equal, as a share of the greater one.
const nearly = 1e-12

// Compare orders two numbers as the language does: -1 when a is below b, +1
// when above, 0 when they are equal or within 1e-12 relative of each other.
// Every comparison of the language goes through it, so that the last rounding
// of a mean does not decide whether a price on a decimal tie is above it.
// Neither number may be na.
func Compare(a, b float64) int { return CompareAt(a, b, 0) }

// CompareAt is Compare for numbers that were made from others as large as scale (see
// Magnitude): they are equal within 1e-12 of the greatest of the three.
func CompareAt(a, b, scale float64) int {
	if a == b {
		return 0
	}
	near := band(math.Max(math.Abs(a), math.Abs(b)), scale)
	if math.Abs(a-b) <= near && near <= math.MaxFloat64 { // an infinity is near nothing else
		return 0
	}
	if a < b {
		return -1
	}
	return 1
}

// band is how far from x, which was made from numbers as large as scale, its equals may lie.
func band(x, scale float64) float64 { return nearly * math.Max(math.Abs(x), scale) }

// moved is how far a value has come from the one before: 0 where CompareAt takes both for equal, so that
// the rounding of a series that stands still is no movement.
func moved(now, before, scale float64) float64 {
	if CompareAt(now, before, scale) == 0 {
		return 0
	}
	return now - before
}
