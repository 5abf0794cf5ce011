package candle

import (
	"sort"
	"time"
)

// offsets are a time zone's: each is in force from its time on, until that of the next.
type offsets []offset

type offset struct{ from, east int64 } // ns since 1970 UTC, ns east of UTC

// offsetsOf lists the offsets of a zone over all accepted times: two a year at
// most in practice, and looked up in nine steps, where the time package would
// evaluate the zone's rule for every bar past its table.
func offsetsOf(location *time.Location) offsets {
	var all offsets
	t := time.Unix(0, MinTime).Add(-7 * 24 * time.Hour).In(location)
	for t.UnixNano() < EndTime {
		_, seconds := t.Zone()
		if n := len(all); n == 0 || all[n-1].east != int64(seconds)*secondNs {
			all = append(all, offset{t.UnixNano(), int64(seconds) * secondNs})
		}
		_, end := t.ZoneBounds()
		if end.IsZero() {
			break
		}
		if !end.After(t) {
			// In leap years from 2040 on the time package ends a zone's year a
			// day early and then stands still there.
			end = t.Add(24 * time.Hour)
		}
		t = end
	}
	if !sort.SliceIsSorted(all, func(i, j int) bool { return all[i].from < all[j].from }) {
		panic("candle: the bounds of zone " + location.String() + " are out of order")
	}
	return all
}

// index returns which offset is in force at ns.
func (o offsets) index(ns int64) int {
	low, high := 0, len(o)
	for high-low > 1 {
		if middle := int(uint(low+high) / 2); o[middle].from <= ns {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// at returns the offset at ns.
func (o offsets) at(ns int64) int64 { return o[o.index(ns)].east }

// begin returns when the zone's clocks come to a local time: the first time where they
// are turned back behind it and come to it twice, and the moment at which they are
// turned forward where they leave it out.
func (o offsets) begin(local int64) int64 {
	i := o.index(local - dayNs)
	first := local - o[i].east
	if i+1 == len(o) || first < o[i+1].from {
		return first
	}
	return max(local-o[i+1].east, o[i+1].from)
}
