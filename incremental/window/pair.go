package window

import "math"

// Pair sums what the correlation and the regression of two series need,
// over the last n pairs. Both are taken as distances from an anchor that is one
// of the window's own pairs, and no sum is ever subtracted from; see
// Spread.
// State: position, the anchor's x and y, five prefixes, five times n slots; the
// first two groups of slots also hold the chunk's own x and y.
type Pair struct{ N int }

// pairSums are the sums over a window, of x and y as distances from an anchor.
type pairSums struct{ X, Y, XX, YY, XY float64 }

// Len returns how many numbers of the state it takes.
func (w Pair) Len() int { return 8 + 5*w.N }

// Push takes the next pair and returns the sums; ok is false during the lookback.
func (w Pair) Push(state []float64, x, y float64) (sums pairSums, ok bool) {
	n, slots := w.N, state[8:]
	k := int(state[0]) - n
	if k < 0 || k == n-1 {
		return w.turn(state, x, y)
	}
	dx, dy := x-state[1], y-state[2]
	prefix := state[3:8]
	prefix[0] += dx
	prefix[1] += dy
	prefix[2] += float64(dx * dx)
	prefix[3] += float64(dy * dy)
	prefix[4] += float64(dx * dy)
	sums = pairSums{
		X: slots[k] + prefix[0], Y: slots[n+k] + prefix[1],
		XX: slots[2*n+k] + prefix[2], YY: slots[3*n+k] + prefix[3], XY: slots[4*n+k] + prefix[4],
	}
	slots[k], slots[n+k] = x, y
	state[0] = float64(n + k + 1)
	return sums, true
}

func (w Pair) turn(state []float64, x, y float64) (s pairSums, ok bool) {
	n, slots := w.N, state[8:]
	if m := int(state[0]); m < n-1 {
		slots[m], slots[n+m] = x, y
		state[0] = float64(m + 1)
		return pairSums{}, false
	}
	state[0], state[1], state[2] = float64(n), x, y
	clear(state[3:8])
	slots[n-1], slots[2*n-1] = x, y
	for i := n - 1; i >= 0; i-- {
		dx, dy := slots[i]-x, slots[n+i]-y
		slots[i], slots[n+i], slots[2*n+i], slots[3*n+i], slots[4*n+i] = s.X, s.Y, s.XX, s.YY, s.XY
		s.X += dx
		s.Y += dy
		s.XX += float64(dx * dx)
		s.YY += float64(dy * dy)
		s.XY += float64(dx * dy)
	}
	return s, true
}

// Spread returns the sums of squares and products about the means instead of
// the anchor. A sum of squares that is nothing but rounding is 0.
func (s pairSums) Spread(n int) (xx, yy, xy float64) {
	rcp := 1 / float64(n)
	xx, yy = s.XX-float64(s.X*s.X)*rcp, s.YY-float64(s.Y*s.Y)*rcp
	if !(xx > 1e-14*s.XX) {
		xx = 0
	}
	if !(yy > 1e-14*s.YY) {
		yy = 0
	}
	return xx, yy, s.XY - float64(s.X*s.Y)*rcp
}

// Correlation returns Pearson's r, 0 where either series is constant.
func (s pairSums) Correlation(n int) float64 {
	xx, yy, xy := s.Spread(n)
	scale := math.Sqrt(xx) * math.Sqrt(yy)
	if scale == 0 {
		return 0
	}
	return max(-1, min(1, xy/scale))
}
