package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/history"
	"streamd/stream"
)

// Limits of a sweep.
const (
	// CombinationsMax is how many combinations of values are tried.
	CombinationsMax = 10_000
	// sweepPointsMax is how many points the equity curves of a sweep may have:
	// 1.6 GB.
	sweepPointsMax = 200_000_000
)

// Combinations returns every combination of the axes' values, the last axis
// changing fastest.
func Combinations(axes []Axis) ([]map[string]formula.ParamSetting, error) {
	total := 1
	for _, a := range axes {
		if total *= max(len(a.Values), 1); total > CombinationsMax {
			return nil, fmt.Errorf("replay: more than %d combinations of values; give fewer values, or larger steps",
				CombinationsMax)
		}
	}
	combinations := []map[string]formula.ParamSetting{{}}
	for _, a := range axes {
		var next []map[string]formula.ParamSetting
		for _, c := range combinations {
			for _, v := range a.Values {
				one := maps.Clone(c)
				one[a.Name] = v
				next = append(next, one)
			}
		}
		combinations = next
	}
	return combinations, nil
}

// SweepRow is a combination of values and what came of it.
type SweepRow struct {
	Params map[string]formula.ParamSetting `json:"params"`
	Stats  Stats                           `json:"stats"`
}

// Fold is a step of a walk forward: the combination that was best on one part
// of the history, and what came of it on the next.
type Fold struct {
	TrainFrom time.Time                       `json:"train_from"`
	TestFrom  time.Time                       `json:"test_from"`
	TestTo    time.Time                       `json:"test_to"`
	Params    map[string]formula.ParamSetting `json:"params"`
	Train     Stats                           `json:"train"`
	Test      Stats                           `json:"test"`
}

// Sweep is the outcome of many combinations, best first.
type Sweep struct {
	Sort        string            `json:"sort"`
	Rows        []SweepRow        `json:"rows"`
	WalkForward []Fold            `json:"walk_forward,omitempty"`
	TestReturn  Ratio             `json:"walk_forward_return"` // of all test parts, one after the other
	Symbols     int               `json:"symbols"`
	Errors      map[string]string `json:"errors"`
}

// RunSweep trades every combination of the axes in one pass over the history:
// all variants of the formulas are one plan, in which what they share is
// computed once. Rows are ordered by a figure of Metrics. With folds above 0
// the history is cut into as many parts and one, and the best of each is traded
// on the next.
func RunSweep(ctx context.Context, j *Job, rules *TradingRules, axes []Axis, sortBy string, folds int) (
	*Sweep, history.Report, error,
) {
	metric, ok := Metrics()[sortBy]
	if !ok {
		return nil, history.Report{}, fmt.Errorf("replay: no figure %q to sort by; there are %s", sortBy,
			strings.Join(slices.Sorted(maps.Keys(Metrics())), ", "))
	}
	if err := rules.Check(); err != nil {
		return nil, history.Report{}, err
	}
	if rules.Portfolio {
		return nil, history.Report{}, errors.New(
			"replay: a sweep trades every symbol with cash of its own, not a portfolio")
	}
	s := &sweep{job: j, rules: rules, found: map[candle.Series][][]*account{}, errs: map[string]error{}}
	var err error
	if s.combinations, err = Combinations(axes); err != nil {
		return nil, history.Report{}, err
	}
	if s.cuts, err = cuts(ctx, j, folds); err != nil {
		return nil, history.Report{}, err
	}
	report, err := s.run(ctx)
	if err != nil {
		return nil, report, err
	}
	return s.outcome(sortBy, metric), report, nil
}

// Metrics are the figures that a sweep may be sorted by. Greater is better.
func Metrics() map[string]func(*Stats) float64 {
	return map[string]func(*Stats) float64{
		"sharpe":        func(s *Stats) float64 { return float64(s.Sharpe) },
		"sortino":       func(s *Stats) float64 { return float64(s.Sortino) },
		"cagr":          func(s *Stats) float64 { return float64(s.CAGR) },
		"return":        func(s *Stats) float64 { return float64(s.Return) },
		"profit_factor": func(s *Stats) float64 { return float64(s.ProfitFactor) },
		"expectancy":    func(s *Stats) float64 { return float64(s.Expectancy) },
		"win_rate":      func(s *Stats) float64 { return float64(s.WinRate) },
		"max_drawdown":  func(s *Stats) float64 { return -float64(s.MaxDrawdown) },
		"trades":        func(s *Stats) float64 { return float64(s.Trades) },
	}
}

