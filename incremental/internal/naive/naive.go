// Package naive states every indicator a second time, in the plainest form: a
// function of whole columns, each value computed from its definition, without
// memory of the one before where that is possible. It is the judge in tests.
package naive

import (
	"maps"

	"streamd/incremental"
)

// Func computes all outputs of an indicator over whole columns, na (NaN) where
// there is no value. The inputs are those of the row, in its order.
type Func func(a incremental.Args, in [][]float64) [][]float64

// Funcs returns the plain form of every row, by name.
func Funcs() map[string]Func {
	all := map[string]Func{}
	for _, group := range []map[string]Func{
		basic(), overlap(), momentum(), volume(), volatility(), price(), cycle(), pattern(),
		statistic(), transform(), operator(), series(), variant(), pine(),
	} {
		maps.Copy(all, group)
	}
	return all
}
