package web

import (
	"context"
	"slices"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/live"
	"streamd/replay"
	"streamd/stream"
)

// marketMax is how many candles of other series are copied for one answer, 144 MB: of more series fewer of each are
// looked at, the newest ones. One answer at a time has some.
const marketMax = 3_000_000

// coverage is what values of other series rest on: an instance holds the series of its own partitions only.
type coverage struct {
	Series     int `json:"series"`     // that the expressions are about, and this instance holds
	Bars       int `json:"bars"`       // candles of each at most
	Partitions int `json:"partitions"` // that this instance holds
}

// add counts another timeframe.
func (c *coverage) add(o *coverage) {
	c.Series, c.Bars, c.Partitions = c.Series+o.Series, max(c.Bars, o.Bars), max(c.Partitions, o.Partitions)
}

// market is the candles kept of the series of one timeframe, and what they say about each other.
type market struct {
	coverage
	foreign *replay.Foreign
	tapes   []history.Tape // by symbol
}

// marketQuestion is what a market is made for.
type marketQuestion struct {
	timeframe candle.Timeframe // of the series
	as        candle.Timeframe // that they are put together to
	needs     []*plan.Need     // of other series, on that one; what one of them needs itself stands before it
	focus     int64            // open time of the bar that is explained, 0 for none
	wanted    func(candle.Series) bool
}

// market copies the candles of the series that are wanted, and of those that these need, and has them compared. The
// engines are held up for the copies only. Done gives back its room.
func (s *Server) market(ctx context.Context, q marketQuestion) (m *market, done func(), err error) {
	if err := s.markets.Acquire(ctx, 1); err != nil {
		return nil, nil, err
	}
	done = func() { s.markets.Release(1) }
	if m, err = s.copyMarket(ctx, q); err != nil {
		done()
		return nil, nil, err
	}
	return m, done, nil
}

func (s *Server) copyMarket(ctx context.Context, q marketQuestion) (*market, error) {
	m := &market{}
	patterns, all := replay.ReadFor(&history.Data{}, q.needs)
	about := func(symbol string) bool {
		return all || slices.ContainsFunc(patterns, func(p string) bool { return stream.SymbolMatches(p, symbol) })
	}
	keys, err := s.keys(ctx, func(key candle.Series) bool {
		return key.Timeframe == q.timeframe && (about(key.Symbol) || q.wanted(key))
	})
	if err != nil {
		return nil, err
	}
	if err := s.visit(ctx, func(live.View) { m.Partitions++ }); err != nil {
		return nil, err
	}
	most := marketMax / max(1, len(keys))
	err = s.eachKept(ctx, keys, func(one keptSeries) error {
		candles := one.candles[max(0, len(one.candles)-most):]
		if q.as != q.timeframe {
			candles = putTogether(candles, q.as)
		}
		if about(one.key.Symbol) {
			m.Series, m.Bars = m.Series+1, max(m.Bars, len(candles))
		}
		m.tapes = append(m.tapes, history.Tape{
			Key: candle.Series{Symbol: one.key.Symbol, Timeframe: q.as}, Block: *blockOf(candles),
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.tapes = slices.DeleteFunc(m.tapes, func(t history.Tape) bool { return t.Block.Len() == 0 })
	m.foreign, err = replay.NewForeign(
		ctx, &replay.Job{
			Data: history.Data{Memory: m.tapes}, Workers: 1, Admission: s.cfg.Admission, Focus: q.focus,
		},
		q.needs, func(candle.Timeframe) []*plan.Need { return q.needs },
	)
	return m, err
}

// find returns the candles of a series, nil for none.
func (m *market) find(symbol string) *history.Tape {
	for i := range m.tapes {
		if m.tapes[i].Key.Symbol == symbol {
			return &m.tapes[i]
		}
	}
	return nil
}

// give adds the columns of other series to the candles of one.
func (m *market) give(t *history.Tape, needs []*plan.Need) (err error) {
	t.Block.Foreign, err = m.foreign.Columns(t.Key, needs, &t.Block)
	return err
}
