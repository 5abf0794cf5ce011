package window

import "math"

// inner is a kernel's inner memory that takes one value and returns one.
type inner interface {
	Len() int
	Push(state []float64, x float64) float64
}

// Placed is a window with its place in the state of a kernel.
type Placed[W inner] struct {
	w  W
	at int
}

func placeIn[W inner](l *Layout, w W) Placed[W] { return Placed[W]{w: w, at: l.Slots(w.Len())} }

// Next takes the next value and returns the window's, na during its lookback.
func (p Placed[W]) Next(state []float64, x float64) float64 {
	return p.w.Push(state[p.at:p.at+p.w.Len()], x)
}

// Sum places the sum of the last n values.
func (l *Layout) Sum(n int) Placed[Sum] { return placeIn(l, Sum{n}) }

// Mean places the mean of the last n values.
func (l *Layout) Mean(n int) Placed[Mean] { return placeIn(l, NewMean(n)) }

// Weighted places the linearly weighted mean of the last n values.
func (l *Layout) Weighted(n int) Placed[Weighted] { return placeIn(l, NewWeighted(n)) }

// Max places the greatest of the last n values.
func (l *Layout) Max(n int) Placed[Max] { return placeIn(l, Max{n}) }

// Min places the least of the last n values.
func (l *Layout) Min(n int) Placed[Min] { return placeIn(l, Min{n}) }

// Delay places the value of n bars ago.
func (l *Layout) Delay(n int) Placed[Delay] { return placeIn(l, NewDelay(n)) }

// spread is the mean and the population variance of the last n values.
type spread struct {
	window Spread
	at     int
}

// Spread places the mean and the variance of the last n values.
func (l *Layout) Spread(n int) spread {
	w := NewSpread(n)
	return spread{window: w, at: l.Slots(w.Len())}
}

func (p spread) Next(state []float64, x float64) (mean, variance float64) {
	return p.window.Push(state[p.at:p.at+p.window.Len()], x)
}

// trend is the least-squares line through the last n values: its mean height
// and its slope per bar.
type trend struct {
	window Regression
	at     int
}

// Trend places the least-squares line through the last n values.
func (l *Layout) Trend(n int) trend {
	w := NewRegression(n)
	return trend{window: w, at: l.Slots(w.Len())}
}

func (p trend) Next(state []float64, x float64) (mean, slope float64) {
	if p.window.n == 1 { // any slope fits one point; the level one is meant
		return x, 0
	}
	return p.window.Push(state[p.at:p.at+p.window.Len()], x)
}

// Ranks keeps the last n values in order.
type Ranks struct {
	Order Order
	at    int
}

// Ranks places the last n values in order.
func (l *Layout) Ranks(n int) Ranks {
	o := Order{n}
	return Ranks{Order: o, at: l.Slots(o.Len())}
}

// Push takes the next value, old leaves once n are held; it reports whether
// they are.
func (p Ranks) Push(state []float64, x, old float64) (full bool) {
	s := state[p.at : p.at+p.Order.Len()]
	p.Order.Push(s, x, old)
	return int(s[0]) == p.Order.N
}

// Value returns the value of rank k, counted from 0 at the least.
func (p Ranks) Value(state []float64, k int) float64 { return p.Order.At(state[p.at:], k) }

// Below returns how many of the values are less than x.
func (p Ranks) Below(state []float64, x float64) int {
	return p.Order.Below(state[p.at:p.at+p.Order.Len()], x)
}

// UpTo returns how many of the values are at most x.
func (p Ranks) UpTo(state []float64, x float64) int {
	return p.Below(state, math.Nextafter(x, math.Inf(1)))
}

// Total is a sum that only grows older; its rounding error is kept beside it.
type Total int

// Total places a sum that only grows older.
func (l *Layout) Total() Total { return Total(l.Slots(2)) }

// Add takes the next value.
func (p Total) Add(state []float64, x float64) {
	var e float64
	state[p], e = TwoSum(state[p], x)
	state[p+1] += e
}

// Sum returns the sum.
func (p Total) Sum(state []float64) float64 { return state[p] + state[p+1] }

// Reset makes the sum 0.
func (p Total) Reset(state []float64) { state[p], state[p+1] = 0, 0 }
