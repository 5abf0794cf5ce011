package formula

import (
	"streamd/formula/plan"
	"streamd/incremental"
)

// calls are the numeric indicator calls of a formula whose values a match shows: each
// as it stands in the canonical text, its history index included. A match must show
// the value that was compared: beside `close > highest(high, 60)[1]` that of
// highest(high, 60) would contradict the signal.
type calls []watchedCall

type watchedCall struct {
	Watch
	uses     int  // without a field or an index behind it
	assigned bool // to a name, or to a parameter of a def
	narrowed bool // used with a field or an index
}

// watched notes a numeric indicator call.
func (l *lowering) watched(v value) value {
	if v.typ == Number && !v.fixed && !l.inner && !l.hidden && !l.away.elsewhere() && v.bound != nil &&
		v.bound.Row.Group != incremental.GroupTime && !v.bound.Row.Subscript {
		return l.note(v)
	}
	return v
}

// note counts a use of a value that is shown.
func (l *lowering) note(v value) value {
	v.shown = true
	l.calls.at(v).uses++
	return v
}

// assign turns the use that an expression was noted for into that of a name.
func (l *lowering) assign(v value) value {
	if v.shown {
		c := l.calls.at(v)
		c.uses, c.assigned = c.uses-1, true
	}
	return v
}

// named notes the use of a name that stands for a call.
func (l *lowering) named(v value) value {
	if v.shown {
		return l.note(v)
	}
	return v
}

// narrow takes back the use of a value that is followed by a field or an index.
func (l *lowering) narrow(v value) {
	if v.shown {
		c := l.calls.at(v)
		c.uses, c.narrowed = c.uses-1, true
	}
}

// at returns the entry of a value, making one where there is none.
func (c *calls) at(v value) *watchedCall {
	for i := range *c {
		if (*c)[i].Name == v.canon {
			return &(*c)[i]
		}
	}
	*c = append(*c, watchedCall{Watch: Watch{Name: v.canon, Ref: v.ref}})
	return &(*c)[len(*c)-1]
}

// watch returns what is shown: calls in use, and those assigned to names that nothing uses, since they were written
// down to be seen.
func (c calls) watch() []Watch {
	var all []Watch
	for _, w := range c {
		if w.uses > 0 || w.assigned && !w.narrowed {
			all = append(all, Watch{Name: plan.Shown(w.Name), Ref: w.Ref})
		}
	}
	return all
}
