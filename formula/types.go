package formula

import (
	"math"
	"math/big"
	"strconv"

	"streamd/formula/plan"
	"streamd/incremental"
)

// Type is what an expression is.
type Type uint8

// A Number and a Condition have a value on every bar, a Constant the same on
// all; Words are an argument only. Nothing stands for what could not be typed.
const (
	Nothing Type = iota
	Number
	Condition
	Constant
	Words
)

// String returns the type as diagnostics name it.
func (t Type) String() string {
	return [...]string{"nothing", "number series", "bool series", "constant number", "string constant"}[t]
}

// value is what an expression lowers to.
type value struct {
	typ   Type
	ref   plan.Ref
	fixed bool     // the same on every bar: num is the value and there is no column yet
	num   float64  // NaN is na, which is of any type
	exact *big.Rat // of a number that was computed of constants; nil for what is written as num is
	text  string
	canon string
	power int                // binding power of its outermost operator
	bound *incremental.Bound // of a call, for its other outputs
	look  int                // bars of its own clock before the first value
	shown bool               // by a match: it is a call of the formula, see calls
}

func constant(v float64) value {
	c := value{typ: Constant, fixed: true, num: v, canon: formatNumber(v), power: powerAtom}
	if math.IsInf(v, 0) { // no literal is infinite; this folds to it
		c.canon = "(2 ^ 1024)"
		if v < 0 {
			c.canon = "-" + c.canon
		}
	}
	if v < 0 || v == 0 && math.Signbit(v) {
		c.power = powerSign
	}
	return c
}

func truth(v float64) value {
	canon := "na"
	switch v {
	case 1:
		canon = "true"
	case 0:
		canon = "false"
	}
	return value{typ: Condition, fixed: true, num: v, canon: canon, power: powerAtom}
}

// fixed returns the constant of a type.
func fixed(typ Type, v float64) value {
	if typ == Condition {
		return truth(v)
	}
	return constant(v)
}

func (v value) isNa() bool { return v.fixed && math.IsNaN(v.num) }

// found names the value in an error about its type.
func (v value) found() string {
	if v.isNa() {
		return "na"
	}
	return "a " + v.typ.String()
}

// within returns the canonical text as an operand of something that binds with
// the given power.
func (v value) within(power int) string {
	if v.power < power {
		return "(" + v.canon + ")"
	}
	return v.canon
}

func formatNumber(v float64) string {
	if math.IsNaN(v) {
		return "na"
	}
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
