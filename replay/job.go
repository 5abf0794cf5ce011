package replay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/ringbuf"
	"streamd/stream"
)

// JobType says what a job is for.
type JobType string

// The types of jobs.
const (
	TypeScan             JobType = "SCAN"
	TypeBacktest         JobType = "BACKTEST"
	TypePatternDiscovery JobType = "PATTERN_DISCOVERY"
)

// Job is a question to history.
type Job struct {
	ID         string
	Type       JobType
	Data       history.Data // files, symbols, timeframe and range
	Formulas   []stream.Formula
	Indicators []formula.Named  // beyond the ones registered from the start
	Values     []string         // expressions whose values on every bar are wanted
	Buffer     int              // the greatest lookback in bars; 500
	Gaps       stream.GapPolicy // skip
	CreatedAt  time.Time

	Workers int           // series worked on at a time, at least 1
	Timeout time.Duration // for the work on one series; 60 s
	// CountOnly drops the matches once they are counted: a scan with millions of
	// them needs no memory for them.
	CountOnly bool
	Cache     *Cache // of columns and results; nil for none
	// KeepCandles keeps the candles that the report of a backtest shows.
	KeepCandles bool
	// Statistics adds up what came after the signals; see Statistics.
	Statistics bool
	// Horizons are the numbers of bars after a signal of Statistics; nil for the package's. Entry
	// is what their returns count from; FromOpen where it is empty.
	Horizons []int
	Entry    Entry
	// Outcomes are the numbers of bars after a signal whose outcomes are wanted, as
	// stream.Options has them; nil for none.
	Outcomes []int
	// Last keeps to the last bars of each series, as if its history began there and the
	// indicators were warm: "what fires now". 0 is all.
	Last int
	// Splits says what becomes of the returns over a split, in statistics and discoveries:
	// by default they are left out and counted.
	Splits SplitPolicy
	// Others allows formulas that look at other series. Universes are those that they can name, Admission says who is a
	// member when (zero for the default), and MemoryMax is the most bytes that what is ranked may take, 0 for any.
	Others    bool
	Universes []formula.Universe
	Admission across.Admission
	MemoryMax int64
	// LeftOut returns who was left out of bars live, for the same input; nil for history that knows of no such thing.
	// It is called where formulas look at other series.
	LeftOut func(context.Context) (*Omissions, error)
	Focus   int64 // open time of a bar that Foreign.Explain is asked about; 0 for none

	// Progress is called after every series, one call at a time. The total is 0
	// until it is known.
	Progress func(done, total int)

	conditions  []Condition    // that the values are of; nil for values of expressions alone
	signalsOnly bool           // of the matches only formula and time are looked at
	read        history.Report // of data that can be read once only, and is in Data.Memory since
}

// Limits and defaults of a job.
const (
	TimeoutDefault = time.Minute
	WorkersMax     = 1024
	// MatchesMax is how many matches a scan keeps. A series that exceeds it has an
	// error in its result, and none of its matches.
	MatchesMax = 20_000_000
)

// check fills in defaults and reports the first setting out of its limits.
func (j *Job) check() error {
	if j.Timeout == 0 {
		j.Timeout = TimeoutDefault
	}
	j.Workers = max(j.Workers, 1)
	switch {
	case j.Timeout < 0:
		return fmt.Errorf("replay: timeout %v is negative", j.Timeout)
	case j.Workers > WorkersMax:
		return fmt.Errorf("replay: %d workers, at most %d", j.Workers, WorkersMax)
	}
	return nil
}

func (j *Job) horizons() []int {
	if j.Horizons == nil {
		return Horizons[:]
	}
	return j.Horizons
}

func (j *Job) entry() Entry {
	if j.Entry == "" {
		return FromOpen
	}
	return j.Entry
}

// cacheable reports whether a result is what the cache keeps: signals without an end and
// without outcomes.
func (j *Job) cacheable() bool {
	lives := func(f stream.Formula) bool { return f.Resolve || f.Expires > 0 || f.Once || f.Rearm != "" }
	return len(j.Outcomes) == 0 && !slices.ContainsFunc(j.Formulas, lives)
}

// keeps reports whether matches are needed beyond their count.
func (j *Job) keeps() bool { return !j.CountOnly || j.Statistics }

// Environment is what the job's expressions are compiled in.
func (j *Job) Environment(tf candle.Timeframe) formula.Env {
	buffer := j.Buffer
	if buffer == 0 {
		buffer = ringbuf.DefaultCapacity
	}
	return formula.Env{
		Named: formula.NamedWith(j.Indicators), LookbackMax: buffer, Timeframe: tf, Others: j.Others,
		Universes: j.Universes,
	}
}

// needs reads the history for what the rules and the wanted values need of other series; nil for nothing.
func (j *Job) needs(ctx context.Context, rules *stream.Rules) (*Foreign, error) {
	values, err := j.evaluator(candle.Timeframe{})
	if err != nil {
		return nil, err
	}
	return NewForeign(ctx, j, append(rules.NeedsAnywhere(), values.NeedsBelow()...),
		func(tf candle.Timeframe) []*plan.Need {
			all := rules.Needs(tf)
			e, err := j.evaluator(tf)
			if err == nil { // else the evaluation says what is wrong
				all = append(all, e.NeedsBelow()...)
			}
			return all
		})
}
