package plan

import (
	"math"

	"streamd/incremental"
)

// climb judges a ladder of several rungs, bar by bar.
func (j *Judge) climb(i int) {
	l := &j.conditions.ladders[i]
	a, b, at := j.columns[l.a], j.columns[l.b], j.columns[l.scale.column]
	stood := j.truths.ladders[i]
	for k := 0; k < len(a); k++ {
		if stood > 0 && stood&1 == 1 {
			k += l.stands(stood, a[k:], b[k:], at[k:])
			if k == len(a) {
				break
			}
		}
		stood = j.step(l, k, a[k], b[k], l.scale.of(at[k]), stood)
	}
	j.truths.ladders[i] = stood
}

// stands returns on how many of the first bars a is still clearly above the rungs
// that it was above, and clearly below the others. It stops early at what is not
// finite, and where the rungs are not in order.
func (l *ladder) stands(stood stance, a, b, at []float64) int {
	n := int(stood >> 1)
	b, at = b[:len(a)], at[:len(a)]
	if l.bands == nil {
		for k, x := range a {
			scale := l.scale.of(at[k])
			if n > 0 && !clearlyAbove(x, l.rungs[n-1].of(b[k]), scale) || n < len(l.rungs) &&
				!clearlyAbove(l.rungs[n].of(b[k]), x, scale) || l.scaled && !(b[k] >= 0) {
				return k
			}
		}
		return len(a)
	}
	d, least := l.bands[n], math.Inf(-1)
	if l.scaled {
		least = 0
	}
	if l.scale.times > 0 {
		margin := bandMargin * l.scale.times
		for k, x := range a {
			if y := b[k]; !(y >= least && d.holdsBy(x, y, margin*math.Abs(at[k]))) {
				return k
			}
		}
		return len(a)
	}
	for k, x := range a {
		if y := b[k]; !(y >= least && d.holds(x, y)) {
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
		n := int(stood >> 1)
		return (n == 0 || clearlyAbove(x, l.rungs[n-1].of(y), scale)) &&
			(n == len(l.rungs) || clearlyAbove(l.rungs[n].of(y), x, scale)) && (y >= 0 || !l.scaled)
	}
	d := &l.bands[stood>>1]
	if l.scale.times > 0 {
		return (y >= 0 || !l.scaled) && d.holdsBy(x, y, bandMargin*scale)
	}
	return (y >= 0 || !l.scaled) && d.holds(x, y)
}

// step judges a bar on which the series may stand elsewhere, and returns where.
// Only rungs that it passes or passed can have changed.
func (j *Judge) step(l *ladder, k int, x, y, scale float64, stood stance) stance {
	if stood > 0 && stood&1 == 1 && l.bands != nil && (y >= 0 || !l.scaled) {
		// From band to band: the usual case.
		margin := 0.0
		if l.scale.times > 0 {
			margin = bandMargin * scale
		}
		n := int(stood >> 1)
		for ; n < len(l.rungs) && x-l.bands[n+1].lower.of(y) > margin; n++ {
			j.say(&l.rungs[n], k, 1)
		}
		for ; n > 0 && l.bands[n-1].higher.of(y)-x > margin; n-- {
			j.say(&l.rungs[n-1], k, -1)
		}
		if stood = standing(n); l.bands[n].holdsBy(x, y, margin) {
			return stood
		}
	}
	if x != x || y != y {
		if stood != allNa {
			j.sayAll(l, k, x, y, scale)
		}
		return allNa
	}
	if stood <= 0 || x-x != 0 || y-y != 0 || l.scaled && y < 0 {
		j.sayAll(l, k, x, y, scale)
		if x-x != 0 || y-y != 0 || l.scaled && y < 0 {
			return astray
		}
		stood = standing(0)
	}
	n := int(stood >> 1)
	if stood&1 == 0 {
		n--
		j.say(&l.rungs[n], k, sideOf(x, l.rungs[n].of(y), scale))
	}
	for ; n < len(l.rungs); n++ {
		if sideOf(x, l.rungs[n].of(y), scale) <= 0 {
			break
		}
		j.say(&l.rungs[n], k, 1)
	}
	for n > 0 {
		side, p := -1, l.rungs[n-1].of(y)
		if clearlyAbove(x, p, scale) {
			break
		}
		if !clearlyAbove(p, x, scale) {
			if side = sideOf(x, p, scale); side > 0 {
				break
			}
		}
		n--
		j.say(&l.rungs[n], k, side)
	}
	at := 0
	for ; n+at < len(l.rungs); at++ {
		if p := l.rungs[n+at].of(y); clearlyAbove(p, x, scale) || sideOf(x, p, scale) != 0 {
			break
		}
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

func (j *Judge) sayAll(l *ladder, k int, x, y, scale float64) {
	for i := range l.rungs {
		r := &l.rungs[i]
		if p := r.of(y); x == x && p == p {
			j.say(r, k, sideOf(x, p, scale))
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
