package plan

import (
	"math"

	"streamd/incremental"
)

// Operators are rows like the indicators', without memory; they stand outside
// the table because they are written with signs. All of them know na.

// elementwise is a kernel that makes each value of its two inputs' values.
type elementwise struct {
	f func(a, b float64) float64
}

// Of implements incremental.Scalar.
func (k elementwise) Of(a, b float64) float64 { return k.f(a, b) }

func (k elementwise) Step(_ []float64, in, out [][]float64) {
	a, y := in[0], out[0]
	b := in[1][:len(a)]
	y = y[:len(a)]
	for j, x := range a {
		y[j] = k.f(x, b[j])
	}
}

// choose is cond ? x : y.
type choose struct{}

func (choose) Step(_ []float64, in, out [][]float64) {
	for j, c := range in[0] {
		switch c {
		case 1:
			out[0][j] = in[1][j]
		case 0:
			out[0][j] = in[2][j]
		default:
			out[0][j] = math.NaN()
		}
	}
}

// ScaleMark stands after the sign of a comparison of values whose scale is given.
const ScaleMark = " at scale"

// newOperator binds a kernel without memory to a row of so many inputs.
func newOperator(row incremental.Row, inputs int, k incremental.Kernel) *incremental.Bound {
	row.Inputs, row.NaAware = make([]incremental.Input, inputs), true
	if row.Operation == incremental.Comparison && inputs == 3 {
		row.Inputs[2] = incremental.Scale
	}
	row.Outputs = []incremental.Output{{Name: "real", Bool: row.Compares.What != 0 || joins(row.Operation)}}
	row.Lookback = func(incremental.Args) int { return 0 }
	row.Bind = func(incremental.Args) incremental.Build { return incremental.Build{Kernel: k} }
	b, err := row.With(nil)
	if err != nil {
		panic("plan: " + err.Error()) // a row without parameters takes no arguments
	}
	return b
}

// Operators returns the operators by their sign: "neg" is the sign of a number, "?" the
// choice, and a comparison with ScaleMark behind it takes the scale of its sides. The
// map is made for each caller: nothing is shared that could be changed.
func Operators() map[string]*incremental.Bound {
	all := map[string]*incremental.Bound{}
	add := func(row incremental.Row, inputs int, k incremental.Kernel) {
		all[row.Name] = newOperator(row, inputs, k)
	}
	const zero = "a division by zero"
	of := func(from incremental.From) incremental.Magnitude { return incremental.Magnitude{From: from} }
	ofTerms := of(incremental.FromTerms)
	add(incremental.Row{Name: "+", Operation: incremental.Sum, Scale: ofTerms}, 2, incremental.Addition{})
	add(incremental.Row{Name: "-", Operation: incremental.Difference, Scale: ofTerms}, 2, incremental.Subtraction{})
	add(incremental.Row{Name: "*", Operation: incremental.Product, Scale: of(incremental.FromProduct)}, 2,
		incremental.Multiplication{})
	add(incremental.Row{
		Name: "/", Operation: incremental.Quotient, Undefined: zero, Scale: of(incremental.FromQuotient),
	}, 2, elementwise{divide})
	add(incremental.Row{Name: "%", Undefined: zero, Scale: of(incremental.FromInput)}, 2, elementwise{remainder})
	add(incremental.Row{Name: "^", Scale: of(incremental.FromPower)}, 2, elementwise{math.Pow})
	add(incremental.Row{Name: "neg"}, 1, incremental.Pointwise{F: negative})
	for sign, c := range comparisons {
		row := incremental.Row{Name: sign, Operation: incremental.Comparison, Compares: c}
		add(row, 2, newCompare(c))
		all[sign+ScaleMark] = newOperator(row, 3, compareAt{newCompare(c)})
	}
	add(incremental.Row{Name: "and", Operation: incremental.And}, 2, conjunction{})
	add(incremental.Row{Name: "or", Operation: incremental.Or}, 2, disjunction{})
	add(incremental.Row{Name: "not", Operation: incremental.Not}, 1, negation{})
	add(incremental.Row{Name: "?", Operation: incremental.Choice}, 3, choose{})
	return all
}

// joins reports whether an operation is one of conditions.
func joins(o incremental.Operation) bool {
	return o == incremental.And || o == incremental.Or || o == incremental.Not
}

// comparisons are what the signs compare.
var comparisons = map[string]incremental.Compares{
	">":  {What: incremental.ComparesSides, Above: true},
	"<":  {What: incremental.ComparesSides, Below: true},
	">=": {What: incremental.ComparesSides, Above: true, Equal: true},
	"<=": {What: incremental.ComparesSides, Below: true, Equal: true},
	"==": {What: incremental.ComparesSides, Equal: true},
	"!=": {What: incremental.ComparesSides, Above: true, Below: true},
}

