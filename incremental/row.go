package incremental

// Row is one indicator: all that the language, the documentation and the tests
// need to know of it.
type Row struct {
	Name    string // lower case, as written in a formula
	Title   string // "Relative Strength Index"
	Group   string // one of the Group constants
	Inputs  []Input
	Params  []Param
	Outputs []Output

	Doc      string   // what it computes, in sentences
	Source   string   // definition: book page, paper, or "TA-Lib RSI"
	Examples []string // formulas that use it

	// TALib is the name of the TA-Lib function with the same numbers, whose
	// reference vectors the row must meet; empty where TA-Lib has none.
	TALib string
	// Tolerance is the relative error allowed against TA-Lib; 0 means 1e-9.
	Tolerance float64
	// Known lists reference cases in which TA-Lib itself is wrong or unstable,
	// as "SERIES PARAMS", each with the evidence.
	Known map[string]string
	// Differs says where TA-Lib's own values are not stable by more than the
	// tolerance, with a case that shows it; make talib names rows that do not say so yet.
	Differs string

	// NaAware kernels take na (NaN) as a value; see StepRuns.
	NaAware bool
	// TakesConditions rows do with conditions what they do with numbers, and give a
	// condition then (nz, lag). Everywhere else 0, 1 and na would become other numbers.
	TakesConditions bool
	// Sparse outputs may be na after the lookback (pivots, valuewhen).
	Sparse bool
	// Undefined says why a value can be na though no input is: "a division by zero".
	Undefined string

	// How a formula writes the row.
	Word      bool   // without parentheses: hl2, bar_index
	Subscript bool   // as x[n]: lag
	Implied   Input  // the price that a call without its series means: High of highest(20); Real for none
	Pairwise  string // the row that does to two series what this one does to a window: greater of max
	Usage     string // what the row's inputs and parameters would not say: tf("1h", x)
	Pine      string // the same function in Pine: ta.sma; empty where Pine has none, or another
	Operation Operation

	// Compares says what a condition compares; zero for all others.
	Compares Compares
	// Scale is the magnitude that the values are made from, where it is not their own.
	Scale Magnitude
	// Range holds the least and the greatest value of every output; zero where there are no bounds.
	Range [2]float64

	// OrderStatistic kernels may cost O(log n) per bar, Linear ones O(n), said
	// in Doc; all others O(1).
	OrderStatistic, Linear bool

	// Lookback is the number of bars before the first value.
	Lookback func(a Args) int
	// Warmup is the number of further bars until the seed weighs less than eps
	// in the value; nil for windowed functions, which forget at once. A
	// function that never forgets (obv) returns NeverForgets. See Bound.Warmup.
	Warmup func(a Args, eps float64) int
	// Bind makes the kernel. The arguments are within the limits of Params.
	Bind func(a Args) Build
	// Check refuses combinations that Params cannot express; nil for none.
	Check func(a Args) error
}

// runningTotals begins a row's Differs where TA-Lib adds and subtracts and this project sums each window.
const runningTotals = "it keeps running totals, whose rounding stays when large values leave the window; " +
	"started again shortly before the bar it agrees: "

// bitForBit ends a row's Doc where TA-Lib compares without tolerance what can differ by rounding.
const bitForBit = " Decides as TA-Lib does, bit for bit: values that are equal but for rounding may count as different."

// NeverForgets is the Warmup of functions whose value depends on where the
// history began, forever (obv, ad, cum).
const NeverForgets = 1 << 30

// Groups of the table, in the order of the documentation; the first ten are
// TA-Lib's.
const (
	GroupOverlap    = "Overlap Studies"
	GroupMomentum   = "Momentum Indicators"
	GroupVolume     = "Volume Indicators"
	GroupVolatility = "Volatility Indicators"
	GroupPrice      = "Price Transform"
	GroupCycle      = "Cycle Indicators"
	GroupPattern    = "Pattern Recognition"
	GroupStatistic  = "Statistic Functions"
	GroupTransform  = "Math Transform"
	GroupOperator   = "Math Operators"
	GroupSeries     = "Series"   // history, crossings, conditions
	GroupVariant    = "Variants" // the same name elsewhere, other numbers
	GroupTime       = "Time"     // sessions and the calendar
	GroupUniverse   = "Universe" // other series of the same timeframe
)

// Input is what flows into one input of a row.
type Input uint8

// A Real is given as an argument of the call; a Cond too, and is a condition
// (1, 0 or na). The prices are implied. Time is the candle's open time in
// milliseconds since 1970 (exact in a float64). Scale is implied too: the greatest
// magnitude that the call's Reals were made from, for CompareAt, or 0 where their
// values show it themselves; it is finite on every bar, and stands last. Members is implied
// as well: what the members of a universe say of the bar.
const (
	Real Input = iota
	Cond
	Open
	High
	Low
	Close
	Volume
	Time
	Scale
	Members
)

// Given reports whether the input is an argument of the call; others are implied.
func (in Input) Given() bool { return in == Real || in == Cond }

// Output is one result of a row.
type Output struct {
	Name    string   // TA-Lib's name, or "real" for a single one
	Aliases []string // the usual short names
	Bool    bool     // a condition: 1, 0 or na
}

// Param is one parameter of a row.
type Param struct {
	Name     string
	Kind     ParamKind
	Default  float64  // of numbers and MA types
	Text     string   // default of a Text
	Min      float64  // least allowed, inclusive
	Max      float64  // greatest allowed, inclusive
	Choices  []string // allowed words of a Text; nil for any
	Required bool     // there is no default
}

// ParamKind says what a parameter is written as.
type ParamKind uint8

// An Int is a whole number, a Float any, an MA a moving average's name
// ("ema"), a Text a quoted string.
const (
	Int ParamKind = iota
	Float
	MA
	Text
)

// Arg is the value of one parameter: Num of Int, Float and MA (a MAType), Text
// of Text.
type Arg struct {
	Num  float64
	Text string
}

// Args are the values of a row's parameters, in the order of Row.Params.
type Args []Arg

// Int returns argument i as a whole number.
func (a Args) Int(i int) int { return int(a[i].Num) }

// Float returns argument i as a number.
func (a Args) Float(i int) float64 { return a[i].Num }

// Text returns argument i as text.
func (a Args) Text(i int) string { return a[i].Text }

// MAType returns argument i as the kind of moving average.
func (a Args) MAType(i int) MAType { return MAType(a[i].Num) }

// Defaults returns the row's default arguments.
func (r *Row) Defaults() Args {
	a := make(Args, len(r.Params))
	for i, p := range r.Params {
		a[i] = Arg{Num: p.Default, Text: p.Text}
	}
	return a
}

// PeriodMax is the longest period that any row accepts; the engine's ring sets
// the limit in practice.
const PeriodMax = 100_000

// period is the usual first parameter: a whole number of bars.
func period(byDefault, least float64) Param {
	return Param{Name: "timeperiod", Kind: Int, Default: byDefault, Min: least, Max: PeriodMax}
}

// real1 is the single unnamed output of most rows.
var real1 = []Output{{Name: "real"}}
