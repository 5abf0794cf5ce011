package replay

import (
	"math"
	"slices"
	"time"

	"streamd/stream"
)

// market is one series that is traded, with the breaks in it.
type market struct {
	*stream.Block
	symbol string
	breaks breaks
}

// purse is the money of an account, the positions that it holds, and its trades.
type purse struct {
	cash   float64
	held   []*position
	trades []Trade
	traded float64 // value of all fills
}

// equity is what the account is worth at the last prices seen.
func (u *purse) equity() float64 { return u.without(nil) }

// free is what of the equity is in no position.
func (u *purse) free() float64 {
	free := u.equity()
	for _, p := range u.held {
		free -= p.units * p.mark
	}
	return free
}

// without is the equity without a position.
func (u *purse) without(p *position) float64 {
	sum := u.cash
	for _, q := range u.held {
		if q != p {
			sum += q.direction() * q.units * q.mark
		}
	}
	return sum
}

// position is what an account holds of one market, if it holds any.
type position struct {
	rules  *TradingRules
	purse  *purse
	market *market

	units     float64 // 0 while there is no position
	entry     float64 // price
	entered   int     // bar
	paid      float64 // what the entry took from the cash; short positions bring
	best      float64 // close so far, for the trail
	high, low float64 // while held
	bar       int     // the newest one
	mark      float64 // the last price seen
	fees      float64
	slippage  float64
	splits    int
	holes     int
}

// direction is 1 for long and -1 for short.
func (p *position) direction() float64 {
	if p.rules.Side == Short {
		return -1
	}
	return 1
}

// enter buys, or sells short, so many units at a price of bar i.
func (p *position) enter(i int, price, units float64) {
	r, d := p.rules, p.direction()
	fill := price * (1 + d*r.Slippage)
	*p = position{rules: r, purse: p.purse, market: p.market, units: units, entry: fill}
	p.entered, p.bar, p.mark = i, i, price
	p.best, p.high, p.low = fill, fill, fill
	p.fees, p.slippage = units*fill*r.Fee, units*price*r.Slippage
	p.paid = units * fill * (d + r.Fee)
	p.purse.cash -= p.paid
	p.purse.traded += units * fill
	p.purse.held = append(p.purse.held, p)
}

// cross takes the position over the break before bar i, if there is one.
func (p *position) cross(i int) {
	kind := p.market.breaks.at(i)
	if kind&breakHole != 0 {
		p.holes++
	}
	if kind&breakSplit == 0 {
		return
	}
	p.splits++
	switch last := p.market.Close[i-1]; p.rules.Splits {
	case SplitsAdjust:
		f := splitFactor(last, p.market.Open[i])
		p.units *= f
		for _, price := range [...]*float64{&p.entry, &p.best, &p.high, &p.low, &p.mark} {
			*price /= f
		}
	case SplitsStop:
		p.exit(i-1, p.worse(last), ExitSplit)
	}
}

// opened does what is due at the open of bar i.
func (p *position) opened(i int, signal bool) {
	p.bar, p.mark = i, p.market.Open[i]
	switch {
	case signal:
		p.exit(i, p.worse(p.mark), ExitSignal)
	case p.rules.BarsMax > 0 && i-p.entered >= p.rules.BarsMax:
		p.exit(i, p.worse(p.mark), ExitBarsMax)
	}
}

// during checks stop, trail, target and ruin against bar i. A bar that opens beyond one
// fills at its open; of those that lie within, the worst is taken to come first, since a
// bar does not say which did.
func (p *position) during(i int) {
	d, m := p.direction(), p.market
	stop, reason := p.stop()
	target := math.NaN()
	if p.rules.Target > 0 {
		target = p.entry * (1 + d*p.rules.Target)
	}
	worst, best := m.Low[i], m.High[i]
	if d < 0 {
		worst, best = best, worst
	}
	switch open := m.Open[i]; {
	case d*open <= d*stop:
		p.exit(i, p.worse(open), reason)
		return
	case d*open >= d*target:
		p.exit(i, open, ExitTarget)
		return
	case d*worst <= d*stop:
		p.reach(stop)
		p.exit(i, p.worse(stop), reason)
		return
	case d*best >= d*target:
		p.reach(worst)
		p.exit(i, target, ExitTarget)
		return
	}
	p.reach(worst)
	p.reach(best)
	p.mark = m.Close[i]
	if d*p.mark > d*p.best {
		p.best = p.mark
	}
}

// stop returns the nearest of stop, trail and ruin, NaN where there is none.
func (p *position) stop() (level float64, reason ExitReason) {
	d := p.direction()
	level, reason = p.ruin(), ExitMarginCall
	nearer := func(other float64, r ExitReason) {
		if !(d*level >= d*other) {
			level, reason = other, r
		}
	}
	if p.rules.Stop > 0 {
		nearer(p.entry*(1-d*p.rules.Stop), ExitStop)
	}
	if p.rules.Trail > 0 {
		nearer(p.best*(1-d*p.rules.Trail), ExitTrail)
	}
	return level, reason
}

// ruin returns the price at which closing the position leaves the account worth nothing,
// NaN where no price does.
func (p *position) ruin() float64 {
	rest := p.purse.without(p)
	switch {
	case p.rules.Side == Short:
		return rest / (p.units * (1 + p.rules.Fee))
	case rest <= dust*p.rules.Cash:
		return max(0, -rest/(p.units*(1-p.rules.Fee)))
	}
	return math.NaN()
}

// worse is the price of a fill in the market that closes the position.
func (p *position) worse(price float64) float64 {
	return price * (1 - p.direction()*p.rules.Slippage)
}

// reach notes a price that the position saw.
func (p *position) reach(price float64) {
	p.high, p.low = max(p.high, price), min(p.low, price)
}

// exit closes the position at a price of bar i. If that leaves the account worth nothing,
// it is a margin call: the loss ends with what there was, and with it all else is closed.
func (p *position) exit(i int, price float64, reason ExitReason) {
	d, r, u := p.direction(), p.rules, p.purse
	got := p.units * price * (d - r.Fee)
	if rest := u.without(p); rest+got <= dust*r.Cash {
		got, reason = -rest, ExitMarginCall
	}
	u.cash += got
	p.reach(price)
	u.traded += p.units * price
	p.fees += p.units * price * r.Fee
	if reason != ExitTarget {
		p.slippage += p.units * math.Abs(price-price/(1-d*r.Slippage))
	}
	pnl := got - p.paid
	against, favour := p.entry-p.low, p.high-p.entry
	if d < 0 {
		against, favour = favour, against
	}
	u.trades = append(u.trades, Trade{
		Symbol: p.market.symbol, Side: r.Side, Size: p.units,
		EntryTime: time.Unix(0, p.market.Time[p.entered]).UTC(), EntryPrice: p.entry,
		ExitTime: time.Unix(0, p.market.Time[i]).UTC(), ExitPrice: price,
		PnL: pnl, Return: pnl / (p.units * p.entry), Bars: i - p.entered, ExitReason: reason,
		MAE: against / p.entry, MFE: favour / p.entry, Fees: p.fees, Slippage: p.slippage,
		Splits: p.splits, Holes: p.holes,
	})
	p.units = 0
	u.held = slices.DeleteFunc(u.held, func(q *position) bool { return q == p })
	if reason == ExitMarginCall {
		for len(u.held) > 0 {
			q := u.held[0]
			q.exit(q.bar, q.worse(q.mark), ExitMarginCall)
		}
		u.cash = 0
	}
}
