package window

import "math"

// EMA is smoothed and seeded as TA-Lib's EMA.
func (l *Layout) EMA(n int) Placed[*Smoother] {
	s := NewEMA(n)
	return placeIn(l, &s)
}

// RMA is Wilder's smoothing.
func (l *Layout) RMA(n int) Placed[*Smoother] {
	s := NewRMA(n)
	return placeIn(l, &s)
}

// firstSeeded is exponential smoothing that begins with its first value, as in
// Pine's manual.
//
// State: 1 after the first value, average.
type firstSeeded struct {
	at int
	k  float64
}

// EMATV places exponential smoothing that begins with its first value.
func (l *Layout) EMATV(n int) firstSeeded {
	return firstSeeded{at: l.Slots(2), k: 2 / float64(n+1)}
}

// Next takes the next value and returns the average.
func (p firstSeeded) Next(state []float64, x float64) float64 {
	if state[p.at] == 0 {
		state[p.at], state[p.at+1] = 1, x
		return x
	}
	y := state[p.at+1]
	y = math.FMA(x-y, p.k, y)
	state[p.at+1] = y
	return y
}

// reach is the true range, which on the first bar is high less low.
//
// State: 1 after the first bar.
type reach int

// Reach places a true range.
func (l *Layout) Reach() reach { return reach(l.Slots(1)) }

// Next returns the true range of a bar, given the close of the bar before, and
// whether this is the first bar, which has none before.
func (p reach) Next(state []float64, high, low, before float64) (r float64, first bool) {
	if state[p] == 0 {
		state[p] = 1
		return high - low, true
	}
	return TrueRange(high, low, before), false
}

// TrueRange is the bar's range, from the previous close where that lies outside.
func TrueRange(high, low, before float64) float64 {
	return max(high, before) - min(low, before)
}
