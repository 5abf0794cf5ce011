package topics

import "streamd/candle"

// Closer closes the bars of a feed that does not say which version of a bar is the last one:
// the newest before a later bar opens. It is for reading history; live, the engine does it
// (stream.Options.ClosedByNext), whose records hold the version that waits.
type Closer struct {
	waiting map[candle.Series]candle.Candle
}

// Take is given the candles of a partition in their order. It returns the bar that one closes,
// and whether there is one; a candle that is older than the bar that forms comes back itself.
func (c *Closer) Take(m *candle.Message) (closed candle.Candle, ok bool) {
	if c.waiting == nil {
		c.waiting = map[candle.Series]candle.Candle{}
	}
	key := candle.Series{Symbol: string(m.Symbol), Timeframe: m.Timeframe}
	before, known := c.waiting[key]
	if known && m.Candle.Time < before.Time {
		return m.Candle, true
	}
	c.waiting[key] = m.Candle
	return before, known && m.Candle.Time > before.Time
}
