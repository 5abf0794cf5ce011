package candle

import (
	"fmt"

	zones "streamd/candle/zone"
)

// Calendar says when bars of a timeframe begin: days, weeks and months at midnight of a
// time zone. The zero Calendar is UTC's. It is immutable, may be shared by goroutines,
// and answers without allocating.
type Calendar struct {
	zone    string
	offsets offsets // nil for UTC
}

// NewCalendar returns the calendar of a zone of the IANA database; the empty one is UTC.
func NewCalendar(zone string) (Calendar, error) {
	if zone == "" || zone == "UTC" {
		return Calendar{}, nil
	}
	location, err := zones.Load(Clip(zone))
	if err != nil {
		return Calendar{}, fmt.Errorf("candle: %w", err)
	}
	return Calendar{zone: zone, offsets: offsetsOf(location)}, nil
}

// IsZero reports whether it is that of UTC.
func (c Calendar) IsZero() bool { return c.offsets == nil }

// String returns the name of the zone.
func (c Calendar) String() string {
	if c.IsZero() {
		return "UTC"
	}
	return c.zone
}

// Bar returns the bar [start, end) of a timeframe that contains ns. Bars of less than a
// day are counted from midnight, and the last one of a day ends with it; counts of days
// begin at 1970-01-01, weeks on a Monday, months with a January.
func (c Calendar) Bar(tf Timeframe, ns int64) (start, end int64) {
	if c.IsZero() {
		start = tf.Align(ns)
		return start, tf.Next(start)
	}
	local := ns + c.offsets.at(ns)
	if w := int64(tf.Duration()); w < dayNs {
		midnight := local - floorMod(local, dayNs)
		start = ns - floorMod(ns-c.offsets.begin(midnight), max(w, 1))
		return start, min(start+w, c.offsets.begin(midnight+dayNs))
	}
	first := tf.Align(local)
	return c.offsets.begin(first), c.offsets.begin(tf.Next(first))
}
