package plan

import (
	"math"
	"math/bits"
)

// A live bar comes alone: then conditions are single values instead of words,
// and what they are made of is read where it stands.

func (j *Judge) judgeOne(at int) {
	c, t := j.conditions, j.truths
	for i := range j.handles {
		j.one[i] = j.exec.value(&j.handles[i].column, at)
	}
	for _, l := range c.leaves {
		v := isNa
		switch j.one[l.column] {
		case 1:
			v = isTrue
		case 0:
			v = isFalse
		}
		j.flip(l.condition, 0, v)
	}
	for _, at := range c.scales {
		j.largest[at] = bounded(math.Abs(j.one[at]))
	}
	for i := range c.thresholds {
		s := &c.thresholds[i]
		x, y, scale := j.one[s.a], s.of(j.one[s.b]), j.scaleMost(s.scale, s.at)
		side := int8(3)
		if d, near := x-y, 2e-12*(math.Abs(x)+math.Abs(y)+scale); !(d > near) {
			side = 1
			if !(d < -near) {
				side = sideOrNa(x, y, scale)
			}
		}
		if side != t.thresholds[i] {
			t.thresholds[i] = side
			j.turn(s, side)
		}
	}
	for i := range c.ladders {
		l, stood := &c.ladders[i], t.ladders[i]
		x, y, scale := j.one[l.a], j.one[l.b], j.scaleMost(l.scale, l.at)
		if !l.standsOne(stood, x, y, scale) {
			now, clear := j.step(l, 0, x, y, marginOf(scale), stood)
			if !clear {
				now = j.stepExactly(l, 0, bar{x, y, j.one[l.at]}, now)
			}
			t.ladders[i] = now
		}
	}
	j.doubt()
	j.operators()
}

func sideOrNa(x, y, scale float64) int8 {
	if x != x || y != y {
		return 0
	}
	return int8(sideOf(x, y, scale) + 2)
}

// turn lets the tests of a threshold speak.
func (j *Judge) turn(s *threshold, side int8) {
	if side != 0 {
		j.say(&s.rung, 0, int(side)-2)
		return
	}
	for _, t := range j.conditions.tests[s.first:s.end] {
		j.flip(t.condition, 0, isNa)
	}
}

// operateOne is operate for one bar: na, true and false as 0 and two bits.
func (j *Judge) operateOne(op *logic) verdict {
	values := j.truths.values
	some, all := verdict(0), isTrue|isFalse
	for ins := op.padded(j.conditions.inputs); len(ins) >= 4; ins = ins[4:] {
		in := (*four)(ins)
		a, b, c, d := values[in[0]], values[in[1]], values[in[2]], values[in[3]]
		some |= a | b | c | d
		all &= a & b & c & d
	}
	switch op.kind {
	case logicAnd:
		v := some&isFalse | all&isTrue
		for i := op.lone; i < op.loneEnd && v != isFalse; i++ {
			r := &j.conditions.lone[i]
			switch side := sideOrNa(j.one[r.a], r.of(j.one[r.b]), j.scaleMost(r.scale, r.at)); {
			case side == 0:
				v = isNa
			case j.conditions.tests[r.first].at(int(side)-2) == isFalse:
				v = isFalse
			}
		}
		return v
	case logicOr:
		return some&isTrue | all&isFalse
	}
	return all>>1 | all<<1&isFalse
}

// ground returns the first condition of an operator that has the value which
// decides it, plus 1, or 0 where a lone threshold decides.
func (j *Judge) ground(op *logic, decides verdict) int32 {
	values := j.truths.values
	for ins := op.padded(j.conditions.inputs); len(ins) >= 4; ins = ins[4:] {
		in := (*four)(ins)
		found := values[in[0]]&decides | values[in[1]]&decides<<2 | values[in[2]]&decides<<4 | values[in[3]]&decides<<6
		if found != 0 {
			return in[bits.TrailingZeros8(found)>>1] + 1
		}
	}
	return 0
}
