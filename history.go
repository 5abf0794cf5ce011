package streamd

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"streamd/history"
)

// errEnough ends a reading whose loop was left.
var errEnough = errors.New("enough")

// History reads the candles of files (names and globs; CSV, JSON lines, Parquet, also compressed), one series after
// the other and each in order of time. Bad candles are left out. An error that is yielded is the last of the loop
// where nothing could be read any more; the error of one file among others comes after the candles of the others.
func History(ctx context.Context, paths ...string) iter.Seq2[Candle, error] {
	return func(yield func(Candle, error) bool) {
		report, err := history.Data{Paths: paths}.Tapes(ctx, 1, func(_ int, t *history.Tape) error {
			if t.Err != nil {
				if !yield(Candle{Symbol: t.Key.Symbol, Timeframe: t.Key.Timeframe.String()}, t.Err) {
					return errEnough
				}
				return nil
			}
			for i := range t.Block.Len() {
				if !yield(candleOf(t.Key, t.Block.At(i)), nil) {
					return errEnough
				}
			}
			return nil
		})
		switch {
		case errors.Is(err, errEnough):
			return
		case err != nil:
			yield(Candle{}, err)
			return
		}
		for _, file := range slices.Sorted(maps.Keys(report.Errors)) {
			if !yield(Candle{}, report.Errors[file]) {
				return
			}
		}
	}
}
