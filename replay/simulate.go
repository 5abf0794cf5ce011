package replay

import (
	"streamd/candle"
	"streamd/stream"
)

// Run is what the rules made of the signals of one series: the trades, and the
// worth of cash and position at the close of every bar.
type Run struct {
	Trades  []Trade
	Equity  []float64
	Exposed int     // bars within which a position was held
	Traded  float64 // value of all fills
}

// Simulate trades one series. Entries and exits hold a condition for each bar:
// what is true at the close of a bar is done at the open of the next. A position
// that is open at the end is closed at the last close. The rules must have passed
// Check, and size by nothing that is an expression.
func Simulate(r *TradingRules, symbol string, b *stream.Block, entries, exits []bool) *Run {
	m := &market{symbol: symbol, Block: b, breaks: findBreaks(b, candle.Timeframe{})}
	return simulate(r, m, signals{entries: entries, exits: exits})
}

// signals are what a market's formulas say, bar by bar.
type signals struct {
	entries, exits []bool
	distance       []float64 // of TradingRules.RiskDistance; nil without
	rank           []float64 // of TradingRules.Rank; nil without
}

// part returns the signals of the bars from i to j.
func (s signals) part(i, j int) signals {
	own := signals{entries: s.entries[i:j], exits: s.exits[i:j]}
	if s.distance != nil {
		own.distance = s.distance[i:j]
	}
	return own
}

// distanceAt is the distance for a position that bar i called for.
func (s *signals) distanceAt(i int) float64 {
	if s.distance == nil {
		return 0
	}
	return s.distance[i]
}

func simulate(r *TradingRules, m *market, s signals) *Run {
	u := &purse{cash: r.Cash}
	p := &position{rules: r, purse: u, market: m}
	run := &Run{Equity: make([]float64, m.Len())}
	for i := range m.Len() {
		if p.units > 0 {
			if p.cross(i); p.units == 0 {
				run.Equity[i-1] = u.cash
			}
		}
		if p.units > 0 {
			p.opened(i, s.exits[i-1])
		}
		if p.units == 0 && i > 0 && s.entries[i-1] {
			price := m.Open[i]
			fill := price * (1 + p.direction()*r.Slippage)
			if n := r.units(u.cash, u.cash, fill, s.distanceAt(i-1)); n > 0 {
				p.enter(i, price, n)
			}
		}
		if p.units > 0 {
			run.Exposed++
			p.during(i)
		}
		if p.units > 0 && i == m.Len()-1 {
			p.exit(i, p.worse(m.Close[i]), ExitEnd)
		}
		run.Equity[i] = u.cash + p.direction()*p.units*m.Close[i]
	}
	run.Trades, run.Traded = u.trades, u.traded
	return run
}

// holding is the equity of all cash in a position from the first open to the last close.
// It is held over splits at the nearest whole ratio, unless they are ignored.
func holding(rules *TradingRules, m *market) []float64 {
	r := &TradingRules{
		Side: Long, Cash: rules.Cash, Size: 1, Fee: rules.Fee, Slippage: rules.Slippage, Splits: SplitsAdjust,
	}
	if rules.Splits == SplitsIgnore {
		r.Splits = SplitsIgnore
	}
	u := &purse{cash: r.Cash}
	p := &position{rules: r, purse: u, market: m}
	equity := make([]float64, m.Len())
	if n := r.units(u.cash, u.cash, m.Open[0]*(1+r.Slippage), 0); n > 0 {
		p.enter(0, m.Open[0], n)
	}
	for i := range equity {
		if p.units > 0 && i > 0 {
			p.cross(i)
		}
		if p.units > 0 {
			p.during(i)
		}
		if p.units > 0 && i == len(equity)-1 {
			p.exit(i, p.worse(m.Close[i]), ExitEnd)
		}
		equity[i] = u.cash + p.units*m.Close[i]
	}
	return equity
}
