package window

import (
	"math"
)

// HilbertCycle follows the dominant cycle: its period smoothed once more, and
// its phase by a Fourier sum over one period of the smoothed price (Ehlers,
// Rocket Science for Traders, ch. 9).
type HilbertCycle struct {
	hilbert Hilbert
	Turns   *[CycleMax + 1][]turn // per whole period, the angle of each bar back
}

// CycleMax is the longest period that the discriminator reports.
const CycleMax = 50

// turn is a point of the unit circle.
type turn struct{ Sin, Cos float64 }

// newTurn returns the point at an angle up to 2 pi, rounded from twice the
// precision. On a flat tape the Fourier sums are nothing but rounding, and the
// phase follows from it: sines off by one place would give another phase than
// TA-Lib's, and perhaps another on each machine.
func newTurn(angle float64) turn {
	var sums [2]struct{ high, low float64 } // of the cosine's and the sine's series
	high, low := 1.0, 0.0                   // angle^k / k!
	for k := range 60 {
		sum, sign := &sums[k%2], 1.0
		if k%4 >= 2 {
			sign = -1
		}
		var e float64
		sum.high, e = TwoSum(sum.high, sign*high)
		sum.low += e + sign*low

		product := high * angle
		e = math.FMA(high, angle, -product) + float64(low*angle)
		next := float64(k + 1)
		high = product / next
		low = (math.FMA(-high, next, product) + e) / next
	}
	return turn{Sin: sums[1].high + sums[1].low, Cos: sums[0].high + sums[0].low}
}

// CycleState is what the cycle knows of one bar.
type CycleState struct {
	Smooth float64 // the smoothed price
	Period float64 // of the dominant cycle, in bars
	Phase  float64 // in degrees, -45 to 315
}

// Offsets in the state: smoothed period, phase, next slot, the last smoothed
// prices, the discriminator's.
const (
	cyclePeriod  = 0
	cyclePhase   = 1
	cycleNext    = 2
	cyclePrices  = 3
	cycleHilbert = cyclePrices + CycleMax
	CycleLen     = cycleHilbert + HilbertLen
)

// NewHilbertCycle returns the dominant cycle with its tables of turns.
func NewHilbertCycle() HilbertCycle {
	turns := new([CycleMax + 1][]turn)
	for n := range turns {
		turns[n] = make([]turn, n)
		for i := range turns[n] {
			turns[n][i] = newTurn(float64(i) * 2 * math.Pi / float64(n))
		}
	}
	return HilbertCycle{hilbert: Hilbert{Start: 37}, Turns: turns}
}

// Push takes the next price; ok is false while the start bars pass.
func (c HilbertCycle) Push(state []float64, price float64) (now CycleState, ok bool) {
	state = state[:CycleLen]
	wave, ok := c.hilbert.Push(state[cycleHilbert:], price)
	if !ok {
		return CycleState{}, false
	}
	period := SmoothPeriod(state[cyclePeriod], wave.Period)
	state[cyclePeriod] = period
	at := int(state[cycleNext])
	prices := state[cyclePrices:cycleHilbert]
	prices[at] = wave.Smooth
	state[cyclePhase] = c.phase(state[cyclePhase], period, prices, at)
	if at++; at == CycleMax {
		at = 0
	}
	state[cycleNext] = float64(at)
	return CycleState{Smooth: wave.Smooth, Period: period, Phase: state[cyclePhase]}, true
}

// SmoothPeriod is the last smoothing of the discriminator's period.
func SmoothPeriod(last, period float64) float64 { return math.FMA(0.67, last, float64(0.33*period)) }

// WholePeriod is the period rounded to bars.
func WholePeriod(period float64) int { return int(period + 0.5) }

// phase returns the angle of the dominant cycle, from the Fourier sum over its
// last period, corrected for the lag of the smoothing.
func (c HilbertCycle) phase(last, period float64, prices []float64, at int) float64 {
	re, im := 0.0, 0.0
	for _, t := range c.Turns[WholePeriod(period)] {
		re += float64(t.Sin * prices[at])
		im += float64(t.Cos * prices[at])
		if at--; at < 0 {
			at = CycleMax - 1
		}
	}
	phase := last
	switch {
	case im != 0:
		phase = math.Atan(re/im) * Degrees
	case re < 0:
		phase -= 90
	case re > 0:
		phase += 90
	}
	phase += 90
	phase += 360 / period
	if im < 0 {
		phase += 180
	}
	if phase > 315 {
		phase -= 360
	}
	return phase
}
