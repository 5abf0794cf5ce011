package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"
)

// Outcome is a backtest of one symbol, or of all: the portfolio is the sum of
// the symbols' equities.
type Outcome struct {
	Trades  []Trade       `json:"trades"`
	Equity  []EquityPoint `json:"equity"`
	Stats   Stats         `json:"stats"`
	Monthly []MonthReturn `json:"monthly"`
}

// EquityPoint is the worth of an account at the close of a bar.
type EquityPoint struct {
	Timestamp time.Time `json:"timestamp"`
	Equity    float64   `json:"equity"`
}

// Backtest is the outcome of all symbols and of each. With one purse the equity is that of
// all: the symbols have trades only.
type Backtest struct {
	Outcome
	Symbols map[string]*Outcome `json:"symbols"`
	Errors  map[string]string   `json:"errors"`
	Notes   []string            `json:"notes"` // what a reader of the figures must know

	held    []float64                // equity of buying and holding, beside Equity
	candles map[string]*stream.Block // where the job keeps them
}

// ErrTwice is the error of a symbol with series of several timeframes: a
// backtest trades a symbol on one.
var ErrTwice = errors.New("several timeframes: choose one with --timeframe")

// RunBacktest trades the signals of the job's formulas over its history: those
// of the type ENTRY open a position, those of the type EXIT close it. They are
// the engine's, and so the ones that live would give.
func RunBacktest(ctx context.Context, j *Job, rules *TradingRules) (*Backtest, history.Report, error) {
	all, report, err := TradeSeries(ctx, j, rules)
	if err != nil {
		return nil, report, err
	}
	return all.Backtest(), report, nil
}

// Accounts is what a backtest made of the series, one by one.
type Accounts struct {
	rules *TradingRules
	own   map[candle.Series]*account
	errs  map[string]error
	bars  int // of the markets that trade from one purse
}

func newAccounts(rules *TradingRules) *Accounts {
	return &Accounts{rules: rules, own: map[candle.Series]*account{}, errs: map[string]error{}}
}

// TradeSeries is RunBacktest before the series are taken together.
func TradeSeries(ctx context.Context, j *Job, rules *TradingRules) (*Accounts, history.Report, error) {
	if err := rules.Check(); err != nil {
		return nil, history.Report{}, err
	}
	own := *j
	own.signalsOnly, own.Values = true, rules.expressions()
	workers, err := newScanners(ctx, &own)
	if err != nil {
		return nil, history.Report{}, err
	}
	var mu sync.Mutex
	all := newAccounts(rules)
	report, err := Each(ctx, &own, func(ctx context.Context, worker int, t *history.Tape) {
		a, err := workers[worker].trade(ctx, rules, t)
		mu.Lock()
		defer mu.Unlock()
		all.add(t.Key, a, err)
	})
	return all, report, err
}

// Errors returns the symbols that failed.
func (a *Accounts) Errors() map[string]error { return a.errs }

// add takes in the account of a series, or why there is none.
func (a *Accounts) add(key candle.Series, own *account, err error) {
	if err == nil && own.trader != nil {
		if a.bars += own.trader.Len(); a.bars > portfolioBarsMax {
			err = fmt.Errorf("replay: a portfolio of one purse has at most %d bars", portfolioBarsMax)
		}
	}
	if err != nil {
		a.errs[key.Symbol] = err
		return
	}
	a.own[key] = own
}

// Backtest takes the accounts together.
func (a *Accounts) Backtest() *Backtest {
	keys := tradable(a.own, a.errs)
	b := newBacktest(keys, a.own, a.errs)
	if a.rules.Portfolio {
		b.fromOnePurse(a, keys)
		return b
	}
	var own []*account
	for _, key := range keys {
		own = append(own, a.own[key])
	}
	b.finish(portfolio(a.rules.Cash, own))
	return b
}

