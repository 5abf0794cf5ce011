package candle_test

import (
	"testing"
	"time"

	"streamd/candle"
	"streamd/candle/zone"
)

// A day begins with the first moment of its date, also in zones whose clocks change at
// midnight; weeks begin on a Monday, months on the first.
func TestCalendarBars(t *testing.T) {
	for _, name := range []string{
		"America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut",
		"America/Havana", "Africa/Cairo", "Pacific/Auckland", "UTC",
	} {
		calendar, err := candle.NewCalendar(name)
		if err != nil {
			t.Fatal(err)
		}
		location, err := zone.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		date := func(ns int64) time.Time {
			y, m, d := time.Unix(0, ns).In(location).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
		for _, from := range []string{"2018-10-20", "2018-02-01", "2024-03-01", "2024-10-20"} {
			at, err := time.Parse(time.DateOnly, from)
			if err != nil {
				t.Fatal(err)
			}
			for end := at.AddDate(0, 0, 45); at.Before(end); at = at.Add(23 * time.Minute) {
				ns := at.UnixNano()
				day := date(ns)
				monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
				first := day.AddDate(0, 0, 1-day.Day())
				for _, c := range []struct {
					frame       string
					first, next time.Time
				}{
					{"1d", day, day.AddDate(0, 0, 1)},
					{"1w", monday, monday.AddDate(0, 0, 7)},
					{"1M", first, first.AddDate(0, 1, 0)},
				} {
					frame := parse(t, c.frame)
					start, over := calendar.Bar(frame, ns)
					if ns < start || ns >= over || !date(start).Equal(c.first) || date(start-1).Equal(c.first) ||
						!date(over).Equal(c.next) || !date(over-1).Before(c.next) {
						t.Fatalf("%s %s of %s: [%s, %s)", name, c.frame, at, time.Unix(0, start).In(location),
							time.Unix(0, over).In(location))
					}
				}
				start, over := calendar.Bar(parse(t, "4h"), ns)
				midnight, next := calendar.Bar(parse(t, "1d"), ns)
				if ns < start || ns >= over || (start-midnight)%int64(4*time.Hour) != 0 ||
					over != min(start+int64(4*time.Hour), next) {
					t.Fatalf("%s 4h of %s: [%s, %s)", name, at, time.Unix(0, start), time.Unix(0, over))
				}
			}
		}
	}
}

// Daily bars that open at the midnight of a zone make its weeks; those that open at
// midnight of UTC are dates, which are in the same weeks everywhere.
func TestAggregationByZone(t *testing.T) {
	tokyo, err := candle.NewCalendar("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	a, err := candle.NewAggregation(parse(t, "1d"), parse(t, "1w"))
	if err != nil {
		t.Fatal(err)
	}
	a = a.In(tokyo)
	for _, opens := range []time.Duration{0, -9 * time.Hour} {
		state, got := make([]float64, candle.AggregationState), []float64{}
		var done [2]candle.Candle
		for d := range 14 { // from a Monday on
			at := time.Date(2024, 1, 8+d, 0, 0, 0, 0, time.UTC).Add(opens)
			c := candle.Candle{Time: at.UnixNano(), Open: 1, High: 1, Low: 1, Close: 1, Volume: 1}
			for _, week := range done[:a.Step(state, c, &done)] {
				got = append(got, week.Volume)
			}
		}
		if len(got) != 2 || got[0] != 7 || got[1] != 7 {
			t.Errorf("days that open at %s of UTC: volumes of weeks %v, want 7 and 7", opens, got)
		}
	}
}
