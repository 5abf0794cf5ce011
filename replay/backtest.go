package replay

import (
	"fmt"
	"math"
	"time"

	"streamd/stream"
)

// Side is the direction of a position.
type Side string

// The sides of a position.
const (
	Long  Side = "long"
	Short Side = "short"
)

// Rules say how signals become trades. Fractions are of 1: a stop of 5 % is
// 0.05; 0 switches stop, target, trail and the limit of bars off.
type Rules struct {
	Side     Side
	Cash     float64 // of each symbol at the start
	Size     float64 // share of the cash that a trade takes, 0 to 1, unless Amount is set
	Amount   float64 // fixed sum of money that a trade takes, as far as the cash goes
	Fee      float64 // of the value, on both sides
	Slippage float64 // by which market and stop fills are worse
	Stop     float64 // loss from the entry price
	Target   float64 // gain from the entry price
	Trail    float64 // loss from the best close so far
	BarsMax  int     // bars after the entry's at whose open the position is closed
}

// Check reports the first rule out of its limits.
func (r *Rules) Check() error {
	switch {
	case r.Side != Long && r.Side != Short:
		return fmt.Errorf("replay: side %q is none of long, short", r.Side)
	case !(r.Cash > 0) || math.IsInf(r.Cash, 0):
		return fmt.Errorf("replay: cash %v is not above 0", r.Cash)
	case r.Amount == 0 && !(r.Size > 0 && r.Size <= 1):
		return fmt.Errorf("replay: size %v is not within 0 to 100 %%", r.Size)
	case !(r.Amount >= 0) || math.IsInf(r.Amount, 0):
		return fmt.Errorf("replay: size %v is below 0", r.Amount)
	case r.BarsMax < 0:
		return fmt.Errorf("replay: %d bars at most is below 0", r.BarsMax)
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"fee", r.Fee}, {"slippage", r.Slippage}, {"stop", r.Stop}, {"trail", r.Trail}} {
		if !(f.value >= 0 && f.value < 1) {
			return fmt.Errorf("replay: %s %v is not within 0 to 1", f.name, f.value)
		}
	}
	if !(r.Target >= 0) || r.Side == Short && r.Target >= 1 {
		return fmt.Errorf("replay: target %v cannot be reached", r.Target)
	}
	return nil
}

// Reason says what ended a trade.
type Reason string

// The reasons of an exit.
const (
	ExitSignal  Reason = "signal"
	ExitStop    Reason = "stop"
	ExitTarget  Reason = "target"
	ExitTrail   Reason = "trail"
	ExitBarsMax Reason = "max_bars"
	ExitEnd     Reason = "end"
)

// Trade is a position from its entry to its exit. Size is in units, PnL net of
// the fees on both sides, Return the PnL by the value at the entry. MAE and MFE
// are the greatest moves against and for the position while it was held, as
// fractions of the entry price.
type Trade struct {
	Symbol     string    `json:"symbol"`
	Side       Side      `json:"side"`
	EntryTime  time.Time `json:"entry_time"`
	EntryPrice float64   `json:"entry_price"`
	ExitTime   time.Time `json:"exit_time"`
	ExitPrice  float64   `json:"exit_price"`
	Size       float64   `json:"size"`
	PnL        float64   `json:"pnl"`
	Return     float64   `json:"return"`
	Bars       int       `json:"bars"`
	ExitReason Reason    `json:"exit_reason"`
	MAE        float64   `json:"mae"`
	MFE        float64   `json:"mfe"`
}

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
// that is open at the end is closed at the last close.
func Simulate(r *Rules, symbol string, b *stream.Block, entries, exits []bool) *Run {
	s := simulation{rules: r, symbol: symbol, b: b, cash: r.Cash, run: &Run{Equity: make([]float64, b.Len())}}
	for i := range b.Len() {
		s.open(i, i > 0 && entries[i-1], i > 0 && exits[i-1])
		if s.units > 0 {
			s.during(i)
		}
		if s.units > 0 && i == b.Len()-1 {
			s.exit(i, s.sell(b.Close[i]), ExitEnd)
		}
		s.close(i)
	}
	return s.run
}

// simulation is the account of one series, and its position.
type simulation struct {
	rules  *Rules
	symbol string
	b      *stream.Block
	run    *Run
	cash   float64

	units     float64 // 0 while there is no position
	entry     float64 // price
	entered   int     // bar
	paid      float64 // what the entry took from the cash; short positions bring
	best      float64 // close so far, for the trail
	high, low float64 // while held
	touched   bool    // a position was held within the bar
}