// trade runs one series: its signals, then the account, unless all trade from one purse.
func (s *scanner) trade(ctx context.Context, rules *TradingRules, t *history.Tape) (*account, error) {
	m, sig, err := s.signals(ctx, rules, t)
	if err != nil {
		return nil, err
	}
	if rules.Portfolio {
		block := m.Clone()
		m.Block = &block
		return &account{
			cash: rules.Cash, candles: s.keep(m.Block), trader: &trader{market: *m, signals: sig},
		}, nil
	}
	run := simulate(rules, m, sig)
	return &account{
		cash: rules.Cash, times: slices.Clone(m.Time), equity: run.Equity, trades: run.Trades,
		traded: run.Traded, exposed: run.Exposed, bars: m.Len(), held: holding(rules, m), candles: s.keep(m.Block),
	}, nil
}

// signals runs the formulas over one series, and the expressions of size and rank. The
// market is the tape's memory.
func (s *scanner) signals(ctx context.Context, rules *TradingRules, t *history.Tape) (*market, signals, error) {
	r := s.scan(ctx, t)
	if r.Err != nil {
		return nil, signals{}, r.Err
	}
	b := t.Range()
	n := b.Len()
	sig := signals{entries: make([]bool, n), exits: make([]bool, n)}
	eachMatch(b.Time, r.Matches, func(bar int, m *stream.Match) {
		switch m.Formula().Signal {
		case stream.Entry:
			sig.entries[bar] = true
		case stream.Exit:
			sig.exits[bar] = true
		}
	})
	values := r.Values
	if rules.RiskDistance != "" {
		sig.distance, values = values[0], values[1:]
	}
	if rules.Rank != "" {
		sig.rank = values[0]
	}
	m := &market{symbol: t.Key.Symbol, Block: &b, breaks: findBreaks(&b, t.Key.Timeframe)}
	return m, sig, nil
}

// expressions are what signals needs the value of on every bar.
func (r *TradingRules) expressions() []string {
	var all []string
	for _, e := range [...]string{r.RiskDistance, r.Rank} {
		if e != "" {
			all = append(all, e)
		}
	}
	return all
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

// newBacktest makes a backtest with the outcomes of the symbols.
func newBacktest(keys []candle.Series, accounts map[candle.Series]*account, errs map[string]error) *Backtest {
	b := &Backtest{Symbols: map[string]*Outcome{}, Errors: map[string]string{}, candles: map[string]*stream.Block{}}
	for symbol, err := range errs {
		b.Errors[symbol] = fmt.Sprint(err)
	}
	for _, key := range keys {
		b.Symbols[key.Symbol] = accounts[key].outcome()
		if c := accounts[key].candles; c != nil && len(b.candles) < reportChartsMax {
			b.candles[key.Symbol] = c
		}
	}
	return b
}

// finish fills in the outcome of all symbols, and what is to be said about it.
func (b *Backtest) finish(whole *account) {
	b.Outcome, b.held = *whole.outcome(), whole.held
	b.Notes = notes(whole)
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
	o := &Outcome{
		Trades: a.trades, Equity: make([]EquityPoint, len(a.times)), Stats: a.stats(), Monthly: a.monthly(),
	}
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
	p.equity = sumOver(p.times, accounts, func(a *account) []float64 { return a.equity })
	p.held = sumOver(p.times, accounts, func(a *account) []float64 { return a.held })
	sortTrades(p.trades)
	return p
}

// sumOver adds curves of accounts up at the given times, which are those of all.
func sumOver(times []int64, accounts []*account, curve func(*account) []float64) []float64 {
	sum := make([]float64, len(times))
	for _, a := range accounts {
		latest, next, own := a.cash, 0, curve(a)
		for i, t := range times {
			if next < len(a.times) && a.times[next] == t {
				latest = own[next]
				next++
			}
			sum[i] += latest
		}
	}
	return sum
}

// sortTrades orders trades by entry, then exit, then symbol.
func sortTrades(trades []Trade) {
	slices.SortStableFunc(trades, func(a, b Trade) int {
		return cmp.Or(a.EntryTime.Compare(b.EntryTime), a.ExitTime.Compare(b.ExitTime),
			strings.Compare(a.Symbol, b.Symbol))
	})
}
