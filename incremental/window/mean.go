package window

import "math"

// A window of n bars, wherever it lies, is the end of one chunk of n bars and
// the beginning of the next. So its sum is a suffix sum of the full chunk plus
// a running prefix sum of the one being filled, and likewise its maximum (van
// Herk 1992; Gil and Werman 1993). Nothing is ever subtracted: what left the
// window has left no rounding error behind, a spike poisons nothing, and the
// cost per bar is constant. At a chunk's end (the turn) its n values become
// their own suffix sums in place; until then each slot holds first the suffix
// of the old chunk, then the value of the new one.
//
// Chunks are counted from the first bar of a run, so that block sizes do not
// matter.
//
// The state of each type begins with its position: below n while the first
// chunk fills, n+k after k bars of a later one.

// Sum is the sum of the last n values.
// State: position, prefix, slots.
type Sum struct{ N int }

// Len returns how many numbers of the state it takes.
func (w Sum) Len() int { return 2 + w.N }

// Push takes the next value and returns the sum, na during the lookback.
func (w Sum) Push(state []float64, x float64) float64 {
	slot := state[2 : 2+w.N]
	k := int(state[0]) - w.N
	if k < 0 || k == w.N-1 {
		return w.turn(state, slot, x)
	}
	prefix := state[1] + x
	sum := slot[k] + prefix
	slot[k] = x
	state[0], state[1] = float64(w.N+k+1), prefix
	return sum
}

func (w Sum) turn(state, slot []float64, x float64) float64 {
	if m := int(state[0]); m < w.N-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN()
	}
	state[0], state[1] = float64(w.N), 0
	slot[w.N-1] = x
	return SuffixSums(slot)
}

// SuffixSums replaces each value by the sum of those after it and returns the
// sum of all.
func SuffixSums(slot []float64) float64 {
	sum := 0.0
	for i := len(slot) - 1; i >= 0; i-- {
		x := slot[i]
		slot[i] = sum
		sum += x
	}
	return sum
}

// Mean is the mean of the last n values. It sums their distances from an
// anchor, the newest value of the last full chunk: that lies in every window up
// to the next turn, so a window of equal values has the distances 0 and returns
// its value exactly, and the sums stay as small as the window's spread. A window
// of fewBars is summed from scratch, about the newest value.
// State: position, anchor, prefix, slots.
type Mean struct {
	N          int
	Run        int // bars between two turns
	Reciprocal float64
}

// fewBars is the longest window for which summing costs less than remembering
// sums.
const fewBars = 3

// NewMean returns the mean of the last n values.
func NewMean(n int) Mean {
	w := Mean{N: n, Run: n - 1, Reciprocal: 1 / float64(n)}
	if n <= fewBars {
		w.Run = 0
	}
	return w
}

// Len returns how many numbers of the state it takes.
func (w Mean) Len() int { return 3 + w.N }

// Push takes the next value and returns the mean, na during the lookback.
func (w Mean) Push(state []float64, x float64) float64 {
	anchor, offset := w.Split(state, x)
	return anchor + offset
}

// Split is push with the mean in two parts: a value of the window and the
// mean's distance from it. The difference of two means of large values keeps
// its digits when it is taken part by part.
func (w Mean) Split(state []float64, x float64) (anchor, offset float64) {
	head := (*[3]float64)(state)
	k := int(head[0]) - w.N
	if uint(k) >= uint(w.Run) {
		return w.turn(state, state[3:3+w.N], x)
	}
	i := len(head) + k
	anchor = head[1]
	prefix := head[2] + (x - anchor)
	offset = float64((state[i] + prefix) * w.Reciprocal)
	state[i] = x
	head[0], head[2] = head[0]+1, prefix
	return anchor, offset
}

// turn takes the value while the first chunk fills, and the last one of any.
func (w Mean) turn(state, slot []float64, x float64) (anchor, offset float64) {
	if w.N <= fewBars {
		return w.few(state, slot, x)
	}
	if m := int(state[0]); m < w.N-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2] = float64(w.N), x, 0
	slot[w.N-1] = x
	return x, float64(w.suffixes(slot, slot, x) * w.Reciprocal)
}

// suffixes fills to with the sums of the distances behind each value of a chunk,
// and returns the sum of all.
func (w Mean) suffixes(chunk, to []float64, anchor float64) float64 {
	sum := 0.0
	to = to[:len(chunk)]
	for i := len(chunk) - 1; i >= 0; i-- {
		d := chunk[i] - anchor
		to[i] = sum
		sum += d
	}
	return sum
}

// few is split for the shortest windows. The slots are the values before, newest
// first.
func (w Mean) few(state, slot []float64, x float64) (anchor, offset float64) {
	sum := 0.0
	switch w.N {
	case 2:
		sum = slot[0] - x
	case 3:
		sum = (slot[0] - x) + (slot[1] - x)
		slot[1] = slot[0]
	}
	slot[0] = x
	if seen := state[0] + 1; seen < float64(w.N) {
		state[0] = seen
		return math.NaN(), math.NaN()
	}
	return x, float64(sum * w.Reciprocal)
}

