package incremental

import (
	"math"
	"time"

	"streamd/candle/zone"
)

// Some functions start over with each day, week or month. A period is known by its number
// alone, computed from the wall clock of a zone at which a bar opens.

var anchorPeriods = []string{"session", "day", "week", "month", "quarter", "year"}

// anchorParams are the period, the minute of the day at which one begins (1320 for a market
// that opens its day at 22:00), and the zone of that clock.
func anchorParams() []Param {
	return []Param{
		{Name: "anchor", Kind: Text, Text: "session", Choices: anchorPeriods},
		{Name: "start", Kind: Int, Default: 0, Min: 0, Max: 24*60 - 1},
		{Name: "zone", Kind: Text, Text: "UTC"},
	}
}

// anchor is what anchorParams say.
type anchor struct {
	unit    string
	startMs int64
	zone    *time.Location
}

// newAnchor takes the three arguments; the row's Check has seen that the zone exists.
func newAnchor(unit, start, in Arg) anchor {
	location, err := zone.Load(in.Text)
	if err != nil {
		panic("incremental: " + err.Error())
	}
	return anchor{unit: unit.Text, startMs: int64(start.Num) * 60_000, zone: location}
}

// checkZone refuses a zone that does not exist; it is argument i.
func checkZone(i int) func(a Args) error {
	return func(a Args) error {
		_, err := zone.Load(a.Text(i))
		return err
	}
}

// period returns the number of the period in which a bar opens; only equality of two numbers
// has a meaning. A session is a day; weeks begin on Monday.
func (a anchor) period(ms float64) float64 {
	t := int64(ms) - a.startMs
	if a.zone != time.UTC {
		_, offset := time.UnixMilli(int64(ms)).In(a.zone).Zone()
		t += int64(offset) * 1000
	}
	day := math.Floor(float64(t) / 86_400_000)
	switch a.unit {
	case "week":
		return math.Floor((day + 3) / 7) // 1970 began on a Thursday
	case "month", "quarter", "year":
		date := time.UnixMilli(t).UTC()
		months := float64(date.Year()*12 + int(date.Month()) - 1)
		switch a.unit {
		case "quarter":
			return math.Floor(months / 3)
		case "year":
			return math.Floor(months / 12)
		}
		return months
	}
	return day
}
