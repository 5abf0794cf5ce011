package replay

import (
	"math"
	"slices"
	"testing"
	"time"

	"streamd/candle"
	"streamd/stream"
)

// TestHolesAreNoClosingHours has a stock's minutes over two months, from which an afternoon
// and a fortnight are missing: these are the holes, the nights and weekends are not.
func TestHolesAreNoClosingHours(t *testing.T) {
	var b stream.Block
	var want []int
	day := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	for range 60 {
		day = day.AddDate(0, 0, 1)
		bell := 14*time.Hour + 30*time.Minute
		if day.Month() >= 4 {
			bell -= time.Hour // summer time
		}
		fortnight := day.Month() == 3 && day.Day() >= 4 && day.Day() <= 17
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday || fortnight {
			continue
		}
		for minute := range 390 {
			if day.Day() == 8 && minute >= 100 && minute < 220 {
				continue
			}
			if day.Day() == 8 && minute == 220 || day.Month() == 3 && day.Day() == 18 && minute == 0 {
				want = append(want, b.Len())
			}
			at := day.Add(bell + time.Duration(minute)*time.Minute)
			b.Append(candle.Candle{Time: at.UnixNano(), Open: 1, High: 1, Low: 1, Close: 1})
		}
	}
	for _, frame := range []candle.Timeframe{timeframe(t, "1m"), {}} {
		var got []int
		found := findBreaks(&b, frame)
		for i := range found {
			if found[i] == breakHole {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) || len(want) != 2 {
			t.Errorf("holes before %v, want %v", got, want)
		}
	}
}

// TestSplitFactor takes the nearest whole ratio.
func TestSplitFactor(t *testing.T) {
	for _, c := range []struct {
		last, open float64
		split      bool
		factor     float64
	}{
		{100, 55, true, 2},
		{100, 56, false, 0},
		{100, 24, true, 4},
		{180, 100, true, 2},
		{1, 1.8, true, 0.5},
		{1, 9.7, true, 0.1},
		{100, 0, false, 0},
		{0, 100, false, 0},
	} {
		if got := stream.Splits(c.last, c.open); got != c.split || got && splitFactor(c.last, c.open) != c.factor {
			t.Errorf("%v to %v: %v, %v, want %+v", c.last, c.open, got, splitFactor(c.last, c.open), c)
		}
	}
}

// TestForwardReturnsOverBreaks holds the three policies to a four-for-one split and a hole.
func TestForwardReturnsOverBreaks(t *testing.T) {
	var b stream.Block
	for i, price := range []float64{100, 104, 108, 27, 27.5, 28} {
		at := int64(i) * dayNs
		if i == 5 {
			at += 20 * dayNs
		}
		b.Append(candle.Candle{Time: at, Open: price, High: price, Low: price, Close: price})
	}
	daily := timeframe(t, "1d")
	stop, ignore := forwardReturns(&b, daily, SplitsStop, FromClose, Horizons[:]), forwardReturns(&b, daily, SplitsIgnore, FromClose, Horizons[:])
	adjust := forwardReturns(&b, daily, SplitsAdjust, FromClose, Horizons[:])
	if r := ignore.returns[0][2]; r != -0.75 || ignore.omitted[0][2] {
		t.Errorf("ignored: %v", r)
	}
	if r := adjust.returns[0][2]; r != 0 || adjust.omitted[0][2] {
		t.Errorf("adjusted: %v", r)
	}
	if r := adjust.returns[1][0]; math.Abs(r-0.12) > 1e-12 || !adjust.holes[1][0] {
		t.Errorf("adjusted over five bars: %v", r)
	}
	for i := range b.Len() {
		if omitted := i == 2; stop.omitted[0][i] != omitted || finite(stop.returns[0][i]) == (omitted || i == 5) {
			t.Errorf("bar %d: %v, omitted %v", i, stop.returns[0][i], stop.omitted[0][i])
		}
		if hole := i == 4; stop.holes[0][i] != hole {
			t.Errorf("bar %d: hole %v", i, !hole)
		}
	}
}
