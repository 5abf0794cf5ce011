package streamd

import (
	"errors"
	"fmt"
	"time"

	"streamd/candle"
)

// Candle is one closed OHLCV bar of a series. Time is its open time; the timeframe is written as in a formula ("1m",
// "4h", "1d"). Prices and volume are in the units of the feed.
type Candle struct {
	Symbol    string
	Timeframe string
	Time      time.Time

	Open, High, Low, Close, Volume float64
}

// Invalid says why a candle was not applied. The engine is as it was before.
type Invalid struct {
	// Reason is a word of the dead-letter topic: "high_below_low", "nan", "late", "duplicate", "correction" …
	Reason string
	// Detail says the same with the values, for a person.
	Detail string
}

// Error implements error.
func (e *Invalid) Error() string {
	return fmt.Sprintf("streamd: invalid candle: %s: %s", e.Reason, e.Detail)
}

// bar returns the candle as the engine takes it, with its series.
func (c *Candle) bar() (candle.Series, candle.Candle, error) {
	var key candle.Series
	tf, err := candle.ParseTimeframe(c.Timeframe)
	if err != nil {
		return key, candle.Candle{}, &Invalid{Reason: candle.ReasonUnknownTimeframe, Detail: err.Error()}
	}
	if err := candle.CheckSymbol([]byte(c.Symbol)); err != nil {
		return key, candle.Candle{}, invalid(err)
	}
	bar := candle.Candle{
		Time: nanoseconds(c.Time), Open: c.Open, High: c.High, Low: c.Low, Close: c.Close,
		Volume: c.Volume,
	}
	if err := bar.Check(); err != nil {
		return key, bar, invalid(err)
	}
	return candle.Series{Symbol: c.Symbol, Timeframe: tf}, bar, nil
}

// nanoseconds is UnixNano, and a time that Check refuses where that would overflow.
func nanoseconds(t time.Time) int64 {
	if t.Unix() < candle.MinTime/int64(time.Second) || t.Unix() >= candle.EndTime/int64(time.Second) {
		return candle.EndTime
	}
	return t.UnixNano()
}

// invalid makes an Invalid of what a check of the package candle found.
func invalid(err error) error {
	var defect *candle.Defect
	if errors.As(err, &defect) {
		return &Invalid{Reason: defect.Reason, Detail: defect.Detail}
	}
	return &Invalid{Reason: "invalid", Detail: err.Error()}
}

// candleOf returns a bar of a series as programs see it.
func candleOf(key candle.Series, bar candle.Candle) Candle {
	return Candle{
		Symbol: key.Symbol, Timeframe: key.Timeframe.String(), Time: time.Unix(0, bar.Time).UTC(),
		Open: bar.Open, High: bar.High, Low: bar.Low, Close: bar.Close, Volume: bar.Volume,
	}
}
