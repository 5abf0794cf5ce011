package plan

import (
	"math"

	"streamd/incremental"
)

// climb judges a ladder of several rungs, bar by bar.
func (j *Judge) climb(i int) {
	l := &j.conditions.ladders[i]
	a, b := j.columns[l.a], j.columns[l.b]
	stood := j.truths.ladders[i]
	for k := 0; k < len(a); k++ {
		if stood > 0 && stood&1 == 1 {
			k += l.stands(stood, a[k:], b[k:])
			if k == len(a) {
				break
			}
		}
		stood = j.step(l, k, a[k], b[k], stood)
	}
	j.truths.ladders[i] = stood
}

// stands returns on how many of the first bars a is still clearly above the rungs
// that it was above, and clearly below the others. It stops early at what is not
// finite, and where the rungs are not in order.
func (l *ladder) stands(stood stance, a, b []float64) int {
	n := int(stood >> 1)
	b = b[:len(a)]
	if l.bands == nil {
		for k, x := range a {
			if n > 0 && !clearlyAbove(x, l.rungs[n-1].of(b[k])) || n < len(l.rungs) &&
				!clearlyAbove(l.rungs[n].of(b[k]), x) {
				return k
			}
		}
		return len(a)
	}
	d, least := l.bands[n], math.Inf(-1)
	if l.scaled {
		least = 0
	}
	for k, x := range a {
		if y := b[k]; !(y >= least && d.holds(x, y)) {
			return k
		}
	}
	return len(a)
}

// standsOne is stands for one bar.
func (l *ladder) standsOne(stood stance, x, y float64) bool {
	if stood <= 0 || stood&1 == 0 {
		return false
	}
	if l.bands == nil {
		n := int(stood >> 1)
		return (n == 0 || clearlyAbove(x, l.rungs[n-1].of(y))) &&
			(n == len(l.rungs) || clearlyAbove(l.rungs[n].of(y), x))
	}
	return (y >= 0 || !l.scaled) && l.bands[stood>>1].holds(x, y)
}

// step judges a bar on which the series may stand elsewhere, and returns where.
// Only rungs that it passes or passed can have changed.
func (j *Judge) step(l *ladder, k int, x, y float64, stood stance) stance {
	if stood > 0 && stood&1 == 1 && l.bands != nil && (y >= 0 || !l.scaled) {
		// From band to band: the usual case.
		n := int(stood >> 1)
		for ; n < len(l.rungs) && x > l.bands[n+1].lower.of(y); n++ {
			j.say(&l.rungs[n], k, 1)
		}
		for ; n > 0 && x < l.bands[n-1].higher.of(y); n-- {
			j.say(&l.rungs[n-1], k, -1)
		}
		if stood = standing(n); l.bands[n].holds(x, y) {
			return stood
		}
	}
	if x != x || y != y {
		if stood != allNa {
			j.sayAll(l, k, x, y)
		}
		return allNa
	}
	if stood <= 0 || x-x != 0 || y-y != 0 || l.scaled && y < 0 {
		j.sayAll(l, k, x, y)
		if x-x != 0 || y-y != 0 || l.scaled && y < 0 {
			return astray
		}
		stood = standing(0)
	}
	n := int(stood >> 1)
	if stood&1 == 0 {
		n--
		j.say(&l.rungs[n], k, sideOf(x, l.rungs[n].of(y)))
	}
	for ; n < len(l.rungs); n++ {
		if p := l.rungs[n].of(y); !clearlyAbove(x, p) && (clearlyAbove(p, x) || sideOf(x, p) <= 0) {
			break
		}
		j.say(&l.rungs[n], k, 1)
	}
	for n > 0 {
		side, p := -1, l.rungs[n-1].of(y)
		if clearlyAbove(x, p) {
			break
		}
		if !clearlyAbove(p, x) {
			if side = sideOf(x, p); side > 0 {
				break
			}
		}
		n--
		j.say(&l.rungs[n], k, side)
	}
	at := 0
	for ; n+at < len(l.rungs); at++ {
		if p := l.rungs[n+at].of(y); clearlyAbove(p, x) || sideOf(x, p) != 0 {
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

func (j *Judge) sayAll(l *ladder, k int, x, y float64) {
	for i := range l.rungs {
		r := &l.rungs[i]
		if p := r.of(y); x == x && p == p {
			j.say(r, k, sideOf(x, p))
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

// clearlyAbove is the usual case of incremental.Compare, which needs no exact
// look. It says no of what is not finite.
func clearlyAbove(x, y float64) bool { return x-y > 2e-12*(math.Abs(x)+math.Abs(y)) }

// sideOf is incremental.Compare with the usual case before it.
func sideOf(x, y float64) int {
	if clearlyAbove(x, y) {
		return 1
	}
	if clearlyAbove(y, x) {
		return -1
	}
	return incremental.Compare(x, y)
}
