package formula

import (
	"math"
	"math/big"
	"strconv"

	"streamd/incremental"
)

// fractionMax limits the fractions of constants, in bits: those of any float are shorter.
const fractionMax = 4096

// fold computes a kernel without memory over constants: sums, differences, products and quotients of decimals exactly,
// and to the nearest float in the end, since 0.1 + 0.2 - 0.3 is no more than 0. What a difference of numbers that are
// no decimals (roots) leaves of rounding is 0, as comparisons take it.
func fold(b *incremental.Bound, typ Type, over []value) value {
	v := fixed(typ, once(b, over))
	if len(over) != 2 || typ == Condition || v.num-v.num != 0 {
		return v
	}
	exact := operateExactly(b.Row.Operation, over[0].fraction(), over[1].fraction())
	if exact == nil {
		return v
	}
	x, _ := exact.Float64()
	terms := b.Row.Operation == incremental.Sum || b.Row.Operation == incremental.Difference
	switch size := math.Max(math.Abs(over[0].num), math.Abs(over[1].num)); {
	case terms && x != 0 && incremental.CompareAt(x, 0, size) == 0:
		return constant(0)
	case x != v.num && x-x == 0:
		v = constant(x)
	}
	v.exact = exact
	return v
}

// fraction is a constant as it is written, or was computed from what is written; nil where it is no number.
func (v value) fraction() *big.Rat {
	if v.exact != nil {
		return v.exact
	}
	if v.num-v.num != 0 {
		return nil
	}
	x, _ := new(big.Rat).SetString(strconv.FormatFloat(v.num, 'g', -1, 64))
	return x
}

// operateExactly is nil for what has no exact result, or one too long.
func operateExactly(o incremental.Operation, x, y *big.Rat) *big.Rat {
	if x == nil || y == nil {
		return nil
	}
	z := new(big.Rat)
	switch {
	case o == incremental.Sum:
		z.Add(x, y)
	case o == incremental.Difference:
		z.Sub(x, y)
	case o == incremental.Product:
		z.Mul(x, y)
	case o == incremental.Quotient && y.Sign() != 0:
		z.Quo(x, y)
	default:
		return nil
	}
	if z.Num().BitLen() > fractionMax || z.Denom().BitLen() > fractionMax {
		return nil
	}
	return z
}

// once steps a kernel without memory over one bar of constants.
func once(b *incremental.Bound, over []value) float64 {
	in := make([][]float64, len(b.Row.Inputs))
	for k := range in {
		in[k] = []float64{0} // the scale
		if k < len(over) {
			in[k][0] = over[k].num
		}
	}
	out := make([][]float64, len(b.Row.Outputs))
	for k := range out {
		out[k] = []float64{math.NaN()}
	}
	b.StepRuns(nil, in, out, make([][]float64, len(in)), make([][]float64, len(out)))
	return out[0][0]
}
