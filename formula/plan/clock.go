package plan

import (
	"time"

	"streamd/candle"
)

// Clock is a sequence of bars made of those of a series: a higher timeframe's, counted
// by the calendar (UTC) or from the opening of a session.
type Clock struct {
	candle.Timeframe                // zero for the series' own
	Session          candle.Session // zero for the calendar
}

// String tells clocks apart, and is part of the names of what is computed on them.
func (c Clock) String() string {
	if c.Session.IsZero() {
		return c.Timeframe.String()
	}
	return c.Timeframe.String() + " of " + c.Session.String()
}

// Bar returns the bar [start, end) that a time falls into, false for none: a session
// is closed then.
func (c Clock) Bar(ns int64) (start, end int64, ok bool) {
	if !c.Session.IsZero() {
		return c.Session.Bar(c.Duration(), ns)
	}
	start = c.Align(ns)
	return start, c.Next(start), true
}

// barsIn is how many bars of the series the clock's bar is made of, where trading never
// pauses.
func (c Clock) barsIn(base candle.Timeframe) int {
	return max(1, int(c.Duration()/max(time.Nanosecond, base.Duration())))
}
