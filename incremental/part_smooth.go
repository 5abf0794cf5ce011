package incremental

import "math"

// expo is exponential smoothing whose seed is the mean of its first n values.
//
// State: values seen (at most n), average (the sum while seeding).
type expo struct {
	at, n   int
	k, rest float64
}

// ema is smoothed and seeded as TA-Lib's EMA.
func (l *layout) ema(n int) expo { return l.expo(n, 2/float64(n+1)) }

// emaTV is seeded with the first value, as Pine's manual has it.
func (l *layout) emaTV(n int) expo { return l.expo(1, 2/float64(n+1)) }

// rma is Wilder's smoothing.
func (l *layout) rma(n int) expo { return l.expo(n, 1/float64(n)) }

func (l *layout) expo(seed int, k float64) expo {
	return expo{at: l.slots(2), n: seed, k: k, rest: 1 - k}
}

// next takes x and returns the average, na until the seed is complete.
func (p expo) next(state []float64, x float64) float64 {
	s := state[p.at : p.at+2]
	if int(s[0]) == p.n {
		s[1] = math.FMA(s[1], p.rest, float64(x*p.k))
		return s[1]
	}
	s[0]++
	s[1] += x
	if int(s[0]) < p.n {
		return math.NaN()
	}
	s[1] /= float64(p.n)
	return s[1]
}

// decayWarmup returns the bars until (1-k)^bars < eps.
func decayWarmup(k, eps float64) int {
	if k >= 1 {
		return 0
	}
	return int(math.Ceil(math.Log(eps) / math.Log1p(-k)))
}

// rsiPart is the RSI of an inner series; Wilder's averages of its gains and
// losses.
//
// State: whether a value was seen, the last value, the averages.
type rsiPart struct {
	at       int
	up, down expo
}

func (l *layout) rsi(n int) rsiPart { return rsiPart{at: l.slots(2), up: l.rma(n), down: l.rma(n)} }

// push takes x and returns the average gain and loss, na before bar n.
func (p rsiPart) push(state []float64, x float64) (up, down float64) {
	first, change := state[p.at] == 0, x-state[p.at+1]
	state[p.at], state[p.at+1] = 1, x
	if first {
		return math.NaN(), math.NaN()
	}
	return p.up.next(state, math.Max(change, 0)), p.down.next(state, math.Max(-change, 0))
}

// trueSpan is max(high, close[1]) - min(low, close[1]); before is the close of
// the bar before.
func trueSpan(high, low, before float64) float64 {
	return math.Max(high, before) - math.Min(low, before)
}