// direction is 1 for long and -1 for short.
func (s *simulation) direction() float64 {
	if s.rules.Side == Short {
		return -1
	}
	return 1
}

// buy and sell are the prices at which a position is opened and closed in the
// market: worse by the slippage.
func (s *simulation) buy(price float64) float64 {
	return price * (1 + s.direction()*s.rules.Slippage)
}

func (s *simulation) sell(price float64) float64 {
	return price * (1 - s.direction()*s.rules.Slippage)
}

// open does what is due at the open of bar i: exits first, then entries.
func (s *simulation) open(i int, entry, exit bool) {
	s.touched = false
	price := s.b.Open[i]
	if s.units > 0 {
		switch {
		case exit:
			s.exit(i, s.sell(price), ExitSignal)
		case s.rules.BarsMax > 0 && i-s.entered >= s.rules.BarsMax:
			s.exit(i, s.sell(price), ExitBarsMax)
		}
	}
	if s.units == 0 && entry {
		s.enter(i, s.buy(price))
	}
}

func (s *simulation) enter(i int, price float64) {
	r := s.rules
	money := s.cash * r.Size
	if r.Amount > 0 {
		money = min(s.cash, r.Amount)
	}
	if money <= 0 || price <= 0 {
		return
	}
	s.units = money / (price * (1 + r.Fee))
	s.entry, s.entered, s.best = price, i, price
	s.high, s.low = price, price
	s.paid = s.units * price * (s.direction() + r.Fee)
	s.cash -= s.paid
	s.run.Traded += s.units * price
}

// during checks stop, trail and target against bar i. A bar that opens beyond
// one fills at its open; of those that lie within, the worse is taken to come
// first, since a bar does not say which did.
func (s *simulation) during(i int) {
	s.touched = true
	d, b := s.direction(), s.b
	stop, reason := s.stop()
	target := math.NaN()
	if s.rules.Target > 0 {
		target = s.entry * (1 + d*s.rules.Target)
	}
	worst, best := b.Low[i], b.High[i]
	if d < 0 {
		worst, best = best, worst
	}
	switch open := b.Open[i]; {
	case d*open <= d*stop:
		s.reach(open)
		s.exit(i, s.sell(open), reason)
		return
	case d*open >= d*target:
		s.reach(open)
		s.exit(i, open, ExitTarget)
		return
	case d*worst <= d*stop:
		s.reach(stop)
		s.exit(i, s.sell(stop), reason)
		return
	case d*best >= d*target:
		s.reach(worst)
		s.reach(target)
		s.exit(i, target, ExitTarget)
		return
	}
	s.reach(worst)
	s.reach(best)
	if d*b.Close[i] > d*s.best {
		s.best = b.Close[i]
	}
}

// stop returns the nearer of stop and trail, NaN where there is neither.
func (s *simulation) stop() (float64, Reason) {
	d := s.direction()
	level, reason := math.NaN(), ExitStop
	if s.rules.Stop > 0 {
		level = s.entry * (1 - d*s.rules.Stop)
	}
	if s.rules.Trail > 0 {
		if trail := s.best * (1 - d*s.rules.Trail); !(d*level >= d*trail) {
			level, reason = trail, ExitTrail
		}
	}
	return level, reason
}

// reach notes a price that the position saw.
func (s *simulation) reach(price float64) {
	s.high, s.low = max(s.high, price), min(s.low, price)
}

func (s *simulation) exit(i int, price float64, reason Reason) {
	d, r := s.direction(), s.rules
	got := s.units * price * (d - r.Fee)
	s.cash += got
	s.reach(price)
	s.run.Traded += s.units * price
	pnl := got - s.paid
	against, favour := s.entry-s.low, s.high-s.entry
	if d < 0 {
		against, favour = favour, against
	}
	s.run.Trades = append(s.run.Trades, Trade{
		Symbol: s.symbol, Side: r.Side, Size: s.units,
		EntryTime: time.Unix(0, s.b.Time[s.entered]).UTC(), EntryPrice: s.entry,
		ExitTime: time.Unix(0, s.b.Time[i]).UTC(), ExitPrice: price,
		PnL: pnl, Return: pnl / (s.units * s.entry), Bars: i - s.entered, ExitReason: reason,
		MAE: against / s.entry, MFE: favour / s.entry,
	})
	s.units = 0
}

// close values the account at the close of bar i.
func (s *simulation) close(i int) {
	if s.touched {
		s.run.Exposed++
	}
	s.run.Equity[i] = s.cash + s.direction()*s.units*s.b.Close[i]
}
