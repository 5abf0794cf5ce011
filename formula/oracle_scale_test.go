package formula

import (
	"math"
	"math/big"
	"strconv"

	"streamd/formula/plan"
	"streamd/incremental"
)

// The magnitudes that values were made from, as incremental.Magnitude defines them: here
// over whole columns and for each tree by itself.

// greatest is the greater one of two scales on each bar, 0 where there is none.
func greatest(s, t []float64, b plan.Columns) []float64 {
	g := make([]float64, b.Len())
	for _, of := range [][]float64{s, t} {
		for j := range g {
			if of != nil && of[j] > g[j] {
				g[j] = math.Min(of[j], math.MaxFloat64)
			}
		}
	}
	return g
}

// size is the scale of a value, or else how large it is; a price is as large as the high.
func (w whole) size(b plan.Columns) []float64 {
	if w.scale != nil {
		return w.scale
	}
	if w.price {
		return b.High
	}
	size := make([]float64, b.Len())
	for j := range size {
		size[j] = math.Abs(w.cols[0][j])
	}
	return size
}

// operatorScale is the scale of x op y, whose value is v.
func (o *oracle) operatorScale(op string, v []float64, x, y whole, b plan.Columns) []float64 {
	none := x.scale == nil && y.scale == nil
	s, t := greatest(x.scale, nil, b), greatest(y.scale, nil, b)
	scale := func(f func(j int, x, y float64) float64) []float64 {
		return each(b, func(j int) float64 {
			r := f(j, math.Abs(x.cols[0][j]), math.Abs(y.cols[0][j]))
			if r != r {
				return 0
			}
			return math.Min(r, math.MaxFloat64)
		})[0]
	}
	switch {
	case op == "%":
		return x.size(b)
	case (op == "+" || op == "-") && none:
		negative := b.Len() > 0 && (x.fixed && x.cols[0][0] < 0 || y.fixed && y.cols[0][0] < 0)
		if op == "+" && !negative {
			return nil
		}
		if x.fixed {
			return y.size(b)
		}
		return x.size(b)
	case none:
		return nil
	case op == "+" || op == "-":
		return greatest(s, t, b)
	case op == "*":
		return scale(func(j int, x, y float64) float64 { return max(s[j]*y, x*t[j]) })
	case op == "/":
		return scale(func(j int, _, y float64) float64 { return max(s[j], math.Abs(v[j])*t[j]) / y })
	case op == "^":
		return scale(func(j int, x, y float64) float64 { return math.Abs(v[j]*y/x) * s[j] })
	}
	return nil
}

// rowScale is the scale of a function: v its value, sizes those of its inputs, passed the
// scale of its series.
func rowScale(row *incremental.Row, v []float64, sizes [][]float64, passed []float64, b plan.Columns) []float64 {
	m := row.Scale
	times := m.Times
	if times == 0 {
		times = 1
	}
	of := func(f func(j int) float64) []float64 { return greatest(each(b, f)[0], nil, b) }
	switch m.From {
	case incremental.FromConstant:
		return of(func(int) float64 { return m.Fixed })
	case incremental.FromInput:
		return of(func(j int) float64 { return times * sizes[m.Input][j] })
	case incremental.FromRoot:
		return of(func(j int) float64 { return times * sizes[m.Input][j] * math.Sqrt(math.Abs(v[j])) })
	case incremental.FromSizes:
		return of(func(j int) float64 { return sizes[0][j] * sizes[1][j] })
	case incremental.FromTerms:
		return sizes[0]
	case incremental.FromShare:
		return of(func(j int) float64 {
			if by := sizes[len(sizes)-1][j]; by != 0 {
				return sizes[0][j] / by
			}
			return 0
		})
	case incremental.FromSquareRoot:
		if passed == nil {
			return nil
		}
		return of(func(j int) float64 {
			dust := math.Sqrt(1e-12 * passed[j])
			if passed[j] == 0 {
				return 0
			}
			return passed[j] / math.Max(2*math.Abs(v[j]), dust)
		})
	}
	return passed
}

// byDecimals makes v = x op y, of constants, what it is by the numbers as they are written.
func (v *whole) byDecimals(op string, x, y whole) {
	if len(v.cols[0]) == 0 {
		return
	}
	a, b, was := x.written(), y.written(), v.cols[0][0]
	operation := map[string]func(z, a, b *big.Rat) *big.Rat{
		"+": (*big.Rat).Add, "-": (*big.Rat).Sub, "*": (*big.Rat).Mul, "/": (*big.Rat).Quo,
	}[op]
	if operation == nil || a == nil || b == nil || was-was != 0 {
		return
	}
	z := operation(new(big.Rat), a, b)
	if z.Num().BitLen() > 4096 || z.Denom().BitLen() > 4096 {
		return
	}
	is, _ := z.Float64()
	near := 1e-12 * math.Max(math.Abs(x.cols[0][0]), math.Abs(y.cols[0][0]))
	if (op == "+" || op == "-") && is != 0 && math.Abs(is) <= near {
		is, z = 0, nil
	}
	if v.decimal = z; is != was && is-is == 0 {
		for j := range v.cols[0] {
			v.cols[0][j] = is
		}
	}
}

// written is a constant as it is written; nil where it is no number.
func (w whole) written() *big.Rat {
	if v := w.cols[0][0]; w.decimal == nil && v-v == 0 {
		z, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
		return z
	}
	return w.decimal
}
