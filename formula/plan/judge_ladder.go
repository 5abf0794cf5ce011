package plan

import (
	"math"

	"streamd/incremental"
)

// bar holds what a ladder is judged by on one bar: its two columns, and that of the
// scales.
type bar struct{ x, y, at float64 }

// climb judges a ladder of several rungs, bar by bar.
func (j *Judge) climb(i int) {
	l := &j.conditions.ladders[i]
	a, b, at := j.columns[l.a], j.columns[l.b], j.columns[l.at]
	stood, scale := j.truths.ladders[i], j.scaleMost(l.scale, l.at)
	margin := marginOf(scale)
	for k := 0; k < len(a); k++ {
		if stood > 0 && stood&1 == 1 {
			k += l.stands(stood, a[k:], b[k:], scale)
			if k == len(a) {
				break
			}
		}
		var clear bool
		if stood, clear = j.step(l, k, a[k], b[k], margin, stood); !clear {
			stood = j.stepExactly(l, k, bar{a[k], b[k], at[k]}, stood)
		}
	}
	j.truths.ladders[i] = stood
}

// stands returns on how many of the first bars a is still clearly above the rungs
// that it was above, and clearly below the others, whatever their scale is up to the
// given one. It stops early at what is not finite, and where the rungs are not in order.
func (l *ladder) stands(stood stance, a, b []float64, scale float64) int {
	n := int(stood >> 1)
	b = b[:len(a)]
	if l.bands == nil {
		for k, x := range a {
			if !l.clearOf(n, x, b[k], scale) {
				return k
			}
		}
		return len(a)
	}
	d, margin, least := l.bands[n], marginOf(scale), math.Inf(-1)
	if l.scaled {
		least = 0
	}
	d.lower.shift, d.higher.shift = d.lower.shift+margin, d.higher.shift-margin
	for k, x := range a {
		if y := b[k]; !(y >= least && x > d.lower.of(y) && x < d.higher.of(y)) {
			return k
		}
	}
	return len(a)
}

// standsOne is stands for one bar.
func (l *ladder) standsOne(stood stance, x, y, scale float64) bool {
	if stood <= 0 || stood&1 == 0 {
		return false
	}
	if l.bands == nil {
		return l.clearOf(int(stood>>1), x, y, scale)
	}
	return (y >= 0 || !l.scaled) && l.bands[stood>>1].holds(x, y, marginOf(scale))
}

// clearOf is what a band says, of a ladder that has none.
func (l *ladder) clearOf(n int, x, y, scale float64) bool {
	return (n == 0 || clearlyAbove(x, l.rungs[n-1].of(y), scale)) &&
		(n == len(l.rungs) || clearlyAbove(l.rungs[n].of(y), x, scale))
}

// step judges a bar on which the series may stand elsewhere, and returns where. The
// usual case is that it goes from band to band, whose rungs alone can have changed;
// else it has come as far as is clear.
func (j *Judge) step(l *ladder, k int, x, y, margin float64, stood stance) (now stance, clear bool) {
	if stood <= 0 || stood&1 == 0 || l.bands == nil || l.scaled && !(y >= 0) {
		return stood, false
	}
	n := int(stood >> 1)
	for ; n < len(l.rungs) && x > l.bands[n+1].lower.of(y)+margin; n++ {
		j.say(&l.rungs[n], k, 1)
	}
	for ; n > 0 && x < l.bands[n-1].higher.of(y)-margin; n-- {
		j.say(&l.rungs[n-1], k, -1)
	}
	return standing(n), l.bands[n].holds(x, y, margin)
}

// stepExactly is step where a is near a rung, at the scales of the bar.
func (j *Judge) stepExactly(l *ladder, k int, on bar, stood stance) stance {
	x, y := on.x, on.y
	if x != x || y != y {
		if stood != allNa {
			j.sayAll(l, k, on)
		}
		return allNa
	}
	// Where b is less than its own tolerance, a rung of a greater factor may begin below
	// one of a lesser.
	astrayHere := x-x != 0 || y-y != 0 || l.scaled && y < marginOf(l.scale.of(on.at))
	if stood <= 0 || astrayHere {
		j.sayAll(l, k, on)
		if astrayHere {
			return astray
		}
		stood = standing(0)
	}
	n := int(stood >> 1)
	if stood&1 == 0 {
		n--
		j.say(&l.rungs[n], k, l.rungs[n].side(on))
	}
	for ; n < len(l.rungs) && l.rungs[n].side(on) > 0; n++ {
		j.say(&l.rungs[n], k, 1)
	}
	for ; n > 0; n-- {
		side := l.rungs[n-1].side(on)
		if side > 0 {
			break
		}
		j.say(&l.rungs[n-1], k, side)
	}
	at := 0
	for ; n+at < len(l.rungs) && l.rungs[n+at].side(on) == 0; at++ {
		j.say(&l.rungs[n+at], k, 0)
	}
	switch at {
	case 0:
		return standing(n)
	case 1:
		return standingAt(n)
	}
	return astray
}

// side is 1 where a is above the rung, -1 below and 0 where they are equal.
func (r *rung) side(on bar) int { return sideOf(on.x, r.of(on.y), r.scale.of(on.at)) }

func (j *Judge) sayAll(l *ladder, k int, on bar) {
	for i := range l.rungs {
		r := &l.rungs[i]
		if p := r.of(on.y); on.x == on.x && p == p {
			j.say(r, k, r.side(on))
			continue
		}
		for _, t := range j.conditions.tests[r.first:r.end] {
			j.flip(t.condition, k, isNa)
		}
	}
}

// say lets the tests of a rung speak from bar k on.
func (j *Judge) say(r *rung, k, side int) {
	for _, t := range j.conditions.tests[r.first:r.end] {
		j.flip(t.condition, k, t.at(side))
	}
}

// clearlyAbove is the usual case of incremental.CompareAt, which needs no exact
// look. It says no of what is not finite.
func clearlyAbove(x, y, scale float64) bool { return x-y > 2e-12*(math.Abs(x)+math.Abs(y)+scale) }

// sideOf is incremental.CompareAt with the usual case before it.
func sideOf(x, y, scale float64) int {
	if clearlyAbove(x, y, scale) {
		return 1
	}
	if clearlyAbove(y, x, scale) {
		return -1
	}
	return incremental.CompareAt(x, y, scale)
}
