package streamd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/replay"
)

// ErrOthers is the error of a formula that needs other series where candles of one are given.
var ErrOthers = errors.New("streamd: the formula needs other series: see ValuesAmong")

// ValuesAmong computes the formula on each of the candles of several series that see each other: sym finds its symbol
// among them, and the universe of functions over one is all of them. Each list is of one series, as for Values, and
// has its values at the same place of the result. A series is a member of a universe from its third bar on, as in
// `streamd scan`.
func (f *Formula) ValuesAmong(ctx context.Context, series ...[]Candle) ([][]float64, error) {
	tapes := make([]history.Tape, 0, len(series))
	places := map[candle.Series]int{}
	for i, candles := range series {
		if len(candles) == 0 {
			continue
		}
		key, block, err := blockOf(candles)
		if err != nil {
			return nil, fmt.Errorf("streamd: series %d: %w", i, err)
		}
		if at, twice := places[key]; twice {
			return nil, fmt.Errorf("streamd: series %d is %s again, as series %d is", i, key, at)
		}
		places[key] = i
		tapes = append(tapes, history.Tape{Key: key, Block: *block})
	}
	values := make([][]float64, len(series))
	if len(tapes) == 0 {
		return values, nil
	}
	results, _, err := replay.Scan(ctx, &replay.Job{
		Data: history.Data{Memory: tapes}, Values: []string{f.text}, Others: true, Workers: 1,
		Timeout: 24 * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	for i := range results {
		r := &results[i]
		if r.Err != nil {
			return nil, fmt.Errorf("streamd: %s: %w", r.Key, r.Err)
		}
		values[places[r.Key]] = r.Values[0]
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return values, nil
}
