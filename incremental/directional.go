package incremental

import (
	"math"

	"streamd/incremental/window"
)

// directional is Wilder's directional movement: what of a bar lies outside the
// one before, upwards or downwards, and the true range, each as a running total
// that loses 1/n of itself per bar (New Concepts in Technical Trading Systems,
// 1978, chapter 4). The totals start as plain sums over n-1 bars.
//
// State: bars seen (stops at n+1), plus total, minus total, true range total.
type directional struct{ n int }

const directionalState = 4

// step takes bar j of a block whose tapes begin one bar before it, and returns
// the number of bars seen, this one included, at most n+1.
func (d directional) step(state, high, low, cls []float64, j int) int {
	seen := int(state[0])
	if seen == 0 {
		state[0] = 1
		return 1
	}
	up, down := movement(high, low, j)
	reach := 0.0
	if cls != nil {
		reach = window.TrueRange(high[j+1], low[j+1], cls[j])
	}
	if seen < d.n {
		state[1] += up
		state[2] += down
		state[3] += reach
	} else {
		inv := 1 / float64(d.n)
		state[1] = state[1] - float64(state[1]*inv) + up
		state[2] = state[2] - float64(state[2]*inv) + down
		state[3] = state[3] - float64(state[3]*inv) + reach
	}
	state[0] = float64(min(seen+1, d.n+1))
	return int(state[0])
}

// movement returns the plus and the minus directional movement of bar j of a
// block whose tapes begin one bar before it. At most one is not 0. It decides as TA-Lib
// does, to the last bit, and so takes moves for different that are equal in cents.
func movement(high, low []float64, j int) (plus, minus float64) {
	up, down := high[j+1]-high[j], low[j]-low[j+1]
	switch {
	case up > 0 && up > down:
		return up, 0
	case down > 0 && down > up:
		return 0, down
	}
	return 0, 0
}

// movementNear is movement where moves are equal that differ by the rounding of the prices
// only: 100.3 - 100.2 is less than 100.1 - 100 in floating point.
func movementNear(high, low []float64, j int) (plus, minus float64) {
	up, down := high[j+1]-high[j], low[j]-low[j+1]
	scale := max(math.Abs(high[j]), math.Abs(high[j+1]), math.Abs(low[j]), math.Abs(low[j+1]))
	switch side := CompareAt(up, down, scale); {
	case side > 0 && CompareAt(up, 0, scale) > 0:
		return up, 0
	case side < 0 && CompareAt(down, 0, scale) > 0:
		return 0, down
	}
	return 0, 0
}

// index returns the directional index of the totals, and false where nothing
// moved.
func (directional) index(state []float64) (dx float64, ok bool) {
	if state[3] <= 0 {
		return 0, false
	}
	plus, minus := 100*(state[1]/state[3]), 100*(state[2]/state[3])
	if plus+minus < 1e-14 {
		return 0, false
	}
	return 100 * (math.Abs(minus-plus) / (plus + minus)), true
}
