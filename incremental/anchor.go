package incremental

import (
	"math"
	"time"
)

// Some functions begin afresh with each day, week or month. A period is known
// by its number alone, computed from a bar's open time in UTC.

var anchorPeriods = []string{"session", "day", "week", "month", "quarter", "year"}

// anchorParams are the period and the minute of the day, in UTC, at which one
// begins: 1320 for a market that opens its day at 22:00.
func anchorParams() []Param {
	return []Param{
		{Name: "anchor", Kind: Text, Text: "session", Choices: anchorPeriods},
		{Name: "start", Kind: Int, Default: 0, Min: 0, Max: 24*60 - 1},
	}
}

// anchorPeriod returns the number of the period in which a bar opens; only
// equality of two numbers has a meaning. A session is a day; weeks begin on
// Monday.
func anchorPeriod(ms float64, anchor string, start int) float64 {
	t := int64(ms) - int64(start)*60_000
	day := math.Floor(float64(t) / 86_400_000)
	switch anchor {
	case "week":
		return math.Floor((day + 3) / 7) // 1970 began on a Thursday
	case "month", "quarter", "year":
		date := time.UnixMilli(t).UTC()
		months := float64(date.Year()*12 + int(date.Month()) - 1)
		switch anchor {
		case "quarter":
			return math.Floor(months / 3)
		case "year":
			return math.Floor(months / 12)
		}
		return months
	}
	return day
}
