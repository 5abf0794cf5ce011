package window

import "sort"

// Peak is the place of the greatest of the last n values (of the least, with
// sign -1), by a queue of the bars that may still become it. Of equal values
// the newest is taken, or the oldest.
//
// State: bars seen, start and length of the queue, the queue as a ring of n
// bar numbers.
type Peak struct {
	at, N  int
	Sign   float64
	Oldest bool
}

// Highest places the peak of the last n values.
func (l *Layout) Highest(n int) Peak { return Peak{at: l.Slots(3 + n), N: n, Sign: 1} }

// Lowest places the trough of the last n values.
func (l *Layout) Lowest(n int) Peak { return Peak{at: l.Slots(3 + n), N: n, Sign: -1} }

// Push takes the newest value of w, the n+1 last ones, and returns how many
// bars ago the peak was, and whether the window is full.
func (p Peak) Push(state, w []float64) (age int, full bool) {
	s, queue := state[p.at:p.at+3], state[p.at+3:p.at+3+p.N]
	bar, start, length := int(s[0])+1, int(s[1]), int(s[2])
	if length > 0 && bar-int(queue[start]) >= p.N {
		start, length = p.after(start, 1), length-1
	}
	x := p.Sign * w[p.N]
	for ; length > 0; length-- {
		last := p.Sign * w[p.N-(bar-int(queue[p.after(start, length-1)]))]
		if last > x || p.Oldest && last == x {
			break
		}
	}
	queue[p.after(start, length)] = float64(bar)
	s[0], s[1], s[2] = float64(bar), float64(start), float64(length+1)
	return bar - int(queue[start]), bar >= p.N
}

// Age returns how many bars ago the bar at a place of the queue was; the peak is at 0, and what is behind
// it is newer and lower.
func (p Peak) Age(state []float64, place int) int {
	s, queue := state[p.at:p.at+3], state[p.at+3:p.at+3+p.N]
	return int(s[0]) - int(queue[p.after(int(s[1]), place)])
}

// Last returns how many bars ago the newest value of w was that is the peak, or is at most near below it.
func (p Peak) Last(state, w []float64, near float64) (age int) {
	length := int(state[p.at+2])
	least := p.Sign*w[p.N-p.Age(state, 0)] - near
	below := func(place int) bool { return p.Sign*w[p.N-p.Age(state, place)] < least }
	if length == 1 || below(1) { // as nearly always
		return p.Age(state, 0)
	}
	return p.Age(state, sort.Search(length, below)-1)
}

func (p Peak) after(start, i int) int {
	if i += start; i >= p.N {
		i -= p.N
	}
	return i
}
