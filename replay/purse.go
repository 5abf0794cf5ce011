package replay

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"streamd/candle"
)

// portfolioBarsMax is how many bars a portfolio of one purse may hold in memory: 5 GB.
const portfolioBarsMax = 100_000_000

// trader is a market of a portfolio, with its signals and its position.
type trader struct {
	market
	signals
	position position
	next     int // first bar that has not been traded
}

// fromOnePurse trades all markets together.
func (b *Backtest) fromOnePurse(a *Accounts, keys []candle.Series) {
	var all []*trader
	for _, key := range keys {
		all = append(all, a.own[key].trader)
	}
	whole := tradeTogether(a.rules, all)
	for i := range whole.trades {
		symbol := whole.trades[i].Symbol
		b.Symbols[symbol].Trades = append(b.Symbols[symbol].Trades, whole.trades[i])
	}
	for _, o := range b.Symbols {
		own := account{cash: a.rules.Cash, trades: o.Trades}
		o.Stats = own.stats()
	}
	b.finish(whole)
}

// tradeTogether trades the markets, which are in the order of their symbols, from one
// purse. At every time the markets that have a bar do what is due at its open, all exits
// before any entry; then stops and targets are checked one market after the other.
func tradeTogether(rules *TradingRules, markets []*trader) *account {
	own := *rules
	if own.PositionsMax == 0 {
		own.PositionsMax = max(1, len(markets))
	}
	u := &purse{cash: own.Cash}
	a := &account{cash: own.Cash, times: allTimes(markets)}
	a.equity = make([]float64, len(a.times))
	for _, t := range markets {
		t.position = position{rules: &own, purse: u, market: &t.market}
	}
	due := make([]*trader, 0, len(markets))
	for k, now := range a.times {
		due = due[:0]
		for _, t := range markets {
			if t.next < t.Len() && t.Time[t.next] == now {
				due = append(due, t)
			}
		}
		tradeBar(&own, u, due, &a.exposed)
		a.equity[k] = u.equity()
	}
	a.trades, a.traded, a.bars = u.trades, u.traded, len(a.times)
	a.held = heldTogether(rules, markets, a.times)
	sortTrades(a.trades)
	return a
}

// tradeBar trades the bars of one time.
func tradeBar(rules *TradingRules, u *purse, due []*trader, exposed *int) {
	for _, t := range due {
		if t.position.units > 0 {
			t.position.cross(t.next)
		}
		if t.position.units > 0 {
			t.position.bar, t.position.mark = t.next, t.Open[t.next]
		}
	}
	for _, t := range due {
		if t.position.units > 0 {
			t.position.opened(t.next, t.exits[t.next-1])
		}
	}
	enterRanked(rules, u, due)
	if len(u.held) > 0 {
		*exposed++
	}
	for _, t := range due {
		if t.position.units > 0 {
			t.position.during(t.next)
		}
		if t.position.units > 0 && t.next == t.Len()-1 {
			t.position.exit(t.next, t.position.worse(t.Close[t.next]), ExitEnd)
		}
	}
	for _, t := range due {
		t.next++
	}
}

// enterRanked opens positions on the signals of the bars before, the greatest rank first
// and what has none last, until the places or the money are taken.
func enterRanked(rules *TradingRules, u *purse, due []*trader) {
	var called []*trader
	for _, t := range due {
		if i := t.next; i > 0 && t.entries[i-1] && t.position.units == 0 {
			called = append(called, t)
		}
	}
	if len(called) == 0 {
		return
	}
	slices.SortStableFunc(called, func(a, b *trader) int { return compareRanks(a.rankNow(), b.rankNow()) })
	equity := u.equity()
	for _, t := range called {
		if len(u.held) >= rules.PositionsMax {
			return
		}
		price := t.Open[t.next]
		fill := price * (1 + t.position.direction()*rules.Slippage)
		if n := rules.units(equity, u.free(), fill, t.distanceAt(t.next-1)); n > 0 {
			t.position.enter(t.next, price, n)
		}
	}
}

// rankNow is the rank of the market on the bar of the signal, NaN without.
func (t *trader) rankNow() float64 {
	if t.rank == nil {
		return math.NaN()
	}
	return t.rank[t.next-1]
}

// compareRanks orders the greatest first and NaN last.
func compareRanks(a, b float64) int {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return cmp.Compare(boolInt(math.IsNaN(a)), boolInt(math.IsNaN(b)))
	default:
		return cmp.Compare(b, a)
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// allTimes returns the times at which any market has a bar.
func allTimes(markets []*trader) []int64 {
	var times []int64
	for _, t := range markets {
		times = append(times, t.Time...)
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// heldTogether is the equity of buying every market for an equal part of the cash.
func heldTogether(rules *TradingRules, markets []*trader, times []int64) []float64 {
	share := *rules
	share.Cash /= float64(max(1, len(markets)))
	parts := make([]*account, len(markets))
	for i, t := range markets {
		parts[i] = &account{cash: share.Cash, times: t.Time, held: holding(&share, &t.market)}
	}
	return sumOver(times, parts, func(a *account) []float64 { return a.held })
}

// tradable returns the series that are traded, in their order. A symbol with series
// of several timeframes is not.
func tradable(accounts map[candle.Series]*account, errs map[string]error) []candle.Series {
	var keys []candle.Series
	for key := range accounts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareSeries)
	for _, symbol := range twice(keys) {
		errs[symbol] = ErrTwice
	}
	return slices.DeleteFunc(keys, func(key candle.Series) bool { return errors.Is(errs[key.Symbol], ErrTwice) })
}
