package incremental

import "math"

// The sums below carry the error of every addition in a second number (see
// twoSum), products included, so that what leaves a window takes with it what
// it brought. Only two things can harm such a sum, and both rebuild it from the
// window: a value so large that the others vanished beside it, and overflow.

// addExact adds x to the sum s[0] with its error in s[1].
func addExact(s []float64, x float64) {
	var e float64
	s[0], e = twoSum(s[0], x)
	s[1] += e
}

// addProduct adds a*b to the sum s[0] with its error in s[1].
func addProduct(s []float64, a, b float64) {
	p := float64(a * b)
	addExact(s, p)
	s[1] += math.FMA(a, b, -p)
}

// spikeLeft reports that the value leaving the window dwarfed those in it, or
// that the sum overflowed.
func spikeLeft(s []float64, left, next, newest float64) bool {
	return s[0]-s[0] != 0 || s[1]-s[1] != 0 ||
		s[1] != 0 && math.Abs(left) > 1e9*(math.Abs(next)+math.Abs(newest))
}

// fill counts the values of a window and how many of the newest are equal.
//
// State: values (at most n), length of the run of equal values (at most n).
type fill struct{ at, n int }

func (l *layout) fill(n int) fill { return fill{at: l.slots(2), n: n} }

// push counts the newest value of w and reports whether the window was full
// before it, so that one value leaves.
func (p fill) push(state, w []float64) (leaves bool) {
	s := state[p.at : p.at+2]
	leaves = int(s[0]) == p.n
	if s[0] > 0 && w[p.n] == w[p.n-1] {
		s[1] = math.Min(s[1]+1, float64(p.n))
	} else {
		s[1] = 1
	}
	if !leaves {
		s[0]++
	}
	return leaves
}

func (p fill) count(state []float64) int { return int(state[p.at]) }
func (p fill) full(state []float64) bool { return int(state[p.at]) == p.n }
func (p fill) flat(state []float64) bool { return int(state[p.at+1]) == p.n }

// total is the sum of the last n values.
//
// State: fill, sum and its error.
type total struct {
	fill
	at int
}

func (l *layout) total(n int) total { return total{fill: l.fill(n), at: l.slots(2)} }

// push takes the newest value of w, the n+1 last ones.
func (p total) push(state, w []float64) {
	s := state[p.at : p.at+2]
	leaves := p.fill.push(state, w)
	if leaves {
		addExact(s, -w[0])
	}
	addExact(s, w[p.n])
	if leaves && spikeLeft(s, w[0], w[1], w[p.n]) {
		s[0], s[1] = 0, 0
		for _, x := range w[1:] {
			addExact(s, x)
		}
	}
}

// sum returns the sum of the window, na until it is full.
func (p total) sum(state []float64) float64 {
	if !p.full(state) {
		return math.NaN()
	}
	return state[p.at] + state[p.at+1]
}

// next pushes and returns the mean, na until the window is full; a window of
// equal values returns that value.
func (p total) next(state, w []float64) float64 {
	p.push(state, w)
	switch {
	case !p.full(state):
		return math.NaN()
	case p.flat(state):
		return w[p.n]
	}
	return (state[p.at] + state[p.at+1]) / float64(p.n)
}

// innerSMA is the mean of the last n values of an inner series.
type innerSMA struct {
	tape  tape
	total total
}

func (l *layout) innerSMA(n int) innerSMA { return innerSMA{tape: l.tape(n), total: l.total(n)} }

func (p innerSMA) next(state []float64, x float64) float64 {
	return p.total.next(state, p.tape.push(state, x))
}

// innerSum is the sum of the last n values of an inner series.
type innerSum innerSMA

func (l *layout) innerSum(n int) innerSum { return innerSum(l.innerSMA(n)) }

func (p innerSum) next(state []float64, x float64) float64 {
	p.total.push(state, p.tape.push(state, x))
	return p.total.sum(state)
}
