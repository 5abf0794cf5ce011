package window

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
