package window

import "math"

// The Hilbert transform discriminator of Ehlers, Rocket Science for Traders
// (2001), ch. 6 and 7: it splits the smoothed price into a part in phase and
// one a quarter cycle behind, and measures the dominant cycle's period from how
// their angle turns. MAMA and all the ht_ functions stand on it.

const (
	hilbertOuter = 0.0962
	hilbertInner = 0.5769
	Degrees      = 180 / math.Pi
)

// Hilbert runs the discriminator. Like TA-Lib it lets start bars pass, and then
// begins with all delay lines at 0.
type Hilbert struct{ Start int }

// HilbertWave is what the discriminator sees on one bar.
type HilbertWave struct {
	Smooth     float64 // price, smoothed with the weights 4-3-2-1
	InPhase    float64 // I1
	Quadrature float64 // Q1
	Period     float64 // of the dominant cycle, in bars
}

// Offsets in the state: bars passed (at most start), the last prices, the delay
// lines (newest first), the phasor of the bar before, its smoothed turn, the
// period.
const (
	hilbertBars      = 0
	hilbertPrices    = hilbertBars + 1
	hilbertSums      = hilbertPrices + 4
	hilbertSmooth    = hilbertSums + 2
	hilbertDetrender = hilbertSmooth + 7
	hilbertQ1        = hilbertDetrender + 10
	hilbertI2        = hilbertQ1 + 7
	hilbertQ2        = hilbertI2 + 1
	hilbertRe        = hilbertQ2 + 1
	hilbertIm        = hilbertRe + 1
	hilbertPeriod    = hilbertIm + 1
	HilbertLen       = hilbertPeriod + 1
)

// Len returns how many numbers of the state it takes.
func (h Hilbert) Len() int { return HilbertLen }

// Push takes the next price; ok is false while the start bars pass.
func (h Hilbert) Push(state []float64, price float64) (wave HilbertWave, ok bool) {
	state = state[:HilbertLen]
	wave.Smooth = hilbertSmoothing(state, price)
	if int(state[hilbertBars]) < h.Start {
		state[hilbertBars]++
		return wave, false
	}
	adjust := math.FMA(0.075, state[hilbertPeriod], 0.54)
	smooth := Shift(state[hilbertSmooth:hilbertDetrender], wave.Smooth)
	detrender := state[hilbertDetrender:hilbertQ1]
	Shift(detrender, hilbertTransform(smooth, adjust))
	q1 := state[hilbertQ1:hilbertI2]
	Shift(q1, hilbertTransform(detrender, adjust))
	wave.InPhase, wave.Quadrature = detrender[3], q1[0]

	// Turn both by another quarter, add as phasors, smooth.
	jI, jQ := hilbertTransform(detrender[3:], adjust), hilbertTransform(q1, adjust)
	lastI2, lastQ2 := state[hilbertI2], state[hilbertQ2]
	i2 := math.FMA(0.2, wave.InPhase-jQ, float64(0.8*lastI2))
	q2 := math.FMA(0.2, wave.Quadrature+jI, float64(0.8*lastQ2))
	state[hilbertI2], state[hilbertQ2] = i2, q2

	// The angle between this phasor and the last is the cycle's share of a bar.
	re := math.FMA(0.8, state[hilbertRe], float64(0.2*math.FMA(i2, lastI2, float64(q2*lastQ2))))
	im := math.FMA(0.8, state[hilbertIm], float64(0.2*(float64(i2*lastQ2)-float64(q2*lastI2))))
	state[hilbertRe], state[hilbertIm] = re, im
	last := state[hilbertPeriod]
	period := last
	if im != 0 && re != 0 {
		period = 360 / (math.Atan(im/re) * Degrees)
	}
	period = max(min(period, 1.5*last), 0.67*last)
	period = max(min(period, 50), 6)
	wave.Period = math.FMA(0.2, period, float64(0.8*last))
	state[hilbertPeriod] = wave.Period
	return wave, true
}

// hilbertSmoothing returns the price smoothed with the weights 4-3-2-1, by the
// running totals of TA-Lib: on a flat tape the angles that follow come from
// nothing but their rounding, so other sums would give other values.
// State: the last four prices, newest first; plain sum, weighted sum.
func hilbertSmoothing(state []float64, price float64) float64 {
	p, sums := state[hilbertPrices:hilbertSums], state[hilbertSums:hilbertSmooth]
	leaving := p[3]
	Shift(p, price)
	if bars := int(state[hilbertBars]); bars < 3 {
		sums[0] += price
		sums[1] += float64(price * float64(bars+1))
		return math.NaN()
	}
	sums[0] = sums[0] + price - leaving
	sums[1] += float64(price * 4)
	smooth := sums[1] * 0.1
	sums[1] -= sums[0]
	return smooth
}

// Shift moves a delay line on by one value and returns it.
func Shift(line []float64, x float64) []float64 {
	copy(line[1:], line[:len(line)-1])
	line[0] = x
	return line
}

// hilbertTransform is the 7-bar transform of a delay line, newest first.
func hilbertTransform(x []float64, adjust float64) float64 {
	y := float64(hilbertOuter*x[0]) - float64(hilbertOuter*x[6])
	return (y - float64(hilbertInner*x[4]) + float64(hilbertInner*x[2])) * adjust
}
