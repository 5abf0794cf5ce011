package web

import (
	"context"
	"slices"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
)

// lookAmong computes all series of each timeframe of which any has a new candle: what series say about each other
// changes with every one of them.
func (s *Server) lookAmong(ctx context.Context, c *screen, stale []*screened) error {
	var frames []candle.Timeframe
	for _, row := range stale {
		if !slices.Contains(frames, row.key.Timeframe) {
			frames = append(frames, row.key.Timeframe)
		}
	}
	c.looked, c.pending = time.Now(), len(stale)
	if len(frames) > 0 {
		c.covered = coverage{}
	}
	for _, tf := range frames {
		if err := s.compareAll(ctx, c, tf); err != nil {
			return err
		}
	}
	c.pending, c.took = 0, time.Since(c.looked)
	return nil
}

// compareAll computes the series of a timeframe.
func (s *Server) compareAll(ctx context.Context, c *screen, tf candle.Timeframe) error {
	var needs, below []*plan.Need
	if e := c.evaluator(tf); e != nil {
		needs, below = e.Needs(), e.NeedsBelow()
	}
	m, done, err := s.market(ctx, marketQuestion{
		timeframe: tf, as: tf, needs: below, wanted: func(key candle.Series) bool { return key.Timeframe == tf },
	})
	if err != nil {
		return err
	}
	defer done()
	c.covered.add(&m.coverage)
	for i := range m.tapes {
		t := &m.tapes[i]
		if c.rows[t.Key] == nil {
			continue // it came just now
		}
		if err := m.give(t, needs); err != nil {
			return err
		}
		if err := c.compute(ctx, t.Key, &t.Block); err != nil {
			return err
		}
	}
	return nil
}
