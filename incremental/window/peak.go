package window

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

func (p Peak) after(start, i int) int {
	if i += start; i >= p.N {
		i -= p.N
	}
	return i
}
