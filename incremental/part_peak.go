package incremental

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

func (p peak) after(start, i int) int {
	if i += start; i >= p.n {
		i -= p.n
	}
	return i
}
