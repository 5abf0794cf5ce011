package incremental

import "math"

// window is a kernel's inner memory that takes one value and returns one.
type window interface {
	len() int
	push(state []float64, x float64) float64
}

// placed is a window with its place in the state of a kernel.
type placed[W window] struct {
	window W
	at     int
}

func placeIn[W window](l *layout, w W) placed[W] { return placed[W]{window: w, at: l.slots(w.len())} }

// next takes the next value and returns the window's, na during its lookback.
func (p placed[W]) next(state []float64, x float64) float64 {
	return p.window.push(state[p.at:p.at+p.window.len()], x)
}

func (l *layout) sum(n int) placed[sumWindow]           { return placeIn(l, sumWindow{n}) }
func (l *layout) mean(n int) placed[meanWindow]         { return placeIn(l, newMeanWindow(n)) }
func (l *layout) weighted(n int) placed[weightedWindow] { return placeIn(l, newWeightedWindow(n)) }
func (l *layout) max(n int) placed[maxWindow]           { return placeIn(l, maxWindow{n}) }
func (l *layout) min(n int) placed[minWindow]           { return placeIn(l, minWindow{n}) }
func (l *layout) delay(n int) placed[delayLine]         { return placeIn(l, newDelayLine(n)) }

// spread is the mean and the population variance of the last n values.
type spread struct {
	window spreadWindow
	at     int
}

func (l *layout) spread(n int) spread {
	w := newSpreadWindow(n)
	return spread{window: w, at: l.slots(w.len())}
}

func (p spread) next(state []float64, x float64) (mean, variance float64) {
	return p.window.push(state[p.at:p.at+p.window.len()], x)
}

// trend is the least-squares line through the last n values: its mean height
// and its slope per bar.
type trend struct {
	window regressionWindow
	at     int
}

func (l *layout) trend(n int) trend {
	w := newRegressionWindow(n)
	return trend{window: w, at: l.slots(w.len())}
}

func (p trend) next(state []float64, x float64) (mean, slope float64) {
	if p.window.n == 1 { // any slope fits one point; the level one is meant
		return x, 0
	}
	return p.window.push(state[p.at:p.at+p.window.len()], x)
}

// ranks keeps the last n values in order.
type ranks struct {
	order order
	at    int
}

func (l *layout) ranks(n int) ranks {
	o := order{n}
	return ranks{order: o, at: l.slots(o.len())}
}

// push takes the next value, old leaves once n are held; it reports whether
// they are.
func (p ranks) push(state []float64, x, old float64) (full bool) {
	s := state[p.at : p.at+p.order.len()]
	p.order.push(s, x, old)
	return int(s[0]) == p.order.n
}

// value returns the value of rank k, counted from 0 at the least.
func (p ranks) value(state []float64, k int) float64 { return p.order.at(state[p.at:], k) }

// below returns how many of the values are less than x.
func (p ranks) below(state []float64, x float64) int {
	return p.order.below(state[p.at:p.at+p.order.len()], x)
}

// upTo returns how many of the values are at most x.
func (p ranks) upTo(state []float64, x float64) int {
	return p.below(state, math.Nextafter(x, math.Inf(1)))
}

// total is a sum that only grows older; its rounding error is kept beside it.
type total int

func (l *layout) total() total { return total(l.slots(2)) }

func (p total) add(state []float64, x float64) {
	var e float64
	state[p], e = twoSum(state[p], x)
	state[p+1] += e
}

func (p total) sum(state []float64) float64 { return state[p] + state[p+1] }

func (p total) reset(state []float64) { state[p], state[p+1] = 0, 0 }
