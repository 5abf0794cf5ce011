package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Conditions is the part of formulas that says yes or no, laid out so that a
// bar costs what it changes rather than what there is: of a thousand formulas
// hardly any changes its mind on a bar.
//
// The comparisons of the same two columns are one ladder: `rsi < 30` and
// `rsi < 25`, or `close > sma * 1.01` and `close > sma * 1.02`, are rungs in the
// order of their constants, and a series remembers between which two it stood.
// While it stands there, no rung is looked at. A comparison that does change
// marks the operators above it, and only those are computed.
//
// The values are those of the plan's own nodes, na included. What stands below
// the comparisons is not computed here: those are the Columns, which a plan has
// to compute. A Conditions is immutable; a series has a Truths of it, a
// goroutine a Judge.
type Conditions struct {
	graph      *Graph
	columns    []Ref
	leaves     []leaf      // conditions that are columns
	thresholds []threshold // ladders of one rung
	ladders    []ladder    // of several, by rising constants
	lone       []threshold // that nothing but one and reads
	tests      []test      // of the rungs
	logic      []logic     // operators, inputs before them; the last conditions
	inputs     []int32     // of the operators
	doubting   []int32     // operators with lone thresholds
	scales     []int32     // columns of scales
	count      int
	roots      []int32 // the condition of each formula
	readers    lists   // by condition, twice: the operators that read it, then the formulas that it decides
}

// verdict is a condition's value.
type verdict = uint8

// The zero value is na: with all na nothing has to be computed, as any operator
// over na alone is na.
const (
	isNa verdict = iota
	isTrue
	isFalse
)

// leaf is a condition that some kernel computes as a column of 1, 0 and na.
type leaf struct{ column, condition int32 }

// ladder is a column against another one, changed by constants.
type ladder struct {
	a, b   int32 // columns
	scaled bool  // the constants multiply b, so that their order is that of b's sign
	at     int32 // the column of the rungs' scales, any if there is none
	scale  scale // the greatest of the rungs'
	rungs  []rung
	bands  []band // by the number of rungs below a; none where the constants are added to b
}

// band is what lies clearly between two rungs: a above the lower line and below
// the higher one, as long as b is not negative on a scaled ladder. It is narrower
// than comparisons without a scale ask by a few parts in 1e12.
type band struct{ lower, higher line }

// line is b*factor + shift.
type line struct{ factor, shift float64 }

func (l line) of(b float64) float64 { return float64(b*l.factor) + l.shift }

// holds allows for a margin on each side.
func (d *band) holds(a, b, margin float64) bool {
	return a > d.lower.of(b)+margin && a < d.higher.of(b)-margin
}

// marginOf is how far within its band a must be, for a scale: twice what clearlyAbove asks.
func marginOf(scale float64) float64 { return 4e-12 * scale }

// scale is the magnitude that both sides of a comparison were made from: so many times
// the size of a column or, for what is bounded, a constant. It is 0 where their values
// show it.
type scale struct{ times, least float64 }

// of is the scale where its column is x.
func (s scale) of(x float64) float64 {
	if s.times == 0 {
		return s.least
	}
	return bounded(s.times*math.Abs(x)) + s.least
}

// threshold is a ladder of one rung.
type threshold struct {
	a, b, at int32
	how      how
	rung
	// Of a constant: a above high and below low is clearly above and below it, but for
	// the margin of a scale.
	low, high float64
}

// how a threshold is made of column b: in the general way, as it is, or not at all. The
// cheap ones are last.
type how uint8

const (
	howMade how = iota
	howPlain
	howConstant
)

// rung is one constant: column a is compared with b*factor + shift, of which one
// does nothing.
type rung struct {
	line
	scale      scale
	first, end int32 // in tests
}

// beside returns a line above or below the rung by twice what clearlyAbove asks
// of numbers near it without a scale; what is further away differs by more than its
// own share anyway.
func (r *rung) beside(sign float64) line {
	return line{r.factor + sign*4e-12*math.Abs(r.factor), r.shift + sign*4e-12*math.Abs(r.shift)}
}

// test is one comparison at a rung: what it says where a is below, at and above
// the rung, two bits each.
type test struct {
	condition int32
	says      uint8
}

