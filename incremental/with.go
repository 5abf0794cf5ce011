package incremental

import (
	"fmt"
	"math"
	"slices"
)

// With checks the arguments against the row's limits and makes the kernel.
// Errors name the parameter and its limits, or the number of arguments; Row.Defaults
// has the right one.
func (r *Row) With(a Args) (*Bound, error) {
	if len(a) != len(r.Params) {
		return nil, fmt.Errorf("incremental: %s takes %d arguments, found %d", r.Name, len(r.Params), len(a))
	}
	for i, p := range r.Params {
		if err := p.check(a[i]); err != nil {
			return nil, fmt.Errorf("incremental: %s: %w", r.Name, err)
		}
	}
	if r.Check != nil {
		if err := r.Check(a); err != nil {
			return nil, fmt.Errorf("incremental: %s: %w", r.Name, err)
		}
	}
	b := &Bound{Build: r.Bind(a), Row: r, Args: slices.Clone(a), Lookback: r.Lookback(a)}
	return b, nil
}

func (p Param) check(a Arg) error {
	switch {
	case p.Kind == Text:
		if p.Choices != nil && !slices.Contains(p.Choices, a.Text) {
			return fmt.Errorf("%s %q is none of %v", p.Name, a.Text, p.Choices)
		}
	case math.IsNaN(a.Num) || a.Num < p.Min || a.Num > p.Max:
		return fmt.Errorf("%s %v is outside %v to %v", p.Name, a.Num, p.Min, p.Max)
	case p.Kind == MA && a.Num == math.Trunc(a.Num) && MAType(a.Num).String() == "":
		return fmt.Errorf("%s %v is no moving average", p.Name, a.Num)
	case p.Kind != Float && a.Num != math.Trunc(a.Num):
		return fmt.Errorf("%s %v is not a whole number", p.Name, a.Num)
	}
	return nil
}