// divide and remainder by zero are na: an infinite ratio is no number to trade on.
func divide(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// remainder has the sign of the divisor, as a clock's has. It is 0 where a is a multiple
// of b but for the rounding of both: 0.3 % 0.1 is not 0.09999999999999998.
func remainder(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	if near := 1e-12 * math.Abs(a); math.Abs(r) <= near || math.Abs(r-b) <= near {
		return 0
	}
	return r
}

// compare is a comparison by what it says of numbers above, below and equal;
// equal is within 1e-12 relative, as incremental.Compare defines it.
type compare struct{ above, below, equal float64 }

func newCompare(c incremental.Compares) compare {
	return compare{above: truth(c.Above), below: truth(c.Below), equal: truth(c.Equal)}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// Of compares two numbers.
func (c compare) Of(a, b float64) float64 {
	// The usual case, clearly above or below, needs no exact look.
	switch d, near := a-b, 2e-12*(math.Abs(a)+math.Abs(b)); {
	case d > near:
		return c.above
	case d < -near:
		return c.below
	case a != a || b != b:
		return math.NaN()
	}
	switch incremental.Compare(a, b) {
	case 1:
		return c.above
	case -1:
		return c.below
	}
	return c.equal
}

func (c compare) Step(_ []float64, in, out [][]float64) {
	a, y := in[0], out[0]
	b := in[1][:len(a)]
	y = y[:len(a)]
	sides := [2]float64{c.above, c.below}
	for j, x := range a {
		// The usual case as in of, without a branch on which side it is: that
		// of a price about an average is anybody's guess.
		d := x - b[j]
		if math.Abs(d) > 2e-12*(math.Abs(x)+math.Abs(b[j])) {
			y[j] = sides[math.Float64bits(d)>>63]
		} else {
			y[j] = c.Of(x, b[j])
		}
	}
}

// compareAt is a comparison of numbers whose scale is the third input.
type compareAt struct{ by compare }

// StepOne implements incremental.Single.
func (c compareAt) StepOne(_ []float64, a, b, scale float64) (y, _, _ float64) {
	switch d, near := a-b, 2e-12*(math.Abs(a)+math.Abs(b)+scale); {
	case d > near:
		return c.by.above, 0, 0
	case d < -near:
		return c.by.below, 0, 0
	case a != a || b != b:
		return math.NaN(), 0, 0
	}
	switch incremental.CompareAt(a, b, scale) {
	case 1:
		return c.by.above, 0, 0
	case -1:
		return c.by.below, 0, 0
	}
	return c.by.equal, 0, 0
}

// Step compares bar by bar.
func (c compareAt) Step(_ []float64, in, out [][]float64) {
	a, y := in[0], out[0]
	b, scale := in[1][:len(a)], in[2][:len(a)]
	for j, x := range a {
		y[j], _, _ = c.StepOne(nil, x, b[j], scale[j])
	}
}

// and, or and not are Kleene's: na is "may be either".
// Conditions are 0, 1 or na, and their bits are ordered so: the ways without
// branches below rest on that.
func and(a, b float64) float64 {
	x, y := math.Float64bits(a), math.Float64bits(b)
	r := max(x, y)
	if x == 0 {
		r = 0
	}
	if y == 0 {
		r = 0
	}
	return math.Float64frombits(r)
}

// or is Kleene's: true where one side is, na where none is and one may be.
func or(a, b float64) float64 {
	const one = 0x3ff0000000000000 // the bits of 1
	x, y := math.Float64bits(a), math.Float64bits(b)
	r := max(x, y)
	if x == one {
		r = one
	}
	if y == one {
		r = one
	}
	return math.Float64frombits(r)
}

// conjunction and disjunction are the kernels of and and or.
type (
	conjunction struct{}
	disjunction struct{}
)

// Of implements incremental.Scalar.
func (conjunction) Of(a, b float64) float64 { return and(a, b) }

// Of implements incremental.Scalar.
func (disjunction) Of(a, b float64) float64 { return or(a, b) }

func (conjunction) Step(_ []float64, in, out [][]float64) {
	a := in[0]
	b, y := in[1][:len(a)], out[0][:len(a)]
	for j, x := range a {
		y[j] = and(x, b[j])
	}
}

func (disjunction) Step(_ []float64, in, out [][]float64) {
	a := in[0]
	b, y := in[1][:len(a)], out[0][:len(a)]
	for j, x := range a {
		y[j] = or(x, b[j])
	}
}

// negation is the kernel of not.
type negation struct{}

func (negation) Step(_ []float64, in, out [][]float64) {
	for j, x := range in[0] {
		out[0][j] = not(x)
	}
}

func not(x float64) float64 { return 1 - x }

// negative is the number with the other sign.
func negative(x float64) float64 { return -x }
