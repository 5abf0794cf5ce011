package history

import (
	"bytes"

	"streamd/candle"
	"streamd/stream"
)

// collector sorts candles by series and keeps them: 48 bytes each. It serves
// inputs that cannot be read by series.
type collector struct {
	data   *Data
	c      contents
	places map[candle.Timeframe]map[string]int // in c.keys
	line   int                                 // of the candle at hand; 0 where lines are not counted

	symbol    []byte // of the last candle, mostly the next one's
	timeframe candle.Timeframe
	place     int // of it, below 0 for none
}

func newCollector(d *Data) *collector {
	return &collector{data: d, places: map[candle.Timeframe]map[string]int{}}
}

// add keeps a candle, or counts it as skipped.
func (c *collector) add(symbol []byte, tf candle.Timeframe, bar *candle.Candle) {
	b := c.block(symbol, tf)
	if b == nil && c.place != placeElsewhere {
		return
	}
	if bar.Check() != nil && !mended(bar) {
		c.leave(reasonNoCandle)
		return
	}
	if b == nil {
		return
	}
	b.Append(*bar)
	if c.line > 0 {
		c.c.held[c.place].lines.add(c.line)
	}
}

// leave notes that the row at hand is left out.
func (c *collector) leave(reason string) { c.c.left = leaveOut(c.c.left, reason, 1, c.line) }

// form keeps a candle that is still forming, the newest of its series.
func (c *collector) form(symbol []byte, tf candle.Timeframe, bar candle.Candle) {
	if b := c.block(symbol, tf); b == nil || bar.Check() != nil {
		return
	}
	if p := &c.c.held[c.place]; p.forming == nil || p.forming.Time <= bar.Time {
		p.forming = &bar
	}
}

// block returns where the candles of a series go, nil when they are not kept.
func (c *collector) block(symbol []byte, tf candle.Timeframe) *stream.Block {
	if c.symbol == nil || !bytes.Equal(symbol, c.symbol) || tf != c.timeframe {
		c.symbol = append(c.symbol[:0], symbol...)
		c.timeframe = tf
		c.place = c.find(symbol, tf)
	}
	if c.place == placeBad {
		c.leave(reasonSymbol)
	}
	if c.place < 0 {
		return nil
	}
	return &c.c.held[c.place].block
}

// The places of candles that are not kept.
const (
	placeUnwanted  = -1
	placeBad       = -2 // a symbol that is none
	placeElsewhere = -3 // in another shard
)

func (c *collector) find(symbol []byte, tf candle.Timeframe) int {
	byName := c.places[tf]
	if i, ok := byName[string(symbol)]; ok {
		return i
	}
	if candle.CheckSymbol(symbol) != nil {
		return placeBad
	}
	name := string(symbol)
	if byName == nil {
		byName = map[string]int{}
		c.places[tf] = byName
	}
	byName[name] = placeUnwanted
	switch {
	case !c.data.wants(name):
	case !c.data.Shard.Has(name):
		byName[name], c.c.elsewhere = placeElsewhere, true
	default:
		byName[name] = len(c.c.keys)
		c.c.keys = append(c.c.keys, candle.Series{Symbol: name, Timeframe: tf})
		c.c.held = append(c.c.held, part{})
	}
	return byName[name]
}
