package window

import "math"

// Min is the least of the last n values: of the rest of the last full chunk
// and the beginning of the next, see mean.go. The built-in min has no branch
// that a market could make mispredict.
// State: position, prefix, slots.
type Min struct{ N int }

// Len returns how many numbers of the state it takes.
func (w Min) Len() int { return 2 + w.N }

// longWindow is from what length on the lesser of two values is found with a
// branch: within a chunk the prefix only falls and the suffix only rises, so that
// they cross once, and a new least of many is rare. Of short windows a branch
// would be mistaken too often for what the built-in min costs.
const longWindow = 64

// lower is the lesser of two values, the first where they are equal. It is not
// the built-in min: of 0 and -0 it is the first. A window uses one of the two
// throughout, so that its bits do not depend on the blocks.
func lower(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

// Push takes the next value and returns the minimum, na during the lookback.
func (w Min) Push(state []float64, x float64) float64 {
	slot := state[2 : 2+w.N]
	position := state[0]
	k := int(position) - w.N
	if uint(k) >= uint(w.N-1) {
		return w.turn(state, slot, x)
	}
	var prefix, least float64
	if w.N > longWindow {
		prefix = lower(state[1], x)
		least = lower(slot[k], prefix)
	} else {
		prefix = min(state[1], x)
		least = min(slot[k], prefix)
	}
	slot[k] = x
	state[0], state[1] = position+1, prefix
	return least
}

// turn takes the value while the first chunk fills, and the last one of any.
func (w Min) turn(state, slot []float64, x float64) float64 {
	if m := int(state[0]); m < w.N-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN()
	}
	state[0], state[1] = float64(w.N), math.Inf(1)
	slot[w.N-1] = x
	least := math.Inf(1)
	for i := len(slot) - 1; i >= 0; i-- {
		v := slot[i]
		slot[i] = least
		if w.N > longWindow {
			least = lower(least, v)
		} else {
			least = min(least, v)
		}
	}
	return least
}

// Block is push over a block of values times sign, which is 1 or -1, with the
// results times sign: the maximum is the least of the negated values. It runs as
// Mean.block does.
func (w Min) Block(state, x, y []float64, sign float64) {
	n := w.N
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
			run := min(len(x), n-1-at)
			m, prefix := run, state[1]
			old, to := slot[at:at+m], y[:m]
			if n > longWindow {
				prefix = longRun(old, to, x[:m], prefix, sign)
				m, old = 0, nil
			}
			for j, v := range x[:m] {
				v *= sign
				prefix = min(prefix, v)
				to[j] = min(old[j], prefix) * sign
				old[j] = v
			}
			state[0], state[1] = float64(n+at+run), prefix
			x, y = x[run:], y[run:]
		}
	}
}

// longRun is the run of block within a chunk, for a long window.
func longRun(old, to, x []float64, prefix, sign float64) float64 {
	old, to = old[:len(x)], to[:len(x)]
	for j, v := range x {
		v *= sign
		prefix = lower(prefix, v)
		to[j] = lower(old[j], prefix) * sign
		old[j] = v
	}
	return prefix
}

// longChunk is one chunk of chunks, for a long window: to holds the suffixes of
// the chunk before, next is given those of this one.
func longChunk(chunk, to, next []float64, sign float64) float64 {
	to, next = to[:len(chunk)], next[:len(chunk)]
	prefix, suffix := math.Inf(1), math.Inf(1)
	for j, i := 0, len(chunk)-1; i > 0; j, i = j+1, i-1 {
		prefix = lower(prefix, chunk[j]*sign)
		to[j] = lower(to[j], prefix) * sign
		next[i] = suffix
		suffix = lower(suffix, chunk[i]*sign)
	}
	return suffix
}

// chunks is block for the whole chunks at the beginning of x, right after a turn;
// it returns their bars.
func (w Min) chunks(slot, x, y []float64, sign float64) (done int) {
	n := w.N
	copy(y[:n-1], slot)
	for len(x) >= done+n {
		chunk, to := x[done:done+n], y[done:done+n]
		done += n
		next := slot
		if len(x) >= done+n {
			next = y[done : done+n]
		}
		if n > longWindow {
			suffix := longChunk(chunk, to, next, sign)
			next[0] = suffix
			to[n-1] = lower(suffix, chunk[0]*sign) * sign
			continue
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

// Max is the greatest of the last n values.
// State: as Min's, of the negated values.
type Max struct{ N int }

// Len returns how many numbers of the state it takes.
func (w Max) Len() int { return 2 + w.N }

// Push takes the next value and returns the maximum, na during the lookback.
func (w Max) Push(state []float64, x float64) float64 {
	return -Min(w).Push(state, -x)
}
