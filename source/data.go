package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"streamd/candle"
	"streamd/stream"
)

// ErrUndecodable marks input that is no history in any format that is read. It
// is told from history without candles, which is no error.
var ErrUndecodable = errors.New("cannot be decoded")

// Data says which history to read.
type Data struct {
	Paths      []string         // files, globs, "-" for standard input
	Timeframe  candle.Timeframe // what finer candles are aggregated to; zero keeps them as they are
	From, To   int64            // open times in nanoseconds, From inclusive and To exclusive; 0 is open
	Symbols    []string         // names and patterns as BTC*; none for all
	SymbolFrom *regexp.Regexp   // its first group on the file's name is the symbol
	Stdin      io.Reader        // what "-" reads
	Format     string           // preset of candle.Format for JSON lines; flat
	Topics     *TopicRange      // read instead of Paths
	Memory     []Tape           // history at hand in order of time, read instead of Paths; it is not changed
}

// Tape is the candles of one series, each newer than the one before, or Err,
// what kept them from being read. It is valid until the function that got it
// returns.
type Tape struct {
	Key   candle.Series
	Block stream.Block
	Err   error
	Of    int // how many series the history has; 0 while that is not known
}

// Report says what was not read, by file: candles skipped for a defect, and
// files that could not be read (to their end).
type Report struct {
	Skipped map[string]int
	Errors  map[string]error
}

// Tapes reads the history with so many workers and hands every series once and
// whole to yield, in no particular order. Yield is called from the workers'
// goroutines with the worker's number; its error, or the end of the context,
// ends the reading and is returned. A file that cannot be read is reported and
// the others go on.
func (d Data) Tapes(ctx context.Context, workers int, yield func(worker int, t *Tape) error) (Report, error) {
	h, err := d.read(ctx, workers)
	if err != nil {
		return Report{}, err
	}
	report := Report{Skipped: h.Skipped}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(h.Series) || ctx.Err() != nil {
					return
				}
				t := d.tape(&h.Series[i])
				if t == nil {
					continue
				}
				t.Of = len(h.Series)
				if err := yield(w, t); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	group.Wait()
	return report, context.Cause(ctx)
}

// read returns the history of the files, of the topics, or that at hand.
func (d Data) read(ctx context.Context, workers int) (*History, error) {
	if d.Topics != nil {
		return readTopics(ctx, d.Topics, workers)
	}
	if d.Memory == nil {
		return ReadFiles(d.Paths)
	}
	h := &History{}
	for i := range d.Memory {
		h.Series = append(h.Series, SeriesHistory{Key: d.Memory[i].Key, Block: d.Memory[i].Block, err: d.Memory[i].Err})
	}
	return h, nil
}

// tape brings the candles of a series to the wanted range and timeframe, nil
// where the series is not wanted.
func (d Data) tape(s *SeriesHistory) *Tape {
	if !d.wants(s.Key.Symbol) {
		return nil
	}
	if s.err != nil {
		return &Tape{Key: s.Key, Err: s.err}
	}
	if d.Memory == nil {
		s.Ordered()
	}
	t := &Tape{Key: s.Key, Block: s.Block}
	if d.Timeframe.IsZero() || d.Timeframe == s.Key.Timeframe {
		t.Block = d.within(s.Block)
		return t
	}
	t.Key.Timeframe = d.Timeframe
	a, err := candle.NewAggregation(s.Key.Timeframe, d.Timeframe)
	if err != nil {
		t.Block, t.Err = stream.Block{}, fmt.Errorf("source: %s: %w", s.Key, err)
		return t
	}
	state := make([]float64, candle.AggregationState)
	var done [2]candle.Candle
	var higher stream.Block
	for i := range s.Block.Len() {
		for _, c := range done[:a.Step(state, s.Block.At(i), &done)] {
			higher.Append(c)
		}
	}
	// History has an end: the bar that the last candles make is one of it,
	// complete or not, as the first is.
	if c, ok := a.Pending(state); ok {
		higher.Append(c)
	}
	t.Block = d.within(higher)
	return t
}

// wants reports whether a symbol is among those asked for.
func (d Data) wants(symbol string) bool {
	if len(d.Symbols) == 0 {
		return true
	}
	for _, pattern := range d.Symbols {
		if stream.SymbolMatches(pattern, symbol) {
			return true
		}
	}
	return false
}

// within cuts an ordered block to the range.
func (d Data) within(b stream.Block) stream.Block {
	i, j := 0, b.Len()
	for i < j && d.From != 0 && b.Time[i] < d.From {
		i++
	}
	for j > i && d.To != 0 && b.Time[j-1] >= d.To {
		j--
	}
	return b.Slice(i, j)
}

// Collect reads the whole history into memory, ordered by symbol, then
// timeframe.
func (d Data) Collect(ctx context.Context, workers int) ([]Tape, Report, error) {
	var mu sync.Mutex
	var tapes []Tape
	report, err := d.Tapes(ctx, workers, func(_ int, t *Tape) error {
		own := Tape{Key: t.Key, Block: t.Block.Clone(), Err: t.Err}
		mu.Lock()
		defer mu.Unlock()
		tapes = append(tapes, own)
		return nil
	})
	slices.SortFunc(tapes, func(a, b Tape) int {
		return cmp.Or(strings.Compare(a.Key.Symbol, b.Key.Symbol), cmp.Compare(a.Key.Timeframe.Duration(), b.Key.Timeframe.Duration()))
	})
	return tapes, report, err
}