// fewBlock is few over a block, once there are values before.
func (w Mean) fewBlock(slot, x, y []float64) {
	y = y[:len(x)]
	switch w.N {
	case 1:
		copy(y, x)
		slot[0] = x[len(x)-1]
	case 2:
		before := slot[0]
		for j, v := range x {
			y[j] = v + float64((before-v)*w.Reciprocal)
			before = v
		}
		slot[0] = before
	case 3:
		before, older := slot[0], slot[1]
		for j, v := range x {
			y[j] = v + float64(((before-v)+(older-v))*w.Reciprocal)
			before, older = v, before
		}
		slot[0], slot[1] = before, older
	}
}

// Block is push over a block. The bars between two turns are one loop, and where
// a whole chunk lies in the block its suffix sums are made along with the means:
// two sums that do not wait for each other. They lie in y, where the means
// that need them will be.
func (w Mean) Block(state, x, y []float64) {
	n := w.N
	slot := state[3 : 3+n]
	for len(x) > 0 {
		at := int(state[0]) - n
		switch {
		case n <= fewBars && at == -1:
			w.fewBlock(slot, x, y)
			return
		case uint(at) >= uint(w.Run):
			anchor, offset := w.turn(state, slot, x[0])
			y[0] = anchor + offset
			x, y = x[1:], y[1:]
		case at == 0 && len(x) >= n:
			done := w.chunks(state, slot, x, y)
			x, y = x[done:], y[done:]
		default:
			m := min(len(x), n-1-at)
			anchor, prefix, rcp := state[1], state[2], w.Reciprocal
			old, to := slot[at:at+m], y[:m]
			for j, v := range x[:m] {
				prefix += v - anchor
				to[j] = anchor + float64((old[j]+prefix)*rcp)
				old[j] = v
			}
			state[0], state[2] = float64(n+at+m), prefix
			x, y = x[m:], y[m:]
		}
	}
}

// chunks is block for the whole chunks at the beginning of x, right after a turn;
// it returns their bars.
func (w Mean) chunks(state, slot, x, y []float64) (done int) {
	n, anchor, rcp := w.N, state[1], w.Reciprocal
	copy(y[:n-1], slot)
	for len(x) >= done+n {
		chunk, to := x[done:done+n], y[done:done+n]
		done += n
		next := slot
		if len(x) >= done+n {
			next = y[done : done+n]
		}
		to, next = to[:len(chunk)], next[:len(chunk)]
		last := chunk[n-1]
		prefix, suffix := 0.0, 0.0
		for j, i := 0, n-1; i > 0; j, i = j+1, i-1 {
			prefix += chunk[j] - anchor
			to[j] = anchor + float64((to[j]+prefix)*rcp)
			next[i] = suffix
			suffix += chunk[i] - last
		}
		next[0] = suffix
		suffix += chunk[0] - last
		anchor = last
		to[n-1] = anchor + float64(suffix*rcp)
	}
	state[1] = anchor
	return done
}

// Weighted is the mean of the last n values weighted 1 (oldest) to n
// (newest), about an anchor as in Mean. With the chunk's distances d, the
// slots hold the suffix sums of (i-k)*d[i].
// State: position, anchor, prefix of d, prefix of (i+1)*d, slots.
type Weighted struct {
	n   int
	rcp float64 // 1 / (1 + 2 + ... + n)
}

// NewWeighted returns the mean of the last n values weighted 1 (oldest) to n (newest).
func NewWeighted(n int) Weighted {
	return Weighted{n: n, rcp: 2 / (float64(n) * float64(n+1))}
}

// Len returns how many numbers of the state it takes.
func (w Weighted) Len() int { return 4 + w.n }

// Push takes the next value and returns the weighted mean, na during the
// lookback.
func (w Weighted) Push(state []float64, x float64) float64 {
	anchor, offset := w.Split(state, x)
	return anchor + offset
}

// Split is push with the mean in two parts, as Mean's.
func (w Weighted) Split(state []float64, x float64) (anchor, offset float64) {
	slot := state[4 : 4+w.n]
	k := int(state[0]) - w.n
	if k < 0 || k == w.n-1 {
		return w.turn(state, slot, x)
	}
	anchor = state[1]
	d := x - anchor
	plain := state[2] + d
	ramp := state[3] + float64(d*float64(k+1))
	sum := slot[k] + float64(plain*float64(w.n-k-1)) + ramp
	slot[k] = x
	state[0], state[2], state[3] = float64(w.n+k+1), plain, ramp
	return anchor, float64(sum * w.rcp)
}

func (w Weighted) turn(state, slot []float64, x float64) (anchor, offset float64) {
	if m := int(state[0]); m < w.n-1 {
		slot[m] = x
		state[0] = float64(m + 1)
		return math.NaN(), math.NaN()
	}
	state[0], state[1], state[2], state[3] = float64(w.n), x, 0, 0
	slot[w.n-1] = x
	plain, sum := 0.0, 0.0
	for i := w.n - 1; i >= 0; i-- {
		d := slot[i] - x
		slot[i] = sum
		plain += d
		sum += plain
	}
	return x, float64(sum * w.rcp)
}
