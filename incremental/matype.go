package incremental

import "slices"

// MAType is a kind of moving average, numbered as TA-Lib's MAType.
type MAType int

// The names of the moving averages, by TA-Lib's number.
var maTypes = [...]string{"sma", "ema", "wma", "dema", "tema", "trima", "kama", "mama", "t3"}

// MATypes returns the names of all moving averages, by TA-Lib's number.
func MATypes() []string { return slices.Clone(maTypes[:]) }

// ParseMAType returns the moving average of that name.
func ParseMAType(name string) (MAType, bool) {
	i := slices.Index(maTypes[:], name)
	return MAType(i), i >= 0
}

// String returns the name, as a formula writes it.
func (m MAType) String() string { return maTypes[m] }

// maParam is a parameter that takes a moving average's name.
func maParam(name string, byDefault MAType) Param {
	return Param{Name: name, Kind: MA, Default: float64(byDefault), Min: 0, Max: float64(len(maTypes) - 1)}
}
