package incremental

import "math"

// moments are the mean and the population variance of the last n values, from
// the sums of the values and of their squares, both to twice the precision of
// a float64, so that their difference keeps its digits.
//
// State: fill, sum and its error, sum of squares and its error.
type moments struct {
	fill
	at int
}

func (l *layout) moments(n int) moments { return moments{fill: l.fill(n), at: l.slots(4)} }

// push takes the newest value of w, the n+1 last ones.
func (p moments) push(state, w []float64) {
	s := state[p.at : p.at+4]
	x := w[p.n]
	leaves := p.fill.push(state, w)
	if leaves {
		addExact(s[:2], -w[0])
		addProduct(s[2:], -w[0], w[0])
	}
	addExact(s[:2], x)
	addProduct(s[2:], x, x)
	if leaves && (spikeLeft(s[:2], w[0], w[1], x) || s[2]-s[2] != 0 || s[3]-s[3] != 0) {
		clear(s)
		for _, v := range w[1:] {
			addExact(s[:2], v)
			addProduct(s[2:], v, v)
		}
	}
}

// mean returns the mean of the window, whose newest value is x.
func (p moments) mean(state []float64, x float64) float64 {
	if p.flat(state) {
		return x
	}
	return (state[p.at] + state[p.at+1]) / float64(p.n)
}

// variance returns the population variance of the window: n·Σx² - (Σx)², over n².
func (p moments) variance(state []float64) float64 {
	if p.flat(state) {
		return 0
	}
	s, n := state[p.at:p.at+4], float64(p.n)
	a, b := float64(n*s[2]), float64(s[0]*s[0])
	d, e := twoSum(a, -b)
	e += math.FMA(n, s[2], -a) - math.FMA(s[0], s[0], -b)
	e += float64(n*s[3]) - float64(2*s[0]*s[1])
	return math.Max(0, (d+e)/(n*n))
}

// trend is the least-squares line through the last n values against their
// place 0 … n-1, from Σy and Σi·y.
//
// State: fill, Σy and its error, Σi·y and its error.
type trend struct {
	fill
	at int
}

func (l *layout) trend(n int) trend { return trend{fill: l.fill(n), at: l.slots(4)} }

// push takes the newest value of w, the n+1 last ones.
func (p trend) push(state, w []float64) {
	s := state[p.at : p.at+4]
	x := w[p.n]
	if !p.fill.push(state, w) {
		addExact(s[:2], x)
		addProduct(s[2:], float64(p.count(state)-1), x)
		return
	}
	// Every value moves one place towards 0, and the oldest, at 0, is gone.
	addExact(s[2:], -s[0])
	addExact(s[2:], -s[1])
	addExact(s[2:], w[0])
	addProduct(s[2:], float64(p.n-1), x)
	addExact(s[:2], -w[0])
	addExact(s[:2], x)
	if spikeLeft(s[:2], w[0], w[1], x) || s[2]-s[2] != 0 || s[3]-s[3] != 0 {
		clear(s)
		for i, v := range w[1:] {
			addExact(s[:2], v)
			addProduct(s[2:], float64(i), v)
		}
	}
}

// slope returns the rise of the line per bar; the window must be full, n > 1.
func (p trend) slope(state []float64) float64 {
	if p.flat(state) || p.n == 1 {
		return 0
	}
	s, n := state[p.at:p.at+4], float64(p.n)
	places := n * (n - 1) / 2
	a, b := float64(n*s[2]), float64(places*s[0])
	d, e := twoSum(a, -b)
	e += math.FMA(n, s[2], -a) - math.FMA(places, s[0], -b)
	e += float64(n*s[3]) - float64(places*s[1])
	return (d + e) / (n * n * (n*n - 1) / 12)
}

// mean returns the mean of the window, whose newest value is x.
func (p trend) mean(state []float64, x float64) float64 {
	if p.flat(state) {
		return x
	}
	return (state[p.at] + state[p.at+1]) / float64(p.n)
}

// line returns the line's value offset bars before the newest.
func (p trend) line(state []float64, x, offset float64) float64 {
	return p.mean(state, x) + float64(p.slope(state)*(float64(p.n-1)/2-offset))
}

// weighted returns the mean with weights 1 … n, the newest weighing most; na
// until the window is full.
func (p trend) weighted(state []float64, x float64) float64 {
	switch {
	case !p.full(state):
		return math.NaN()
	case p.flat(state):
		return x
	}
	s, n := state[p.at:p.at+4], float64(p.n)
	return (s[2] + s[0] + (s[3] + s[1])) / (n * (n + 1) / 2)
}

// innerWMA is the weighted mean of the last n values of an inner series.
type innerWMA struct {
	tape  tape
	trend trend
}

func (l *layout) innerWMA(n int) innerWMA { return innerWMA{tape: l.tape(n), trend: l.trend(n)} }

func (p innerWMA) next(state []float64, x float64) float64 {
	p.trend.push(state, p.tape.push(state, x))
	return p.trend.weighted(state, x)
}
