package window

import "math"

// Smoother is exponential smoothing, y += k*(x-y), from the mean of the first n
// values. The multiply-adds are fused on purpose: one rounding, the same on every
// machine, and to the last bit those of TA-Lib C 0.8.1. The oscillators that
// subtract one average from another need that where prices are large and the
// averages close: an average rounded otherwise misses 1e-9 of their difference.
// State: bars seen (at most n), value (the sum while seeding).
type Smoother struct {
	N       int
	Full    float64 // n
	K, Rest float64
}

// NewEMA returns the smoothing with weight 2/(n+1).
func NewEMA(n int) Smoother { return NewSmoother(n, 2/float64(n+1)) }

// NewSmoother returns the smoothing with weight k, seeded by the mean of n values.
func NewSmoother(n int, k float64) Smoother {
	return Smoother{N: n, Full: float64(n), K: k, Rest: 1 - k}
}

// Len returns how many numbers of the state it takes.
func (s *Smoother) Len() int { return 2 }

// Push takes the next value and returns the smoothed one, na while seeding.
func (s *Smoother) Push(state []float64, x float64) float64 {
	if s.N == 1 { // the value itself, without the rounding of a jump
		return x
	}
	if state[0] == s.Full {
		y := math.FMA(x-state[1], s.K, state[1])
		state[1] = y
		return y
	}
	return s.Seed(state, x)
}

// Seed takes a value of the seed and returns na until it is complete.
func (s *Smoother) Seed(state []float64, x float64) float64 {
	state[0]++
	state[1] += x
	if state[0] < s.Full {
		return math.NaN()
	}
	state[1] /= float64(s.N)
	return state[1]
}

// NewRMA is the smoothing of the ema with the weight 1/n.
func NewRMA(n int) Smoother { return NewSmoother(n, 1/float64(n)) }
