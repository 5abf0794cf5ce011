package stream

import (
	"math/bits"

	"streamd/formula/plan"
)

// trigger is the memory of one formula on one series: what decides, of the bars
// on which the condition is true, where the formula fires. It counts in bars of
// the series, so that bars on which nothing changes need no look.
type trigger struct {
	since  int32 // first bar of the run of true bars
	silent int32 // first bar after the cooldown; of one that was over in a snapshot only -bars is known
	last   condition
	edge   bool // the run began on the bar after a false one
}

// condition is what a formula's condition was on the last bar.
type condition uint8

const (
	conditionNa condition = iota
	conditionTrue
	conditionFalse
)

// firing is what a formula's settings ask of its trigger.
type firing struct {
	edge                    bool
	need, cooldown, minBars int32 // need is at least 1

	lives, resolve, latched, rearms bool // see life; latched: a signal disarms the formula
	expires                         int32

	opens  int32 // bars of the series from which on it may fire: those of its gate, minBars at least
	higher bool  // the gate looks at higher timeframes, too
}

func newFiring(f *Formula) firing {
	return firing{
		edge: f.Mode == Edge, need: int32(max(f.For, 1)), cooldown: int32(f.Cooldown),
		minBars: int32(f.MinBars), lives: f.lives(), resolve: f.Resolve, latched: f.Once || f.Rearm != "",
		rearms: f.Rearm != "", expires: int32(f.Expires),
	}
}

// behind notes the gate of the formula. Where that counts bars of the series only, no firing looks at it again.
func (f *firing) behind(g plan.Gate) {
	bars, higher := g.Bars()
	f.opens, f.higher = max(f.minBars, int32(bars+1)), higher
}

// advance takes the condition of n bars, a bit for each, where it is true and
// where false, and returns the bars on which the formula fires unless it is
// silent or its gate is closed. Bar 0 of them is the given one of the series.
func (t *trigger) advance(f *firing, yes, no uint64, n int, bar int32) (candidates uint64) {
	wasTrue, wasFalse := uint64(t.last&1), uint64(t.last>>1)
	switch {
	case f.need == 1 && !f.edge:
		candidates = yes
	case f.need == 1:
		candidates = yes &^ (yes<<1 | wasTrue) & (no<<1 | wasFalse)
	default:
		candidates = t.longEnough(f, yes, no, bar)
	}
	if last := n - 1; yes>>last&1 == 1 {
		if k := bits.LeadingZeros64(^(yes << (63 - last))); k <= last {
			t.since, t.edge = bar+int32(n-k), no>>(last-k)&1 == 1
		} else if wasTrue == 0 {
			t.since, t.edge = bar, wasFalse == 1
		}
		t.last = conditionTrue
	} else {
		t.last = condition(no >> last & 1 << 1)
	}
	return candidates
}

// longEnough returns the bars on which a run of true bars is as long as the
// formula asks: all from there on, or that one in mode edge.
func (t *trigger) longEnough(f *firing, yes, no uint64, bar int32) (candidates uint64) {
	for rest := yes; rest != 0; {
		first := bits.TrailingZeros64(rest)
		length := bits.TrailingZeros64(^(rest >> first))
		run := (^uint64(0) >> (64 - length)) << first
		rest &^= run
		begin, edge := bar+int32(first), first > 0 && no>>(first-1)&1 == 1
		if first == 0 {
			edge = t.last == conditionFalse
			if t.last == conditionTrue {
				begin, edge = t.since, t.edge
			}
		}
		// The bar of the run on which it is long enough, counted from bar 0.
		switch due := int(begin-bar+f.need) - 1; {
		case due >= first+length:
		case !f.edge:
			candidates |= run &^ (uint64(1)<<max(due, 0) - 1)
		case edge && due >= first:
			candidates |= 1 << due
		}
	}
	return candidates
}

// fire reports whether the formula fires on a candidate bar, given its gate.
func (t *trigger) fire(f *firing, bar int32, open bool) bool {
	if !open || bar < t.silent {
		return false
	}
	t.silent = bar + 1 + f.cooldown
	return true
}

// A snapshot keeps triggers as numbers that do not depend on where the count of
// bars began: bars true in a row, 1 while that run began on the bar after a
// false one, 1 when the last bar was false, bars of cooldown left.
const triggerLen = 4

// numbers returns the trigger of a series that has seen the bars.
func (t *trigger) numbers(bars int) [triggerLen]float64 {
	n := [triggerLen]float64{3: float64(max(0, int(t.silent)-bars))}
	switch t.last {
	case conditionTrue:
		n[0] = float64(bars - int(t.since))
		if t.edge {
			n[1] = 1
		}
	case conditionFalse:
		n[2] = 1
	}
	return n
}

// setNumbers is the other way round.
func (t *trigger) setNumbers(n []float64, bars int) {
	*t = trigger{silent: int32(bars + int(n[3]))}
	if n[3] == 0 {
		t.silent = int32(-bars)
	}
	switch {
	case n[0] > 0:
		t.last, t.since, t.edge = conditionTrue, int32(bars-int(n[0])), n[1] == 1
	case n[2] == 1:
		t.last = conditionFalse
	}
}

// ends reports whether the formula's signals end.
func (f *firing) ends() bool { return f.resolve || f.expires > 0 }

// attentive reports whether the formula may fire on a bar on which its condition
// is true as on the bar before.
func (f *firing) attentive() bool { return !f.edge || f.need > 1 }