// sweep is the state of a running sweep.
type sweep struct {
	job          *Job
	rules        *TradingRules
	combinations []map[string]formula.ParamSetting
	cuts         []int64 // times between the parts; none for one part

	mu     sync.Mutex
	points int
	found  map[candle.Series][][]*account // by combination and part
	errs   map[string]error
}

// variants returns the formulas of all combinations, and the combination of each name.
func (s *sweep) variants() ([]stream.Formula, map[string]int) {
	var all []stream.Formula
	owner := map[string]int{}
	for k, c := range s.combinations {
		for _, f := range s.job.Formulas {
			f.Name = fmt.Sprintf("%s/%d", f.Name, k)
			params := maps.Clone(f.Params)
			if params == nil {
				params = map[string]formula.ParamSetting{}
			}
			maps.Copy(params, c)
			f.Params = params
			owner[f.Name] = k
			all = append(all, f)
		}
	}
	return all, owner
}

func (s *sweep) run(ctx context.Context) (history.Report, error) {
	formulas, owner := s.variants()
	own := *s.job
	own.Formulas, own.signalsOnly, own.Values = formulas, true, s.rules.expressions()
	workers, err := newScanners(ctx, &own)
	if err != nil {
		return history.Report{}, err
	}
	return Each(ctx, &own, func(ctx context.Context, worker int, t *history.Tape) {
		r := workers[worker].scan(ctx, t)
		if r.Err == nil {
			r.Err = s.reserve(r.Bars)
		}
		var accounts [][]*account
		if r.Err == nil {
			accounts, r.Err = s.trade(ctx, t, &r, owner)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Err != nil {
			s.errs[t.Key.Symbol] = r.Err
			return
		}
		s.found[t.Key] = accounts
	})
}

// reserve counts the points of the equity curves of a series.
func (s *sweep) reserve(bars int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.points += bars * len(s.combinations); s.points > sweepPointsMax {
		return fmt.Errorf("replay: the sweep is over %d bars times combinations", sweepPointsMax)
	}
	return nil
}

// trade simulates every combination on every part of a series.
func (s *sweep) trade(ctx context.Context, t *history.Tape, r *SeriesResult, owner map[string]int) (
	[][]*account, error,
) {
	whole := t.Range()
	n := whole.Len()
	var distance []float64
	if s.rules.RiskDistance != "" {
		distance = r.Values[0]
	}
	own := make([]signals, len(s.combinations))
	for k := range own {
		own[k] = signals{entries: make([]bool, n), exits: make([]bool, n), distance: distance}
	}
	eachMatch(whole.Time, r.Matches, func(bar int, m *stream.Match) {
		f := m.Formula()
		switch f.Signal {
		case stream.Entry:
			own[owner[f.Name]].entries[bar] = true
		case stream.Exit:
			own[owner[f.Name]].exits[bar] = true
		}
	})
	found := findBreaks(&whole, t.Key.Timeframe)
	parts := s.parts(whole.Time)
	markets, held := make([]*market, len(parts)), make([][]float64, len(parts))
	for i, p := range parts {
		b := whole.Slice(p[0], p[1])
		markets[i] = &market{symbol: t.Key.Symbol, Block: &b, breaks: found.part(p[0], p[1])}
		if b.Len() > 0 {
			held[i] = holding(s.rules, markets[i])
		}
	}
	accounts := make([][]*account, len(s.combinations))
	for k := range s.combinations {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		for i, p := range parts {
			run := simulate(s.rules, markets[i], own[k].part(p[0], p[1]))
			accounts[k] = append(accounts[k], &account{
				cash: s.rules.Cash, times: slices.Clone(markets[i].Time), equity: run.Equity, trades: run.Trades,
				traded: run.Traded, exposed: run.Exposed, bars: markets[i].Len(), held: held[i],
			})
		}
	}
	return accounts, nil
}

// parts returns the bars of the whole and of each part, as from and to.
func (s *sweep) parts(times []int64) [][2]int {
	parts := [][2]int{{0, len(times)}}
	if len(s.cuts) == 0 {
		return parts
	}
	from := 0
	for _, cut := range s.cuts {
		to, _ := slices.BinarySearch(times, cut)
		parts = append(parts, [2]int{from, to})
		from = to
	}
	return append(parts, [2]int{from, len(times)})
}

// cuts reads the history once to find where it begins and ends, and returns the
// times between its parts.
func cuts(ctx context.Context, j *Job, folds int) ([]int64, error) {
	if folds == 0 {
		return nil, nil
	}
	own := *j
	own.Progress = nil
	var mu sync.Mutex
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	_, err := Each(ctx, &own, func(_ context.Context, _ int, t *history.Tape) {
		mu.Lock()
		defer mu.Unlock()
		if b := t.Range(); b.Len() > 0 {
			first, last = min(first, b.Time[0]), max(last, b.Time[b.Len()-1])
		}
	})
	if err != nil {
		return nil, err
	}
	if first >= last {
		return nil, ErrNoData
	}
	var at []int64
	for i := 1; i <= folds; i++ {
		at = append(at, first+int64(float64(last-first)/float64(folds+1)*float64(i)))
	}
	return at, nil
}

// outcome adds the symbols up and orders the combinations.
func (s *sweep) outcome(sortBy string, metric func(*Stats) float64) *Sweep {
	out := &Sweep{Sort: sortBy, Errors: map[string]string{}, TestReturn: Ratio(math.NaN())}
	for symbol, err := range s.errs {
		out.Errors[symbol] = err.Error()
	}
	keys := slices.SortedFunc(maps.Keys(s.found), compareSeries)
	for _, symbol := range twice(keys) {
		out.Errors[symbol] = ErrTwice.Error()
		keys = slices.DeleteFunc(keys, func(key candle.Series) bool { return key.Symbol == symbol })
	}
	stats := func(k, part int) Stats {
		var own []*account
		for _, key := range keys {
			own = append(own, s.found[key][k][part])
		}
		return portfolio(s.rules.Cash, own).stats()
	}
	out.Symbols = len(keys)
	for k, c := range s.combinations {
		out.Rows = append(out.Rows, SweepRow{Params: c, Stats: stats(k, 0)})
	}
	slices.SortStableFunc(out.Rows, func(a, b SweepRow) int { return better(metric(&a.Stats), metric(&b.Stats)) })
	if len(s.cuts) == 0 || len(keys) == 0 {
		return out
	}
	growth := 1.0
	for part := 1; part <= len(s.cuts); part++ {
		f := s.fold(part, stats, metric)
		growth *= 1 + float64(f.Test.Return)
		out.WalkForward = append(out.WalkForward, f)
	}
	out.TestReturn = Ratio(growth - 1)
	return out
}

// fold chooses the best combination on a part and looks at it on the next.
func (s *sweep) fold(part int, stats func(k, part int) Stats, metric func(*Stats) float64) Fold {
	best, train := 0, Stats{}
	for k := range s.combinations {
		if own := stats(k, part); k == 0 || better(metric(&own), metric(&train)) < 0 {
			best, train = k, own
		}
	}
	f := Fold{
		Params: s.combinations[best], Train: train, Test: stats(best, part+1),
		TestFrom: time.Unix(0, s.cuts[part-1]).UTC(),
	}
	for key := range s.found {
		a := s.found[key][0]
		if t := a[part].times; len(t) > 0 && (f.TrainFrom.IsZero() || t[0] < f.TrainFrom.UnixNano()) {
			f.TrainFrom = time.Unix(0, t[0]).UTC()
		}
		if t := a[part+1].times; len(t) > 0 && t[len(t)-1] > f.TestTo.UnixNano() {
			f.TestTo = time.Unix(0, t[len(t)-1]).UTC()
		}
	}
	return f
}

// better orders figures, greatest first and those without a value last.
func better(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	case math.IsNaN(b):
		return -1
	}
	return cmp.Compare(b, a)
}
