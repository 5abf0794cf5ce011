package replay

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"
)

// scanBlock is how many bars a scan steps at once: its columns stay in the
// processor's nearest cache.
const scanBlock = 256

// SeriesResult is what a job found in one series.
type SeriesResult struct {
	Key      candle.Series
	Bars     int                   // in the range that was asked for
	Count    int                   // of matches
	Matches  []stream.Match        // in the order of time, RESOLVEs among them, unless the job only counts
	Outcomes []stream.MatchOutcome // of the signals in the range, where the job asks for them
	Counts   map[string]int        // of matches by formula
	Days     []Day                 // a day may come more than once
	Values   [][]float64           // of Job.Values, one per bar each
	Times    []int64               // of these bars, in nanoseconds since 1970
	Time     time.Duration
	Err      error

	tallies map[int]*tally // by year
	since   int64          // open time of the first bar whose matches count; those before it warm only
}

// Day is how many matches a day of UTC has.
type Day struct {
	Start time.Time
	Count int
}

// Scan runs the job's formulas over its history. Results are ordered by symbol,
// then timeframe. A series that fails has its error in its result, and does not
// keep the others from theirs. When the context ends, the results are those of
// the series done by then.
func Scan(ctx context.Context, j *Job) ([]SeriesResult, history.Report, error) {
	workers, err := newScanners(ctx, j)
	if err != nil {
		return nil, history.Report{}, err
	}
	var mu sync.Mutex
	var results []SeriesResult
	kept := 0
	counting := *j
	counting.Data.Reads = workers[0].reads()
	report, err := Each(ctx, &counting, func(ctx context.Context, worker int, t *history.Tape) {
		r := workers[worker].scan(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		if kept += len(r.Matches); kept > MatchesMax {
			r.Err = fmt.Errorf("replay: more than %d matches to keep", MatchesMax)
			r.Matches = nil
		}
		results = append(results, r)
	})
	results = append(results, missing(&j.Data, results)...)
	slices.SortFunc(results, func(a, b SeriesResult) int { return compareSeries(a.Key, b.Key) })
	return results, report, err
}

// scanner is a worker of a scan, with engines of its own.
type scanner struct {
	job    *Job
	engine *stream.Engine
	lean   *stream.Engine // finds out whether a series has matches
	tried  int            // series that it was asked about
	had    int            // of them with matches
	out    stream.Effects
	values map[candle.Timeframe]*Evaluator

	foreign *Foreign // what other series give the formulas; nil where they need nothing

	rulesKey []byte // of the job, for the cache
}

// newScanners checks a job and makes a scanner for each of its workers. Where the
// formulas need other series it reads the history for them first.
func newScanners(ctx context.Context, j *Job) ([]scanner, error) {
	rules, problems := stream.NewRules(stream.RulesConfig{
		Formulas: j.Formulas, Indicators: j.Indicators,
		Buffer: j.Buffer, Others: j.Others, Universes: j.Universes,
	})
	if len(problems) > 0 {
		return nil, problems[0]
	}
	if err := j.check(); err != nil {
		return nil, err
	}
	foreign, err := j.needs(ctx, rules)
	if err != nil {
		return nil, err
	}
	workers := make([]scanner, j.Workers)
	for i := range workers {
		workers[i] = newScanner(j, rules)
		workers[i].foreign = foreign
	}
	return workers, nil
}

func newScanner(j *Job, rules *stream.Rules) scanner {
	o := stream.Options{Buffer: j.Buffer, Gaps: j.Gaps, BlockMax: scanBlock, Bare: true, Outcomes: j.Outcomes}
	s := scanner{job: j, values: map[candle.Timeframe]*Evaluator{}, engine: stream.New(rules, o)}
	o.Lean, o.Outcomes = true, nil
	s.lean = stream.New(rules, o)
	return s
}

// reads returns the columns of the candles that are looked at; 0 for all of them, as where matches show them.
func (s *scanner) reads() stream.PriceSet {
	j := s.job
	if !j.CountOnly || j.Statistics || len(j.Values) > 0 || len(j.Outcomes) > 0 || j.Cache != nil || s.foreign != nil {
		return 0
	}
	return s.lean.Rules().Reads()
}

// scan runs one series through the engine.
func (s *scanner) scan(ctx context.Context, t *history.Tape) SeriesResult {
	start := time.Now()
	if n := t.Block.Len(); s.job.Last > 0 && n > 0 {
		own := *t
		own.First = max(t.First, n-s.job.Last)
		t = &own
	}
	r := resultOf(t)
	if r.Err == nil {
		if s.job.Cache != nil && s.foreign == nil && s.job.cacheable() { // no key of a result tells of other series
			r.Err = s.runCached(ctx, t, &r)
		} else {
			r.Err = s.run(ctx, t, &r)
		}
	}
	if r.Err == nil && s.job.Statistics {
		r.tallies = tallies(t, r.Matches, s.job)
		if s.job.CountOnly {
			r.Matches = nil
		}
	}
	if r.Err == nil && len(s.job.Values) > 0 {
		r.Err = s.evaluate(ctx, t, &r)
	}
	r.Time = time.Since(start)
	return r
}

// resultOf begins the result of a series.
func resultOf(t *history.Tape) SeriesResult {
	r := SeriesResult{Key: t.Key, Bars: t.Block.Len() - t.First, Err: t.Err}
	switch {
	case r.Err != nil:
	case r.Bars == 0:
		r.Err = ErrNoData
	default:
		r.since = t.Block.Time[t.First]
	}
	return r
}

// leanTrials is after how many series it is known whether most have matches.
const leanTrials = 16

// run sends the series through the lean engine, which computes the formulas
// only, and through the whole one where it has matches to show: these carry the
// values of all registered indicators. Where most series have matches the first
// pass would be wasted, and is skipped.
func (s *scanner) run(ctx context.Context, t *history.Tape, r *SeriesResult) error {
	if s.job.CountOnly || s.job.signalsOnly {
		return s.push(ctx, s.lean, t, r, !s.job.keeps())
	}
	if s.tried < leanTrials || 2*s.had < s.tried {
		if err := s.push(ctx, s.lean, t, r, true); err != nil || r.Count == 0 {
			s.tried++
			return err
		}
		s.tried, s.had = s.tried+1, s.had+1
		r.Count, r.Counts, r.Days = 0, nil, nil
	}
	return s.push(ctx, s.engine, t, r, false)
}

func (s *scanner) push(ctx context.Context, engine *stream.Engine, t *history.Tape, r *SeriesResult,
	countOnly bool,
) error {
	series := engine.Series(t.Key)
	defer engine.Forget(t.Key)
	block := t.Block
	var err error
	if block.Foreign, err = s.foreign.Columns(t.Key, engine.Needs(series), &t.Block); err != nil {
		return err
	}
	for i, n := 0, t.Block.Len(); i < n; i += chunk {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		part := block.Slice(i, min(n, i+chunk))
		engine.PushBlock(series, &part, &s.out)
		if err := series.Compiled(); err != nil {
			return err
		}
		r.take(&s.out, countOnly)
	}
	r.order(len(s.job.Formulas))
	return nil
}

// order sorts the matches of a series by time: the engine gives them formula by
// formula within a block.
func (r *SeriesResult) order(formulas int) {
	if formulas > 1 {
		sortMatches(r.Matches, SortTimestamp)
	}
}

// eachMatch calls f for every match that is a signal, which are in order, with the bar of the
// series that it is on.
func eachMatch(times []int64, matches []stream.Match, f func(bar int, m *stream.Match)) {
	bar := 0
	for i := range matches {
		if matches[i].IsResolve() {
			continue
		}
		for times[bar] < matches[i].Candle.Time {
			bar++
		}
		f(bar, &matches[i])
	}
}

// evaluate fills in the values that the job asks for.
func (s *scanner) evaluate(ctx context.Context, t *history.Tape, r *SeriesResult) error {
	e, block, err := s.evaluator(t)
	if err != nil {
		return fmt.Errorf("replay: values: %w", err)
	}
	r.Times = slices.Clone(t.Block.Time[t.First:])
	r.Values = make([][]float64, len(s.job.Values))
	for k := range r.Values {
		r.Values[k] = make([]float64, 0, r.Bars)
	}
	return e.Run(ctx, block, func(first int, columns [][]float64) error {
		for k, column := range columns {
			warming := min(max(t.First-first, 0), len(column))
			r.Values[k] = append(r.Values[k], column[warming:]...)
		}
		return nil
	})
}

// evaluator returns what computes the values that the job asks for, and the candles of a series with what other series
// give to it.
func (s *scanner) evaluator(t *history.Tape) (*Evaluator, *stream.Block, error) {
	e := s.values[t.Key.Timeframe]
	if e == nil {
		var err error
		if e, err = s.job.evaluator(t.Key.Timeframe); err != nil {
			return nil, nil, err
		}
		s.values[t.Key.Timeframe] = e
	}
	block := t.Block
	var err error
	block.Foreign, err = s.foreign.Columns(t.Key, e.Needs(), &t.Block)
	return e, &block, err
}

// take moves the matches of an output over, but for those of bars that only warm.
func (r *SeriesResult) take(out *stream.Effects, countOnly bool) {
	if r.Counts == nil {
		r.Counts = map[string]int{}
	}
	for i := range out.Matches {
		if out.Matches[i].Candle.Time < r.since {
			continue
		}
		if !countOnly {
			r.Matches = append(r.Matches, out.Matches[i].Clone())
		}
		if out.Matches[i].IsResolve() {
			continue
		}
		r.Count++
		r.Counts[out.Matches[i].Formula().Name]++
		day := time.Unix(0, out.Matches[i].Candle.Time).UTC().Truncate(24 * time.Hour)
		if n := len(r.Days); n == 0 || !r.Days[n-1].Start.Equal(day) {
			r.Days = append(r.Days, Day{Start: day})
		}
		r.Days[len(r.Days)-1].Count++
	}
	for i := range out.Outcomes {
		if out.Outcomes[i].Signal >= r.since {
			r.Outcomes = append(r.Outcomes, out.Outcomes[i])
		}
	}
	out.Reset()
}

// missing makes results of the symbols that were asked for by name and of which
// no candle was found.
func missing(d *history.Data, found []SeriesResult) []SeriesResult {
	seen := map[string]bool{}
	for i := range found {
		seen[found[i].Key.Symbol] = true
	}
	var lost []SeriesResult
	for _, s := range d.Symbols {
		if !strings.ContainsAny(s, "*?") && !seen[s] && d.Shard.Has(s) {
			seen[s] = true
			lost = append(lost, SeriesResult{Key: candle.Series{Symbol: s}, Err: ErrNoData})
		}
	}
	return lost
}

func compareSeries(a, b candle.Series) int {
	if c := strings.Compare(a.Symbol, b.Symbol); c != 0 {
		return c
	}
	return int(a.Timeframe.Duration().Seconds()) - int(b.Timeframe.Duration().Seconds())
}
