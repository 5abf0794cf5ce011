package incremental

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
	Input int     // of FromInput, in Row.Inputs
	Times float64 // factor of the input's magnitude; 0 means 1
	Fixed float64 // of FromConstant
}

// From says where a row's magnitude comes from.
type From uint8

// FromValue is the value itself and what its Reals pass on. FromInput is the magnitude
// of one input, times a factor: change, macd, stddev. FromConstant is a number: 100 of
// rsi. FromRoot is the magnitude of one input times the root of the value: var, which is
// made of squares. FromBoth is the greater one of the first two inputs, as of a sum;
// FromProduct and FromQuotient that of the first two inputs multiplied or divided.
// FromChoice is that of the second or third input, whichever the first chooses.
const (
	FromValue From = iota
	FromInput
	FromConstant
	FromRoot
	FromBoth
	FromProduct
	FromQuotient
	FromChoice
)

// ofInput is the magnitude of an input.
func ofInput(input int) Magnitude { return Magnitude{From: FromInput, Input: input} }

// ofInputTimes is a multiple of the magnitude of an input.
func ofInputTimes(input int, times float64) Magnitude {
	return Magnitude{From: FromInput, Input: input, Times: times}
}

// ofConstant is the magnitude of what is bounded, or measured in percent.
func ofConstant(magnitude float64) Magnitude { return Magnitude{From: FromConstant, Fixed: magnitude} }

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
