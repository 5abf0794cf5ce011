package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"streamd/candle"
	"streamd/live"
	"streamd/stream"
)

// copyMax is how many candles the goroutine of an engine copies at a time, some milliseconds' work. The length of one
// series comes on top.
const copyMax = 50_000

// keptSeries is the candles of one series, copied from the engine.
type keptSeries struct {
	key     candle.Series
	candles []candle.Candle
}

// keys lists the series that are wanted, ordered by symbol.
func (s *Server) keys(ctx context.Context, wanted func(candle.Series) bool) ([]candle.Series, error) {
	var keys []candle.Series
	err := s.visit(ctx, func(p live.View) {
		p.Engine.All(func(e *stream.SeriesState) {
			if _, seen := e.Last(); seen && wanted(e.Key) {
				keys = append(keys, e.Key)
			}
		})
	})
	slices.SortFunc(keys, compareSeries)
	return keys, err
}

// eachKept calls f with the candles kept of each series, in the order of the keys. The engines are held up for short
// copies only: what f does is done here. A series that has gone is left out.
func (s *Server) eachKept(ctx context.Context, keys []candle.Series, f func(keptSeries) error) error {
	for len(keys) > 0 {
		var copied []keptSeries
		taken := len(keys)
		err := s.visit(ctx, func(p live.View) {
			taken = min(len(keys), max(1, copyMax/p.Engine.Options().Buffer))
			for _, key := range keys[:taken] {
				if e := p.Engine.Find(key); e != nil {
					copied = append(copied, keptSeries{key: key, candles: e.Candles(nil)})
				}
			}
		})
		if err != nil {
			return err
		}
		keys = keys[taken:]
		slices.SortFunc(copied, func(a, b keptSeries) int { return compareSeries(a.key, b.key) })
		for _, one := range copied {
			if err := f(one); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// one returns the candles kept of one series, and the options of its engine.
func (s *Server) one(ctx context.Context, key candle.Series) (
	candles []candle.Candle, o stream.Options, found bool, err error,
) {
	err = s.visit(ctx, func(p live.View) {
		if e := p.Engine.Find(key); e != nil {
			candles, o, found = e.Candles(nil), p.Engine.Options(), true
		}
	})
	return candles, o, found, err
}

// keptAs returns the candles kept of one series, put together to a longer timeframe where another one is asked for. It
// answers itself, and reports false, where there are none.
func (s *Server) keptAs(ctx context.Context, w http.ResponseWriter, key candle.Series, as candle.Timeframe) (
	candles []candle.Candle, ok bool,
) {
	candles, _, found, err := s.one(ctx, key)
	switch {
	case err != nil:
		fail(w, http.StatusServiceUnavailable, err)
		return nil, false
	case !found:
		fail(w, http.StatusNotFound, fmt.Errorf("no series %s", key))
		return nil, false
	}
	if as != key.Timeframe {
		candles = putTogether(candles, as)
	}
	return candles, true
}

// blockOf returns candles as columns.
func blockOf(candles []candle.Candle) *stream.Block {
	b := &stream.Block{}
	for _, c := range candles {
		b.Append(c)
	}
	return b
}

// putTogether makes the bars of a longer timeframe, by the calendar in UTC. The first and the last may be partial.
func putTogether(candles []candle.Candle, as candle.Timeframe) []candle.Candle {
	var bars []candle.Candle
	for _, c := range candles {
		open := as.Align(c.Time)
		n := len(bars)
		if n == 0 || bars[n-1].Time != open {
			c.Time = open
			bars = append(bars, c)
			continue
		}
		b := &bars[n-1]
		b.High, b.Low = max(b.High, c.High), min(b.Low, c.Low)
		b.Close, b.Volume = c.Close, b.Volume+c.Volume
	}
	return bars
}
