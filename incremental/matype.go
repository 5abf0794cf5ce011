package incremental

import "slices"

// MAType is a kind of moving average, numbered as TA-Lib's MAType.
type MAType int

// The names of the moving averages, by TA-Lib's number. A number without a name
// is none.
var maTypes = [...]string{
	maSMA: "sma", maEMA: "ema", maWMA: "wma", maDEMA: "dema", maTEMA: "tema", maTRIMA: "trima",
	maKAMA: "kama", maMAMA: "mama", maT3: "t3", maHMA: "hma", maDisabled: "disabled", maZLEMA: "zlema", maRMA: "rma",
}

// MATypes returns the names of all moving averages, in the order of TA-Lib's
// numbers.
func MATypes() []string {
	return slices.DeleteFunc(slices.Clone(maTypes[:]), func(name string) bool { return name == "" })
}

// ParseMAType returns the moving average of that name.
func ParseMAType(name string) (MAType, bool) {
	i := slices.Index(maTypes[:], name)
	return MAType(i), i >= 0 && name != ""
}

// String returns the name, as a formula writes it, empty if there is none.
func (m MAType) String() string { return maTypes[m] }

// maParam is a parameter that takes a moving average's name.
func maParam(name string, byDefault MAType) Param {
	return Param{Name: name, Kind: MA, Default: float64(byDefault), Min: 0, Max: float64(len(maTypes) - 1)}
}
