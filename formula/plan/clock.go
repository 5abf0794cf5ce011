package plan

import (
	"time"

	"streamd/candle"
)

// Clock is a sequence of bars made of those of a series: a higher timeframe's, counted
// by the calendar of a zone or from the opening of a session.
type Clock struct {
	candle.Timeframe                 // zero for the series' own
	Calendar         candle.Calendar // where there is no session
	Session          candle.Session
}

// IsUTC reports whether bars are those of UTC's calendar.
func (c Clock) IsUTC() bool { return c.Session.IsZero() && c.Calendar.IsZero() }

// String tells clocks apart, and is part of the names of what is computed on them.
func (c Clock) String() string {
	switch {
	case c.IsUTC():
		return c.Timeframe.String()
	case c.Session.IsZero():
		return c.Timeframe.String() + " of " + c.Calendar.String()
	}
	return c.Timeframe.String() + " of " + c.Session.String()
}

// Bar returns the bar [start, end) that a time falls into, false for none: a session
// is closed then.
func (c Clock) Bar(ns int64) (start, end int64, ok bool) {
	if !c.Session.IsZero() {
		return c.Session.Bar(c.Duration(), ns)
	}
	start, end = c.Calendar.Bar(c.Timeframe, ns)
	return start, end, true
}

// barsIn is how many bars of the series the clock's bar is made of, where trading never
// pauses.
func (c Clock) barsIn(base candle.Timeframe) int {
	return max(1, int(c.Duration()/max(time.Nanosecond, base.Duration())))
}
