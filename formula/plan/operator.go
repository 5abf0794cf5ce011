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

func (k elementwise) Step(_ []float64, in, out [][]float64) {
	a, y := in[0], out[0]
	b := in[1][:len(a)]
	y = y[:len(a)]
	for j, x := range a {
		y[j] = k.f(x, b[j])
	}
}

// Pointwise is a kernel that makes each value of one input's value.
type Pointwise struct{ F func(x float64) float64 }

func (k Pointwise) Step(_ []float64, in, out [][]float64) {
	for j, x := range in[0] {
		out[0][j] = k.F(x)
	}
}

// Choose is cond ? x : y.
type Choose struct{}

func (Choose) Step(_ []float64, in, out [][]float64) {
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

// Operator is what the lowering needs of an operator.
type Operator struct {
	Bound *incremental.Bound
	f     func(a, b float64) float64 // for constants
	Text  string
}

// BindOperator binds a kernel without memory to a row of so many inputs; outBool is 1 for a condition.
func BindOperator(inputs, outBool int, k incremental.Kernel, name string) *incremental.Bound {
	ins := make([]incremental.Input, inputs)
	row := &incremental.Row{
		Name: name, Inputs: ins, NaAware: true,
		Outputs:  []incremental.Output{{Name: "real", Bool: outBool == 1}},
		Lookback: func(incremental.Args) int { return 0 },
		Bind:     func(incremental.Args) incremental.Build { return incremental.Build{Kernel: k} },
	}
	b, err := row.With(nil)
	if err != nil {
		panic("formula: " + err.Error())
	}
	return b
}

// Operators returns the binary operators by their sign. The map is made for
// each builder: nothing is shared that could be changed.
func Operators() map[string]*Operator {
	all := map[string]*Operator{}
	add := func(text string, isBool int, f func(a, b float64) float64, k incremental.Kernel) {
		if k == nil {
			k = elementwise{f}
		}
		all[text] = &Operator{Bound: BindOperator(2, isBool, k, text), f: f, Text: text}
	}
	add("+", 0, func(a, b float64) float64 { return a + b }, incremental.Addition{})
	add("-", 0, func(a, b float64) float64 { return a - b }, incremental.Subtraction{})
	add("*", 0, func(a, b float64) float64 { return a * b }, incremental.Multiplication{})
	add("/", 0, divide, nil)
	add("%", 0, remainder, nil)
	add("^", 0, math.Pow, nil)
	for _, text := range []string{">", "<", ">=", "<=", "==", "!="} {
		c := compareBySign(text)
		add(text, 1, c.of, c)
	}
	add("and", 1, And, Conjunction{})
	add("or", 1, Or, Disjunction{})
	return all
}

// divide and remainder by zero are na: an infinite ratio is no number to trade on.
func divide(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// remainder has the sign of the divisor, as a clock's has.
func remainder(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

// compare is a comparison by what it says of numbers above, below and equal;
// equal is within 1e-12 relative, as incremental.Compare defines it.
type compare struct{ above, below, equal float64 }

// compareBySign returns the comparison that the sign stands for.
func compareBySign(sign string) compare {
	return map[string]compare{
		">": {above: 1}, "<": {below: 1}, ">=": {above: 1, equal: 1}, "<=": {below: 1, equal: 1},
		"==": {equal: 1}, "!=": {above: 1, below: 1},
	}[sign]
}

func (c compare) of(a, b float64) float64 {
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
			y[j] = c.of(x, b[j])
		}
	}
}

// And, or and not are Kleene's: na is "may be either".
// Conditions are 0, 1 or na, and their bits are ordered so: the ways without
// branches below rest on that.
func And(a, b float64) float64 {
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

// Or is Kleene's: true where one side is, na where none is and one may be.
func Or(a, b float64) float64 {
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
	Conjunction struct{}
	Disjunction struct{}
)

func (Conjunction) Step(_ []float64, in, out [][]float64) {
	a := in[0]
	b, y := in[1][:len(a)], out[0][:len(a)]
	for j, x := range a {
		y[j] = And(x, b[j])
	}
}

func (Disjunction) Step(_ []float64, in, out [][]float64) {
	a := in[0]
	b, y := in[1][:len(a)], out[0][:len(a)]
	for j, x := range a {
		y[j] = Or(x, b[j])
	}
}

// Negation is the kernel of not.
type Negation struct{}

func (Negation) Step(_ []float64, in, out [][]float64) {
	for j, x := range in[0] {
		out[0][j] = not(x)
	}
}

func not(x float64) float64 { return 1 - x }

// Negative is the number with the other sign.
func Negative(x float64) float64 { return -x }
