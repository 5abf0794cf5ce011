// Package candle holds the record that everything else is about: one OHLCV
// bar, the series it belongs to, the timeframe and session that give it its
// place in time. The decoders of messages are in the package wire.
//
// Nothing in this package does I/O, reads a clock or starts a goroutine.
package candle

import (
	"fmt"
	"math"
	"time"
)

// Candle is one OHLCV bar. Time is the open time in nanoseconds since
// 1970-01-01 UTC; prices and volume are in the units of the feed.
type Candle struct {
	Time                           int64
	Open, High, Low, Close, Volume float64
}

// Series is the key of all state: a symbol in one timeframe.
type Series struct {
	Symbol    string
	Timeframe Timeframe
}

// String returns the symbol and the timeframe, as in "AAPL 1m".
func (s Series) String() string { return s.Symbol + " " + s.Timeframe.String() }

// Message is one decoded candle. Symbol aliases the input or the scratch space
// of the decoder and holds until its next Decode. Closed is false for a candle
// that is still forming.
type Message struct {
	Symbol    []byte
	Timeframe Timeframe
	Candle    Candle
	Closed    bool
}

// MinTime and EndTime bound the accepted open times, in nanoseconds: from 1970
// up to and including the year 2200. A time outside is a unit mistaken for
// another, not a bar.
const (
	MinTime int64 = 0
	EndTime int64 = 7289654400 * int64(time.Second) // 2201-01-01T00:00:00Z
)

// Check returns nil for a candle that may change state, else a *Defect with
// the first reason against it. A zero price and an open outside high–low are
// accepted: both are printed by real feeds (spreads, auctions).
func (c Candle) Check() error {
	// The comparisons are written so that a NaN anywhere fails them: the
	// usual case costs no call.
	if c.Time >= MinTime && c.Time < EndTime &&
		c.Open >= 0 && c.Low >= 0 && c.High >= c.Low && c.Close >= c.Low && c.Close <= c.High && c.Volume >= 0 &&
		c.Open <= math.MaxFloat64 && c.High <= math.MaxFloat64 && c.Volume <= math.MaxFloat64 {
		return nil
	}
	return c.Defect()
}

// Defect finds the reason of a candle that failed Check.
func (c Candle) Defect() *Defect {
	if c.Time < MinTime || c.Time >= EndTime {
		return &Defect{ReasonTimeRange, fmt.Sprintf("time %d ns is not within 1970 to 2200", c.Time)}
	}
	fields := [...]struct {
		name  string
		value float64
	}{{"open", c.Open}, {"high", c.High}, {"low", c.Low}, {"close", c.Close}, {"volume", c.Volume}}
	for _, f := range fields {
		if math.IsNaN(f.value) {
			return &Defect{ReasonNaN, f.name + " is NaN"}
		}
		if math.IsInf(f.value, 0) {
			return &Defect{ReasonInfinite, f.name + " is infinite"}
		}
		if f.value < 0 {
			reason := ReasonNegativePrice
			if f.name == "volume" {
				reason = ReasonNegativeVolume
			}
			return &Defect{reason, fmt.Sprintf("%s %v is negative", f.name, f.value)}
		}
	}
	if c.High < c.Low {
		return &Defect{ReasonHighBelowLow, fmt.Sprintf("high %v below low %v", c.High, c.Low)}
	}
	return &Defect{ReasonCloseOutside, fmt.Sprintf("close %v outside low %v to high %v", c.Close, c.Low, c.High)}
}
