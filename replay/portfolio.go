package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"
)

// Outcome is a backtest of one symbol, or of all: the portfolio is the sum of
// the symbols' equities.
type Outcome struct {
	Trades []Trade       `json:"trades"`
	Equity []EquityPoint `json:"equity"`
	Stats  Stats         `json:"stats"`
}

// EquityPoint is the worth of an account at the close of a bar.
type EquityPoint struct {
	Timestamp time.Time `json:"timestamp"`
	Equity    float64   `json:"equity"`
}

// Backtest is the outcome of all symbols and of each.
type Backtest struct {
	Outcome
	Symbols map[string]*Outcome `json:"symbols"`
	Errors  map[string]string   `json:"errors"`

	held    []float64                // equity of buying and holding, beside Equity
	candles map[string]*stream.Block // where the job keeps them
}

// ErrTwice is the error of a symbol with series of several timeframes: a
// backtest trades a symbol on one.
var ErrTwice = errors.New("several timeframes: choose one with --timeframe")

// RunBacktest trades the signals of the job's formulas over its history: those
// of the type ENTRY open a position, those of the type EXIT close it. They are
// the engine's, and so the ones that live would give.
func RunBacktest(ctx context.Context, j *Job, rules *Rules) (*Backtest, history.Report, error) {
	if err := rules.Check(); err != nil {
		return nil, history.Report{}, err
	}
	own := *j
	own.signalsOnly = true
	workers, err := newScanners(&own)
	if err != nil {
		return nil, history.Report{}, err
	}
	var mu sync.Mutex
	accounts := map[candle.Series]*account{}
	errs := map[string]error{}
	report, err := Each(ctx, &own, func(ctx context.Context, worker int, t *history.Tape) {
		a, err := workers[worker].trade(ctx, rules, t)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			errs[t.Key.Symbol] = err
			return
		}
		accounts[t.Key] = a
	})
	if err != nil {
		return nil, report, err
	}
	return gather(rules, accounts, errs), report, nil
}

// trade runs one series: its signals, then the account.
func (s *scanner) trade(ctx context.Context, rules *Rules, t *history.Tape) (*account, error) {
	r := s.scan(ctx, t)
	if r.Err != nil {
		return nil, r.Err
	}
	b := t.Range()
	n := b.Len()
	entries, exits := make([]bool, n), make([]bool, n)
	eachMatch(b.Time, r.Matches, func(bar int, m *stream.Match) {
		switch m.Formula().Signal {
		case stream.Entry:
			entries[bar] = true
		case stream.Exit:
			exits[bar] = true
		}
	})
	run := Simulate(rules, t.Key.Symbol, &b, entries, exits)
	return &account{
		cash: rules.Cash, times: slices.Clone(b.Time), equity: run.Equity, trades: run.Trades,
		traded: run.Traded, exposed: run.Exposed, bars: n, held: holding(rules, &b),
		candles: s.keep(&b),
	}, nil
}

// keep returns a copy of the candles for a report, nil where there is none.
func (s *scanner) keep(whole *stream.Block) *stream.Block {
	if !s.job.KeepCandles {
		return nil
	}
	b := whole.Slice(max(0, whole.Len()-reportBarsMax-1), whole.Len())
	b = b.Clone()
	return &b
}

// holding is the equity of all cash in a position from the first open to the
// last close.
func holding(rules *Rules, b *stream.Block) []float64 {
	r := &Rules{Side: Long, Cash: rules.Cash, Size: 1, Fee: rules.Fee, Slippage: rules.Slippage}
	s := simulation{rules: r, b: b, cash: r.Cash, run: &Run{Equity: make([]float64, b.Len())}}
	s.enter(0, s.buy(b.Open[0]))
	for i := range b.Len() {
		if i == b.Len()-1 && s.units > 0 {
			s.exit(i, s.sell(b.Close[i]), ExitEnd)
		}
		s.close(i)
	}
	return s.run.Equity
}

// gather makes the outcomes of the symbols and of the portfolio.
func gather(rules *Rules, accounts map[candle.Series]*account, errs map[string]error) *Backtest {
	b := &Backtest{Symbols: map[string]*Outcome{}, Errors: map[string]string{}, candles: map[string]*stream.Block{}}
	var keys []candle.Series
	for key := range accounts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareSeries)
	for _, symbol := range twice(keys) {
		errs[symbol] = ErrTwice
	}
	var own []*account
	for _, key := range keys {
		if errors.Is(errs[key.Symbol], ErrTwice) {
			continue
		}
		b.Symbols[key.Symbol] = accounts[key].outcome()
		if c := accounts[key].candles; c != nil && len(b.candles) < reportChartsMax {
			b.candles[key.Symbol] = c
		}
		own = append(own, accounts[key])
	}
	whole := portfolio(rules.Cash, own)
	b.Outcome, b.held = *whole.outcome(), whole.held
	for symbol, err := range errs {
		b.Errors[symbol] = fmt.Sprint(err)
	}
	return b
}

// twice returns the symbols that have several series, of sorted keys.
func twice(keys []candle.Series) []string {
	var symbols []string
	for i := 1; i < len(keys); i++ {
		if keys[i].Symbol == keys[i-1].Symbol {
			symbols = append(symbols, keys[i].Symbol)
		}
	}
	return slices.Compact(symbols)
}

func (a *account) outcome() *Outcome {
	o := &Outcome{Trades: a.trades, Equity: make([]EquityPoint, len(a.times)), Stats: a.stats()}
	if o.Trades == nil {
		o.Trades = []Trade{}
	}
	for i, t := range a.times {
		o.Equity[i] = EquityPoint{Timestamp: time.Unix(0, t).UTC(), Equity: a.equity[i]}
	}
	return o
}

// portfolio adds accounts up: at every time that any of them has, each counts
// with its latest equity, or its cash before its first bar.
func portfolio(cash float64, accounts []*account) *account {
	p := &account{cash: cash * float64(len(accounts))}
	if len(accounts) == 0 {
		p.cash = cash
	}
	for _, a := range accounts {
		p.times = append(p.times, a.times...)
		p.trades = append(p.trades, a.trades...)
		p.traded += a.traded
		p.exposed += a.exposed
		p.bars += a.bars
	}
	slices.Sort(p.times)
	p.times = slices.Compact(p.times)
	p.equity, p.held = make([]float64, len(p.times)), make([]float64, len(p.times))
	for _, a := range accounts {
		equity, held, next := a.cash, a.cash, 0
		for i, t := range p.times {
			if next < len(a.times) && a.times[next] == t {
				equity, held = a.equity[next], a.held[next]
				next++
			}
			p.equity[i] += equity
			p.held[i] += held
		}
	}
	slices.SortStableFunc(p.trades, func(a, b Trade) int {
		if c := a.EntryTime.Compare(b.EntryTime); c != 0 {
			return c
		}
		return a.ExitTime.Compare(b.ExitTime)
	})
	return p
}
