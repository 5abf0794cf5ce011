package stream

import (
	"errors"
	"fmt"
	"sync/atomic"

	"streamd/candle"
)

// Budget is memory that the series of several engines share. It is safe for concurrent
// use; a nil Budget has no limit.
type Budget struct {
	limit int64 // bytes
	used  atomic.Int64
}

// NewBudget returns a budget of so many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{limit: bytes} }

// Limit returns the bytes that the budget has.
func (b *Budget) Limit() int64 { return b.limit }

// Used returns the bytes that series take.
func (b *Budget) Used() int64 { return b.used.Load() }

// room reports whether there is room for so many bytes.
func (b *Budget) room(bytes int64) bool { return b == nil || b.used.Load()+bytes <= b.limit }

func (b *Budget) add(bytes int64) {
	if b != nil {
		b.used.Add(bytes)
	}
}

// ErrOverBudget says that the state of series needs more memory than the budget has.
var ErrOverBudget = errors.New("stream: the state of the series needs more memory than there may be")

// Estimate reckons what series take under rules. Of rules that come of one another it looks only at the series whose
// formulas are other ones than before.
type Estimate struct {
	env *environment
	of  map[candle.Series]estimated
}

type estimated struct {
	own, general *group
	bytes        int64
}

// Need returns the bytes that series take under the rules: their candles and the memory of
// all indicators. The keys stand for all that there are.
func (x *Estimate) Need(r *Rules, keys []candle.Series, count int, o Options) int64 {
	if len(keys) == 0 {
		return 0
	}
	var e *Engine
	now, bytes := make(map[candle.Series]estimated, len(keys)), int64(0)
	for _, key := range keys {
		own, _ := r.bySymbol.get(key.Symbol)
		one, known := x.of[key]
		if !known || x.env != r.env || one.own != own || one.general != r.general {
			if e == nil {
				e = New(r, o)
			}
			one = estimated{own, r.general, e.bytesOf(e.program(key))}
		}
		now[key], bytes = one, bytes+one.bytes
	}
	x.env, x.of = r.env, now
	return bytes / int64(len(keys)) * int64(count)
}

const (
	candleBytes = 48
	seriesBytes = 1 << 10 // of what a series has beside candles, columns and triggers
	ruleBytes   = 48      // of the triggers of a formula
)

// bytesOf is about what a series of the program takes.
func (e *Engine) bytesOf(p *program) int64 {
	bytes := seriesBytes + 8*p.plan.SlabLen() + ruleBytes*len(p.rules)
	if !e.options.Bare {
		bytes += candleBytes * e.options.Buffer
	}
	return int64(bytes)
}

// account notes what a series takes now.
func (e *Engine) account(s *SeriesState, bytes int64) {
	e.options.Budget.add(bytes - s.bytes)
	s.bytes = bytes
}

// Release gives the memory of all series back to the budget. The engine must not be used afterwards.
func (e *Engine) Release() {
	e.All(func(s *SeriesState) { e.account(s, 0) })
}

// admit reports whether a series that the engine does not have may begin with a candle:
// Applied, or why not. Where there is no place series make some that have ended long ago.
func (e *Engine) admit(key candle.Series, time, offset int64) Verdict {
	v := e.place(key)
	if v != Applied && e.expire(time, offset) {
		v = e.place(key)
	}
	return v
}

func (e *Engine) place(key candle.Series) Verdict {
	switch {
	case e.count >= e.options.SeriesMax:
		return TooManySeries
	case e.options.Budget != nil && !e.options.Budget.room(e.bytesOf(e.program(key))):
		return OverBudget
	}
	return Applied
}

// roomFor returns an error where a series that is restored has no room.
func (e *Engine) roomFor(key candle.Series) error {
	b := e.options.Budget
	if b == nil {
		return nil
	}
	if need := e.bytesOf(e.program(key)); !b.room(need) {
		return fmt.Errorf("%w: %d MB are in use of %d MB, series %s needs %d kB", ErrOverBudget, b.Used()>>20,
			b.limit>>20, key, need>>10)
	}
	return nil
}
