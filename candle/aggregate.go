package candle

import (
	"fmt"
	"math"
	"time"
)

// Aggregation makes bars of a higher timeframe from the bars of a lower one,
// in constant time and space. It has no memory of its own: that is a slice of
// AggregationState numbers, all zero at first, which the caller keeps and may
// copy to take a snapshot.
//
// The higher bar [t, t+H) closes with the base bar that ends at t+H or later;
// where that one is missing, with the next base bar present. A first bar that
// began in the middle counts like any other.
type Aggregation struct {
	base, to Timeframe
	calendar Calendar
}

// AggregationState is the length of the state of an Aggregation.
const AggregationState = 7

// The places of the state. The open time is kept as the bits of a float64,
// since as a number it would lose its last digits.
const (
	aggregatePhase = iota
	aggregateTime
	aggregateOpen
	aggregateHigh
	aggregateLow
	aggregateClose
	aggregateVolume
)

// The phases of the bar in the state.
const (
	phaseEmpty  = 0 // there was none yet
	phaseOpen   = 1 // it is being made
	phaseClosed = 2 // it was handed out
)

// NewAggregation returns the aggregation of bars of base to bars of to. The
// error says when the boundaries of to are not all boundaries of base.
func NewAggregation(base, to Timeframe) (Aggregation, error) {
	if !to.Multiple(base) {
		return Aggregation{}, fmt.Errorf("candle: bars of %q cannot be made from bars of %q", to, base)
	}
	return Aggregation{base: base, to: to}, nil
}

// In returns the aggregation to bars that begin as the calendar says. Bars of days and
// more that open at midnight of UTC are dates, and stay those that they are.
func (a Aggregation) In(c Calendar) Aggregation {
	a.calendar = c
	return a
}

func (a Aggregation) bar(ns int64) (start, end int64) {
	if a.base.Duration() >= 24*time.Hour && floorMod(ns, dayNs) == 0 {
		return Calendar{}.Bar(a.to, ns)
	}
	return a.calendar.Bar(a.to, ns)
}

// Step takes the next base bar and writes the higher bars that it closes to
// done, oldest first. It returns how many: none, one, or two when it closes the
// bar before, whose last base bar was missing, and its own. Base bars come in
// the order of time; one that belongs to a bar already closed is ignored.
func (a Aggregation) Step(state []float64, c Candle, done *[2]Candle) int {
	state = state[:AggregationState:AggregationState]
	start, end := a.bar(c.Time)
	closed := 0
	if phase := state[aggregatePhase]; phase != phaseEmpty {
		current := timeFromBits(state[aggregateTime])
		if start < current || start == current && phase == phaseClosed {
			return 0
		}
		if start > current && phase == phaseOpen {
			done[closed] = aggregated(state)
			closed++
			state[aggregatePhase] = phaseClosed
		}
	}
	if state[aggregatePhase] != phaseOpen {
		begin(state, start, c)
	} else {
		state[aggregateHigh] = max(state[aggregateHigh], c.High)
		state[aggregateLow] = min(state[aggregateLow], c.Low)
		state[aggregateClose] = c.Close
		state[aggregateVolume] += c.Volume
	}
	if a.base.Next(c.Time) >= end {
		done[closed] = aggregated(state)
		closed++
		state[aggregatePhase] = phaseClosed
	}
	return closed
}

// Pending returns the higher bar that is being made, false when there is none.
func (a Aggregation) Pending(state []float64) (Candle, bool) {
	return aggregated(state), state[aggregatePhase] == phaseOpen
}

// begin starts a higher bar with its first base bar.
func begin(state []float64, start int64, c Candle) {
	state[aggregatePhase] = phaseOpen
	state[aggregateTime] = timeToBits(start)
	state[aggregateOpen] = c.Open
	state[aggregateHigh] = c.High
	state[aggregateLow] = c.Low
	state[aggregateClose] = c.Close
	state[aggregateVolume] = c.Volume
}

func aggregated(state []float64) Candle {
	return Candle{
		Time: timeFromBits(state[aggregateTime]),
		Open: state[aggregateOpen], High: state[aggregateHigh], Low: state[aggregateLow],
		Close: state[aggregateClose], Volume: state[aggregateVolume],
	}
}

// timeToBits returns bits that are no NaN's, which a copy may change: a year is added, so that the bar around
// 1970-01-01 is not negative, and what is still below 0, as bars of files are, is a sign and a magnitude.
func timeToBits(ns int64) float64 {
	if ns += maxTimeframeNs; ns < 0 {
		return math.Float64frombits(signBit | uint64(-ns))
	}
	return math.Float64frombits(uint64(ns))
}

func timeFromBits(f float64) int64 {
	bits := math.Float64bits(f)
	if bits&signBit != 0 {
		return -int64(bits&^signBit) - maxTimeframeNs
	}
	return int64(bits) - maxTimeframeNs
}

const signBit = 1 << 63