func (t test) at(side int) verdict { return t.says >> (2 * (side + 1)) & 3 }

// logic is an operator over any number of conditions.
type logic struct {
	kind       logicKind
	first, end int32 // in inputs

	// The thresholds that nothing but this and reads, in lone: they are looked
	// at on bars only on which all before them is not false.
	lone, loneEnd int32
}

// four is the number of inputs that are read at once.
type four = [4]int32

// padded returns the inputs, the first one again and again after the last until
// they make fours: which says the same.
func (op *logic) padded(inputs []int32) []int32 {
	return inputs[op.first : op.first+(op.end-op.first+3)&^3]
}

type logicKind uint8

const (
	logicNone logicKind = iota
	logicNot
	logicAnd
	logicOr
)

// decides returns the value that is the operator's as soon as one condition has
// it; isNa for none.
func (k logicKind) decides() verdict {
	switch k {
	case logicAnd:
		return isFalse
	case logicOr:
		return isTrue
	}
	return isNa
}

// lists are lists of numbers, one after the other.
type lists struct{ start, items []int32 }

// of returns the lists of i and of i+1.
func (l *lists) of(i int32) (first, second []int32) {
	s := l.start[i : i+3]
	return l.items[s[0]:s[1]], l.items[s[1]:s[2]]
}

// Columns returns the columns that a plan must compute for the conditions.
func (c *Conditions) Columns() []Ref { return c.columns }

func (c *Conditions) operatorAt(i int) int32 { return int32(c.count - len(c.logic) + i) }

// Truths is what a series remembers of its conditions. It is no state that
// would have to be kept: one that remembers nothing says the same.
//
// An and that is false rests on one of its conditions that is false, an or that
// is true on one that is true: it is not computed before that one changes, the
// others may do as they like.
type Truths struct {
	values     []verdict // by condition
	thresholds []int8    // side + 2, 0 for na
	ladders    []stance
	restsOn    []int32 // by operator, a condition plus 1; 0 for none
	fresh      bool    // nothing was judged yet
}

// stance is where a stands on a ladder: above n rungs and below the others, or
// at the one behind them; allNa, or astray where that is not all there is to say.
type stance = int32

const (
	allNa  stance = 0
	astray stance = -1
)

func standing(n int) stance   { return stance(2*n + 1) }
func standingAt(n int) stance { return stance(2*n + 2) }

// NewTruths returns the memory of a series of which no bar was judged.
func (c *Conditions) NewTruths() *Truths {
	return &Truths{
		values: make([]verdict, c.count), thresholds: make([]int8, len(c.thresholds)),
		ladders: make([]stance, len(c.ladders)),
		restsOn: make([]int32, len(c.logic)), fresh: true,
	}
}

// Reset makes the memory that of a series of which no bar was judged.
func (t *Truths) Reset() {
	clear(t.values)
	clear(t.thresholds)
	clear(t.ladders)
	clear(t.restsOn)
	t.fresh = true
}

// Fresh reports whether no bar was judged since the memory was made or reset.
func (t *Truths) Fresh() bool { return t.fresh }

func (t *Truths) copy(of *Truths) {
	copy(t.values, of.values)
	copy(t.thresholds, of.thresholds)
	copy(t.ladders, of.ladders)
	copy(t.restsOn, of.restsOn)
	t.fresh = of.fresh
}

// String lists the ladders: the columns, one or two, then each rung's factor and offset.
func (c *Conditions) String() string {
	var b strings.Builder
	ladders := slices.Clone(c.ladders)
	for _, s := range c.thresholds {
		ladders = append(ladders, ladder{a: s.a, b: s.b, scaled: s.how != howConstant, rungs: []rung{s.rung}})
	}
	for _, l := range ladders {
		fmt.Fprintf(&b, "%s |", c.graph.Canon(c.columns[l.a]))
		if l.scaled || l.rungs[0].factor != 0 {
			fmt.Fprintf(&b, " %s", c.graph.Canon(c.columns[l.b]))
		}
		for _, r := range l.rungs {
			fmt.Fprintf(&b, " %g,%g", r.factor, r.shift)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
