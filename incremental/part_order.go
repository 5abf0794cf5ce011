package incremental

import (
	"math"
	"slices"
)

// peak is the place of the greatest of the last n values (of the least, with
// sign -1), by a queue of the bars that may still become it. Of equal values
// the newest is taken, or the oldest.
//
// State: bars seen, start and length of the queue, the queue as a ring of n
// bar numbers.
type peak struct {
	at, n  int
	sign   float64
	oldest bool
}

func (l *layout) highest(n int) peak { return peak{at: l.slots(3 + n), n: n, sign: 1} }
func (l *layout) lowest(n int) peak  { return peak{at: l.slots(3 + n), n: n, sign: -1} }

// push takes the newest value of w, the n+1 last ones, and returns how many
// bars ago the peak was, and whether the window is full.
func (p peak) push(state, w []float64) (age int, full bool) {
	s, queue := state[p.at:p.at+3], state[p.at+3:p.at+3+p.n]
	bar, start, length := int(s[0])+1, int(s[1]), int(s[2])
	if length > 0 && bar-int(queue[start]) >= p.n {
		start, length = p.after(start, 1), length-1
	}
	x := p.sign * w[p.n]
	for ; length > 0; length-- {
		last := p.sign * w[p.n-(bar-int(queue[p.after(start, length-1)]))]
		if last > x || p.oldest && last == x {
			break
		}
	}
	queue[p.after(start, length)] = float64(bar)
	s[0], s[1], s[2] = float64(bar), float64(start), float64(length+1)
	return bar - int(queue[start]), bar >= p.n
}

// next pushes and returns the peak's value, na until the window is full.
func (p peak) next(state, w []float64) float64 {
	age, full := p.push(state, w)
	if !full {
		return math.NaN()
	}
	return w[p.n-age]
}

func (p peak) after(start, i int) int {
	if i += start; i >= p.n {
		i -= p.n
	}
	return i
}

// sorted keeps the last n values sorted: O(log n) to find a place, and a move
// of memory.
//
// State: values (at most n), the values in ascending order.
type sorted struct{ at, n int }

func (l *layout) sorted(n int) sorted { return sorted{at: l.slots(1 + n), n: n} }

// push takes the newest value of w, the n+1 last ones, and returns the values
// of the window in ascending order.
func (p sorted) push(state, w []float64) []float64 {
	count, all := int(state[p.at]), state[p.at+1:p.at+1+p.n]
	x := w[p.n]
	if count < p.n {
		i, _ := slices.BinarySearch(all[:count], x)
		copy(all[i+1:count+1], all[i:count])
		all[i] = x
		state[p.at] = float64(count + 1)
		return all[:count+1]
	}
	from, _ := slices.BinarySearch(all, w[0])
	to, _ := slices.BinarySearch(all, x)
	if to > from {
		to--
		copy(all[from:to], all[from+1:to+1])
	} else {
		copy(all[to+1:from+1], all[to:from])
	}
	all[to] = x
	return all
}
