package incremental_test

import (
	"math"
	"testing"

	"streamd/incremental"
)

func TestCompareTakesRoundingForEqual(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		a, b float64
		want int
	}{
		{1, 1, 0},
		{1, 2, -1},
		{2, 1, 1},
		{0, 0, 0},
		{0, 1e-300, -1},
		{-1, -2, 1},
		{0.1 + 0.2, 0.3, 0},
		{100, 100 + 9e-11, 0},
		{100, 100 + 2e-10, -1},
		{-100, -100 - 9e-11, 0},
		{-100, -100 - 2e-10, 1},
		{inf, 1, 1},
		{1, inf, -1},
		{inf, inf, 0},
		{-inf, inf, -1},
		{math.MaxFloat64, -math.MaxFloat64, 1},
	} {
		if got := incremental.Compare(c.a, c.b); got != c.want {
			t.Errorf("Compare(%v, %v) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
