package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/stream"
)

// Foreign holds, for every series of a history, the columns that other series give its formulas: what sym() and the
// functions over a universe say on each bar. It is made by reading the history once for each depth of such functions
// within each other, before the formulas run.
//
// It holds 8 bytes a value of what is ranked, 4 more where values of different magnitude must be told from rounding,
// and the open times of each calendar that differs from the others.
type Foreign struct {
	job    *Job
	needs  func(tf candle.Timeframe) []*plan.Need
	mu     sync.Mutex // of frames and figure during a pass
	frames map[candle.Timeframe]*frame
	figure int64 // bytes that all values take
	focus  int64 // open time whose vectors are kept, to be shown; 0 for none
	left   *Omissions
}

// frame is what is known of the series of one timeframe.
type frame struct {
	timeframe candle.Timeframe
	sources   []*source // what one needs stands before it
	byCanon   map[string]*source
	series    []*traded // by symbol, once the first pass is over
	bySymbol  map[string]*traded
	calendar  calendar
}

// traded is a series with what it computed for others.
type traded struct {
	symbol string
	place  int32
	times  []int64     // open times, shared by series with the same ones
	values [][]float64 // by source, nil where it takes no part
	scales [][]float32 // the same
}

// NewForeign reads the history of a job for what its formulas need of other series on each timeframe. It returns nil
// where anywhere, which is everything they may need, is empty.
func NewForeign(ctx context.Context, j *Job, anywhere []*plan.Need, needs func(tf candle.Timeframe) []*plan.Need,
) (*Foreign, error) {
	if len(anywhere) == 0 {
		return nil, nil
	}
	if j.Data.Shard.Of > 0 {
		return nil, errors.New("replay: the formulas look at other series, and a shard reads its own only: leave out " +
			"--shard")
	}
	if t := j.Data.Topics; t != nil && t.Group != "" {
		return nil, errors.New("replay: the formulas look at other series, and instances that share topics read only " +
			"some of them: leave out --group")
	}
	if j.Gaps != "" && j.Gaps != stream.GapSkip {
		return nil, fmt.Errorf("replay: formulas that need other series need `candles: {gaps: skip}`, found %s", j.Gaps)
	}
	own := *j
	if j.Data.Topics != nil && j.Data.Topics.Until != nil {
		// Live bars rest on candles of other partitions that the group has not committed yet.
		all := *j.Data.Topics
		all.Until, own.Data.Topics = nil, &all
		if err := own.hold(ctx, anywhere); err != nil {
			return nil, err
		}
	} else {
		if err := j.hold(ctx, anywhere); err != nil {
			return nil, err
		}
		own.Data.Memory = j.Data.Memory
	}
	f := &Foreign{job: j, needs: needs, frames: map[candle.Timeframe]*frame{}, focus: j.Focus}
	if j.LeftOut != nil {
		var err error
		if f.left, err = j.LeftOut(ctx); err != nil {
			return nil, err
		}
	}
	own.Data.Symbols, _ = ReadFor(&j.Data, anywhere)
	own.Progress = nil
	for level := 0; level == 0 || f.deepest() >= level; level++ {
		if err := f.pass(ctx, &own, level); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		for _, fr := range f.frames {
			if level == 0 {
				fr.settle()
			}
			if err := fr.close(ctx, f, level); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// hold reads a history that can be read once only into memory.
func (j *Job) hold(ctx context.Context, needs []*plan.Need) error {
	if j.Data.Memory != nil || j.Data.Topics == nil && !slices.Contains(j.Data.Paths, "-") {
		return nil
	}
	all := j.Data
	if patterns, every := ReadFor(&j.Data, needs); every || len(all.Symbols) == 0 {
		all.Symbols = nil
	} else {
		all.Symbols = append(slices.Clone(all.Symbols), patterns...)
	}
	tapes, report, err := all.Collect(ctx, j.Workers)
	if tapes == nil {
		tapes = []history.Tape{}
	}
	// Topics, if there, would be read again.
	j.Data.Memory, j.Data.Topics, j.read = tapes, nil, report
	return err
}

// ReadFor returns the patterns of the symbols that needs of other series are about; all is set where these are all.
func ReadFor(d *history.Data, needs []*plan.Need) (patterns []string, all bool) {
	for _, n := range needs {
		switch of := n.Of; {
		case of.Symbol != "":
			patterns = append(patterns, of.Symbol)
		case of.Universe == "" && len(d.Symbols) > 0:
			patterns = append(patterns, d.Symbols...)
		case len(of.Patterns) > 0:
			patterns = append(patterns, of.Patterns...)
		default:
			return nil, true
		}
	}
	slices.Sort(patterns)
	return slices.Compact(patterns), false
}

// covers reports whether a series takes part in what a source is about.
func (f *Foreign) covers(of *plan.Others, symbol string) bool {
	switch {
	case of.Symbol != "":
		return of.Symbol == symbol
	case of.Universe == "" && !f.job.Data.Wants(symbol):
		return false
	}
	return len(of.Patterns) == 0 || slices.ContainsFunc(of.Patterns,
		func(p string) bool { return stream.SymbolMatches(p, symbol) })
}

func (f *Foreign) deepest() int {
	deepest := 0
	for _, fr := range f.frames {
		for _, s := range fr.sources {
			deepest = max(deepest, s.level)
		}
	}
	return deepest
}

// frame returns the frame of a timeframe.
func (f *Foreign) frame(tf candle.Timeframe) *frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	fr := f.frames[tf]
	if fr == nil {
		fr = newFrame(tf, f.needs(tf), f.job.Workers)
		f.frames[tf] = fr
	}
	return fr
}

// pass reads the history and has every series compute what others need of it, of the sources of one level.
func (f *Foreign) pass(ctx context.Context, j *Job, level int) error {
	var failed error
	_, err := Each(ctx, j, func(ctx context.Context, worker int, t *history.Tape) {
		if t.Err != nil || t.Block.Len() == 0 {
			return // whoever runs the formulas says so
		}
		if err := f.compute(ctx, f.frame(t.Key.Timeframe), worker, t, level); err != nil {
			f.mu.Lock()
			failed = errors.Join(failed, fmt.Errorf("%s: %w", t.Key, err))
			f.mu.Unlock()
		}
	})
	if err != nil {
		return err
	}
	if limit := f.job.MemoryMax; level == 0 && limit > 0 && f.figure > limit {
		return fmt.Errorf("replay: what is ranked takes %s, more than the %s of --memory: choose fewer symbols, a "+
			"shorter range or a longer timeframe", megabytes(f.figure), megabytes(limit))
	}
	return failed
}

// megabytes writes a number of bytes for people.
func megabytes(n int64) string {
	if n < 10_000_000 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// compute has one series compute the sources of a level.
func (f *Foreign) compute(ctx context.Context, fr *frame, worker int, t *history.Tape, level int) error {
	own := f.enter(fr, t, level)
	if own == nil {
		return nil
	}
	for k, s := range fr.sources {
		if s.level != level || !f.covers(s.of, t.Key.Symbol) {
			continue
		}
		foreign, err := f.columnsOf(fr, t.Key.Symbol, s.plan.Needs(), &t.Block)
		if err != nil {
			return err
		}
		if own.values[k], own.scales[k], err = s.run(ctx, worker, &t.Block, foreign); err != nil {
			return err
		}
	}
	return nil
}

// enter notes a series, and counts what its values take. It returns nil where no source is about it, or where there is
// no room.
func (f *Foreign) enter(fr *frame, t *history.Tape, level int) *traded {
	f.mu.Lock()
	defer f.mu.Unlock()
	if level > 0 {
		return fr.bySymbol[t.Key.Symbol]
	}
	taking := false
	for _, s := range fr.sources {
		if f.covers(s.of, t.Key.Symbol) {
			taking = true
			f.figure += int64(t.Block.Len()) * s.valueBytes()
		}
	}
	if !taking || f.job.MemoryMax > 0 && f.figure > f.job.MemoryMax {
		return nil
	}
	own := &traded{
		symbol: t.Key.Symbol, times: fr.calendar.share(t.Block.Time),
		values: make([][]float64, len(fr.sources)), scales: make([][]float32, len(fr.sources)),
	}
	fr.bySymbol[own.symbol] = own
	fr.series = append(fr.series, own)
	return own
}

// Columns returns the columns of needs for the bars of a series.
func (f *Foreign) Columns(key candle.Series, needs []*plan.Need, b *stream.Block) ([][]float64, error) {
	if len(needs) == 0 {
		return nil, nil
	}
	return f.columnsOf(f.frames[key.Timeframe], key.Symbol, needs, b)
}

func (f *Foreign) columnsOf(fr *frame, symbol string, needs []*plan.Need, b *stream.Block) ([][]float64, error) {
	if len(needs) == 0 {
		return nil, nil
	}
	columns := make([][]float64, len(needs))
	for k, n := range needs {
		var s *source
		if fr != nil {
			s = fr.byCanon[n.Of.Canon]
		}
		switch {
		case s == nil:
			columns[k] = naColumn(b.Len())
		case n.Of.Symbol != "":
			columns[k] = fr.joined(s, n, b.Time, f.left)
		case n.Take.PerMember():
			own := fr.bySymbol[symbol]
			if own == nil || s.members[n.Take] == nil || s.members[n.Take][own.place] == nil {
				columns[k] = naColumn(b.Len())
				continue
			}
			// Of topics that are read up to what is committed, more may be there.
			if len(own.times) < b.Len() || !slices.Equal(own.times[:b.Len()], b.Time) {
				return nil, errors.New("replay: the history changed while it was read")
			}
			columns[k] = s.members[n.Take][own.place][:b.Len()]
		default:
			columns[k] = onBars(b.Time, fr.calendar.axis, s.bars[n.Take])
		}
	}
	return columns, nil
}

// joined is the column of another symbol, as of the bars or on bars of the same open time.
func (fr *frame) joined(s *source, n *plan.Need, times []int64, left *Omissions) []float64 {
	other := fr.bySymbol[s.of.Symbol]
	if other == nil {
		return naColumn(len(times))
	}
	values, group := other.values[s.place], s.of.Group()
	column, at := make([]float64, len(times)), 0
	for i, t := range times {
		for at < len(other.times) && other.times[at] <= t {
			at++
		}
		newest := at - 1
		if seen := left.seen(fr.timeframe, group, t); seen < t {
			for newest >= 0 && other.times[newest] > seen {
				newest--
			}
		}
		column[i] = math.NaN()
		if newest >= 0 && (!n.Aligned || other.times[newest] == t) {
			column[i] = values[newest]
		}
	}
	return column
}

// onBars returns the values at the times, na where there is none.
func onBars(times, axis []int64, values []float64) []float64 {
	column, at := make([]float64, len(times)), 0
	for i, t := range times {
		for at < len(axis) && axis[at] < t {
			at++
		}
		column[i] = math.NaN()
		if at < len(axis) && axis[at] == t {
			column[i] = values[at]
		}
	}
	return column
}

func naColumn(n int) []float64 {
	column := make([]float64, n)
	for i := range column {
		column[i] = math.NaN()
	}
	return column
}

// settle orders the series once all are known.
func (fr *frame) settle() {
	slices.SortFunc(fr.series, func(a, b *traded) int { return strings.Compare(a.symbol, b.symbol) })
	for i, s := range fr.series {
		s.place = int32(i)
	}
	fr.calendar.settle()
}

// close turns the values of the sources of a level into what they say of each other.
func (fr *frame) close(ctx context.Context, f *Foreign, level int) error {
	admission := f.job.Admission
	if admission == (across.Admission{}) {
		admission = across.AdmissionDefault()
	}
	for _, s := range fr.sources {
		if s.level == level && s.of.Symbol == "" {
			if err := fr.rank(ctx, s, admission, f.job.Workers, f.focus, f.left); err != nil {
				return err
			}
		}
	}
	return nil
}
