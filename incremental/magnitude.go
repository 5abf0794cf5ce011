package incremental

import "math"

// Magnitude is what a value was made from. close - open is the difference of two
// numbers near 100, so its rounding error is that of numbers near 100, however small
// the difference itself is. Comparisons allow for 1e-12 of the magnitude of both sides
// (see CompareAt): that is what makes `close - sma(close, 3) > 0` and
// `close > sma(close, 3)` agree on every tie.
//
// The zero Magnitude says that the value shows it: a price, a mean or a highest value of
// prices. Such a row passes on the magnitude of its Reals, as in sma(close - open, 5).
type Magnitude struct {
	From  From
	Input int     // of FromInput and FromRoot, in Row.Inputs
	Times float64 // factor of the input's magnitude; 0 means 1
	Fixed float64 // of FromConstant
}

// From says where a row's magnitude comes from.
type From uint8

// FromValue is the value itself, and what its Reals pass on. FromInput is the magnitude
// of one input: change, macd, stddev. FromConstant is a number: 100 of rsi. FromRoot is
// the magnitude of one input times the root of the value: var, which is made of squares.
// FromTerms is that of the first input of a sum or a difference, or of the second one
// if the first is a constant. FromProduct, FromQuotient and FromPower are what is left
// of the magnitudes of the operation's two inputs. FromSizes is the product of
// the magnitudes of the first two inputs: efi, a change of price times volume. FromShare is
// that of the first input over the last: marketfi, a range per volume. FromSquareRoot is what
// a square root leaves of its input's magnitude: half of it by the root or, where the input
// is rounding dust, the root of that.
const (
	FromValue From = iota
	FromInput
	FromConstant
	FromRoot
	FromTerms
	FromProduct
	FromQuotient
	FromPower
	FromSizes
	FromShare
	FromSquareRoot
)

// SquareRootScale is the magnitude of a square root, of an input with a magnitude.
func SquareRootScale(root, scale float64) float64 {
	if scale == 0 {
		return 0
	}
	return scale / math.Max(2*math.Abs(root), math.Sqrt(nearly*scale))
}

// ofInput is the magnitude of an input.
func ofInput(input int) Magnitude { return Magnitude{From: FromInput, Input: input} }

// ofConstant is the magnitude of what is bounded, or measured in percent.
func ofConstant(magnitude float64) Magnitude { return Magnitude{From: FromConstant, Fixed: magnitude} }

// ofRatio is the magnitude of a ratio of differences of prices, as of stoch: the prices
// are some thousand times the differences, so that the rounding error is, too.
func ofRatio(magnitude float64) Magnitude { return ofConstant(100 * magnitude) }

// Operation is what an operator of the language does, as far as others build on it; rows
// written as functions have none, but for add, sub, mult and div.
type Operation uint8

// The operations.
const (
	NoOperation Operation = iota
	Sum
	Difference
	Product
	Quotient
	Comparison
	And
	Or
	Not
	Choice // cond ? x : y
)

// Compares says what a condition compares, and for which outcomes it holds.
type Compares struct {
	What                Compared
	Above, Below, Equal bool // the first is above the other, below it, or equal to it
}

// Compared is what a condition compares.
type Compared uint8

// ComparesSides are the two inputs of > and the like. ComparesCrossing are its two
// inputs, on this bar and on the one before, where the answer was another: crossover is
// Above, cross Above and Below. ComparesPast is the value with each of as many bars
// before it as the first parameter says: rising is Above.
const (
	ComparesNothing Compared = iota
	ComparesSides
	ComparesCrossing
	ComparesPast
)
