package streamd

import (
	"fmt"
	"math"
	"strings"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// Function is an indicator with its parameters bound, over one series.
//
// Its inputs are the series that a call in a formula is given, and then the prices that it implies: rsi takes one value
// a bar, atr takes high, low and close, obv takes a value and the volume. Inputs lists them.
type Function struct {
	bound   *incremental.Bound
	state   []float64
	tapes   [][]float64 // by input: the last values, with room behind them
	bar     int         // where the next bar goes, after the history that it needs
	takes   int         // inputs that a bar is given
	in, out [][]float64
	last    []float64
	scratch [2][][]float64
	err     error
}

// Indicator binds a function of the table (see `streamd functions`) to parameters in the order of its signature:
// numbers, the name of a moving average ("ema") or text; what is not given has its default.
//
//	rsi, err := streamd.Indicator("rsi", 14)
//
// The error names the function or the parameter that is wrong, with its limits.
func Indicator(name string, params ...any) (*Function, error) {
	row := catalog.New().Row(name)
	if row == nil {
		return nil, fmt.Errorf("streamd: unknown indicator %q", name)
	}
	if len(params) > len(row.Params) {
		return nil, fmt.Errorf("streamd: %s takes at most %d parameters, found %d", name, len(row.Params),
			len(params))
	}
	args := row.Defaults()
	for i, p := range row.Params {
		if i >= len(params) {
			if p.Required {
				return nil, fmt.Errorf("streamd: %s: parameter %s is missing", name, p.Name)
			}
			continue
		}
		arg, err := argument(p, params[i])
		if err != nil {
			return nil, fmt.Errorf("streamd: %s: parameter %s: %w", name, p.Name, err)
		}
		args[i] = arg
	}
	bound, err := row.With(args)
	if err != nil {
		return nil, fmt.Errorf("streamd: %s", strings.TrimPrefix(err.Error(), "incremental: "))
	}
	return newFunction(bound), nil
}

// argument converts a parameter of a Go program to that of a row.
func argument(p incremental.Param, given any) (incremental.Arg, error) {
	switch v := given.(type) {
	case int:
		return incremental.Arg{Num: float64(v)}, wantNumber(p)
	case float64:
		return incremental.Arg{Num: v}, wantNumber(p)
	case string:
		if p.Kind == incremental.Text {
			return incremental.Arg{Text: v}, nil
		}
		if kind, ok := incremental.ParseMAType(v); ok && p.Kind == incremental.MA {
			return incremental.Arg{Num: float64(kind)}, nil
		}
		return incremental.Arg{}, fmt.Errorf("found the text %q", v)
	}
	return incremental.Arg{}, fmt.Errorf("found a %T, want an int, a float64 or a string", given)
}

func wantNumber(p incremental.Param) error {
	if p.Kind == incremental.Text {
		return fmt.Errorf("found a number, want text")
	}
	return nil
}

// slackMin is how many bars a tape takes at the least before its values are moved to its front.
const slackMin = 16

func newFunction(b *incremental.Bound) *Function {
	f := &Function{bound: b, state: make([]float64, b.State), bar: b.History}
	for _, in := range b.Row.Inputs {
		f.tapes = append(f.tapes, b.NewInput(max(b.History, slackMin)))
		if in != incremental.Scale { // whose tape stays 0: the values show theirs
			f.takes++
		}
	}
	for range b.Row.Outputs {
		f.out = append(f.out, make([]float64, 1))
	}
	f.in, f.last = make([][]float64, len(f.tapes)), make([]float64, len(f.out))
	f.scratch = [2][][]float64{make([][]float64, len(f.tapes)), make([][]float64, len(f.out))}
	return f
}

// Inputs names what Next takes, in order: "x", "condition", "open", "high", "low", "close", "volume", "time" (of the
// open, in milliseconds since 1970-01-01 UTC).
func (f *Function) Inputs() []string {
	if f.bound == nil {
		return nil
	}
	names := make([]string, f.takes)
	for i, in := range f.bound.Row.Inputs[:f.takes] {
		names[i] = [...]string{"x", "condition", "open", "high", "low", "close", "volume", "time"}[in]
	}
	return names
}

// Outputs names what Outputs of a bar are, in the order of NextAll.
func (f *Function) Outputs() []string {
	if f.bound == nil {
		return nil
	}
	names := make([]string, len(f.bound.Row.Outputs))
	for i, o := range f.bound.Row.Outputs {
		names[i] = o.Name
	}
	return names
}

// Lookback returns how many bars pass before the first value.
func (f *Function) Lookback() int {
	if f.bound == nil {
		return 0
	}
	return f.bound.Lookback
}

// Next takes the next bar, one value for each of Inputs, and returns the first output: NaN during the lookback, and
// where an input is not a finite number (then the function warms up again behind it). With another number of values
// it returns NaN, the bar does not count, and Err says so.
func (f *Function) Next(inputs ...float64) float64 { return f.NextAll(inputs...)[0] }

// NextAll is Next for all outputs. They hold until the next call.
func (f *Function) NextAll(inputs ...float64) []float64 {
	if f.bound == nil || len(inputs) != f.takes || len(inputs) == 0 {
		f.fail(len(inputs))
		return f.none()
	}
	history := f.bound.History
	if f.bar == len(f.tapes[0]) { // once in many bars, so that a bar costs the same whatever the period
		for _, tape := range f.tapes {
			copy(tape, tape[f.bar-history:])
		}
		f.bar = history
	}
	for k, x := range inputs {
		f.tapes[k][f.bar] = x
	}
	for k, tape := range f.tapes {
		f.in[k] = tape[f.bar-history : f.bar+1]
	}
	f.bar++
	f.bound.StepRuns(f.state, f.in, f.out, f.scratch[0], f.scratch[1])
	for k, y := range f.out {
		f.last[k] = y[0]
	}
	return f.last
}

// Series computes the first output over whole columns, one for each of Inputs, from the first bar on. What Next has
// taken does not count, and stays as it is. Columns of unequal length or of another number give nil, and Err says so.
func (f *Function) Series(columns ...[]float64) []float64 {
	if f.bound == nil || len(columns) != f.takes || len(columns) == 0 {
		f.fail(len(columns))
		return nil
	}
	bars, history := len(columns[0]), f.bound.History
	in := make([][]float64, len(f.tapes))
	for k := range in {
		in[k] = f.bound.NewInput(bars)
	}
	for k, column := range columns {
		if len(column) != bars {
			f.err = fmt.Errorf("streamd: %s: columns of %d and %d bars", f.bound.Row.Name, bars, len(column))
			return nil
		}
		copy(in[k][history:], column)
	}
	if bars == 0 {
		return []float64{}
	}
	out := make([][]float64, len(f.out))
	for k := range out {
		out[k] = make([]float64, bars)
	}
	f.bound.StepRuns(make([]float64, f.bound.State), in, out, f.scratch[0], f.scratch[1])
	return out[0]
}

// Err returns the first wrong use since the function was made, or nil.
func (f *Function) Err() error { return f.err }

// Reset forgets all bars and the error.
func (f *Function) Reset() {
	if f.bound != nil {
		*f = *newFunction(f.bound)
	}
	f.err = nil
}

func (f *Function) fail(found int) {
	switch {
	case f.err != nil:
	case f.bound == nil:
		f.err = fmt.Errorf("streamd: a Function is made by Indicator")
	default:
		f.err = fmt.Errorf("streamd: %s takes %d inputs a bar (%s), found %d", f.bound.Row.Name, f.takes,
			strings.Join(f.Inputs(), ", "), found)
	}
}

// none is NaN for every output.
func (f *Function) none() []float64 {
	na := make([]float64, max(1, len(f.out)))
	for i := range na {
		na[i] = math.NaN()
	}
	return na
}
