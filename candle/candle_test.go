package candle_test

import (
	"errors"
	"math"
	"testing"

	"streamd/candle"
)

func TestCheck(t *testing.T) {
	good := candle.Candle{Time: 1380893460e9, Open: 483.1, High: 483.5, Low: 482.9, Close: 483.2, Volume: 1200}
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name   string
		change func(*candle.Candle)
		reason string // empty: good
		text   string
	}{
		{"good", func(*candle.Candle) {}, "", ""},
		{"all zero", func(c *candle.Candle) { *c = candle.Candle{} }, "", ""},
		{"zero low", func(c *candle.Candle) { c.Low = 0 }, "", ""},
		{"open above high", func(c *candle.Candle) { c.Open = 500 }, "", ""},
		{"open below low", func(c *candle.Candle) { c.Open = 1 }, "", ""},
		{"close at high", func(c *candle.Candle) { c.Close = c.High }, "", ""},
		{"last instant", func(c *candle.Candle) { c.Time = candle.EndTime - 1 }, "", ""},
		{
			"before 1970", func(c *candle.Candle) { c.Time = -1 }, candle.ReasonTimeRange,
			"candle: time -1 ns is not within 1970 to 2200",
		},
		{"after 2200", func(c *candle.Candle) { c.Time = candle.EndTime }, candle.ReasonTimeRange, ""},
		{"nan open", func(c *candle.Candle) { c.Open = nan }, candle.ReasonNaN, "candle: open is NaN"},
		{"nan high", func(c *candle.Candle) { c.High = nan }, candle.ReasonNaN, ""},
		{"nan low", func(c *candle.Candle) { c.Low = nan }, candle.ReasonNaN, ""},
		{"nan close", func(c *candle.Candle) { c.Close = nan }, candle.ReasonNaN, ""},
		{"nan volume", func(c *candle.Candle) { c.Volume = nan }, candle.ReasonNaN, ""},
		{"infinite open", func(c *candle.Candle) { c.Open = inf }, candle.ReasonInfinite, "candle: open is infinite"},
		{"infinite high", func(c *candle.Candle) { c.High = inf }, candle.ReasonInfinite, ""},
		{"infinite low", func(c *candle.Candle) { c.Low = -inf }, candle.ReasonInfinite, ""},
		{"infinite volume", func(c *candle.Candle) { c.Volume = inf }, candle.ReasonInfinite, ""},
		{
			"negative open", func(c *candle.Candle) { c.Open = -1 }, candle.ReasonNegativePrice,
			"candle: open -1 is negative",
		},
		{"negative low", func(c *candle.Candle) { c.Low = -1 }, candle.ReasonNegativePrice, ""},
		{
			"negative volume", func(c *candle.Candle) { c.Volume = -1 }, candle.ReasonNegativeVolume,
			"candle: volume -1 is negative",
		},
		{
			"high below low", func(c *candle.Candle) { c.High = 10 }, candle.ReasonHighBelowLow,
			"candle: high 10 below low 482.9",
		},
		{
			"close above high", func(c *candle.Candle) { c.Close = 490 }, candle.ReasonCloseOutside,
			"candle: close 490 outside low 482.9 to high 483.5",
		},
		{"close below low", func(c *candle.Candle) { c.Close = 1 }, candle.ReasonCloseOutside, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.change(&c)
			err := c.Check()
			if tt.reason == "" {
				if err != nil {
					t.Fatalf("Check() = %v, want none", err)
				}
				return
			}
			var defect *candle.Defect
			if !errors.As(err, &defect) || defect.Reason != tt.reason {
				t.Fatalf("Check() = %v, want reason %s", err, tt.reason)
			}
			if tt.text != "" && err.Error() != tt.text {
				t.Errorf("text %q, want %q", err, tt.text)
			}
		})
	}
}

func TestSeriesString(t *testing.T) {
	s := candle.Series{Symbol: "AAPL", Timeframe: parse(t, "1m")}
	if got := s.String(); got != "AAPL 1m" {
		t.Errorf("got %q", got)
	}
}
