package incremental

import "math"

// minWindow is the least of the last n values: of the rest of the last full chunk
// and the beginning of the next, see window.go. The built-in min has no branch
// that a market could make mispredict.
// State: position, prefix, slots.
type minWindow struct{ n int }

func (w minWindow) len() int { return 2 + w.n }

// push takes the next value and returns the minimum, na during the lookback.
func (w minWindow) push(state []float64, x float64) float64 {
	slot := state[2 : 2+w.n]
	position := state[0]
	k := int(position) - w.n
	if uint(k) >= uint(w.n-1) {
		return w.turn(state, slot, x)
	}
	prefix := min(state[1], x)
	least := min(slot[k], prefix)
	slot[k] = x
	state[0], state[1] = position+1, prefix
	return least
}

// turn takes the value while the first chunk fills, and the last one of any.
func (w minWindow) turn(state, slot []float64, x float64) float64 {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN()
	}
	state[0], state[1] = float64(w.n), math.Inf(1)
	slot[w.n-1] = x
	least := math.Inf(1)
	for i := len(slot) - 1; i >= 0; i-- {
		v := slot[i]
		slot[i] = least
		least = min(least, v)
	}
	return least
}

// block is push over a block of values times sign, which is 1 or -1, with the
// results times sign: the maximum is the least of the negated values. It runs as
// meanWindow.block does.
func (w minWindow) block(state, x, y []float64, sign float64) {
	n := w.n
	slot := state[2 : 2+n]
	for len(x) > 0 {
		at := int(state[0]) - n
		switch {
		case uint(at) >= uint(n-1):
			y[0] = w.turn(state, slot, x[0]*sign) * sign
			x, y = x[1:], y[1:]
		case at == 0 && len(x) >= n:
			done := w.chunks(slot, x, y, sign)
			x, y = x[done:], y[done:]
		default:
			m := min(len(x), n-1-at)
			prefix := state[1]
			old, to := slot[at:at+m], y[:m]
			for j, v := range x[:m] {
				v *= sign
				prefix = min(prefix, v)
				to[j] = min(old[j], prefix) * sign
				old[j] = v
			}
			state[0], state[1] = float64(n+at+m), prefix
			x, y = x[m:], y[m:]
		}
	}
}

// chunks is block for the whole chunks at the beginning of x, right after a turn;
// it returns their bars.
func (w minWindow) chunks(slot, x, y []float64, sign float64) (done int) {
	n := w.n
	copy(y[:n-1], slot)
	for len(x) >= done+n {
		chunk, to := x[done:done+n], y[done:done+n]
		done += n
		next := slot
		if len(x) >= done+n {
			next = y[done : done+n]
		}
		to, next = to[:len(chunk)], next[:len(chunk)]
		prefix, suffix := math.Inf(1), math.Inf(1)
		for j, i := 0, n-1; i > 0; j, i = j+1, i-1 {
			prefix = min(prefix, chunk[j]*sign)
			to[j] = min(to[j], prefix) * sign
			next[i] = suffix
			suffix = min(suffix, chunk[i]*sign)
		}
		next[0] = suffix
		to[n-1] = min(suffix, chunk[0]*sign) * sign
	}
	return done
}

// maxWindow is the greatest of the last n values.
// State: as minWindow's, of the negated values.
type maxWindow struct{ n int }

func (w maxWindow) len() int { return 2 + w.n }

// push takes the next value and returns the maximum, na during the lookback.
func (w maxWindow) push(state []float64, x float64) float64 {
	return -minWindow(w).push(state, -x)
}
