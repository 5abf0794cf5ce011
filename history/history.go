package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"streamd/candle"
	"streamd/history/bucket"
	"streamd/history/layout"
	"streamd/stream"
)

// A history is read in two steps. The first looks at what every input holds:
// which series, in which runs of consecutive candles. The second reads the runs,
// side by side, and hands a series on as soon as its last run is there. So the
// candles of a series that is one run of one file are in memory only while they
// are worked on; the runs of one that is scattered are held until they are
// complete. An input that does not tell what it holds without being read (lines
// of JSON, standard input, symbols in turn) is held from the first step on.

// run is consecutive candles of one series.
type run struct {
	series int   // in the list of its contents, later of the history; below 0 for one that is not wanted
	part   int   // which part of the series it is
	rows   int   // how many candles, where that is known
	bytes  int64 // how long it is, where that is known
	step   int64 // the usual distance of its candles, set where not all of them are kept

	line          int         // of its first row; 0 where lines are not counted
	lines         lineNumbers // of its candles
	left          []RowsLeftOut
	volumeMissing int // rows whose volume is taken for 0

	forming *candle.Candle // the newest one that had not closed
	copied  *copiedRun     // where it stands in a copy
}

// unit is a stretch of an input that one worker reads from its first run to its
// last.
type unit struct {
	in   *input
	runs []run
	open func(ctx context.Context) (runReader, error)
}

// runReader reads the runs of a unit in their order.
type runReader interface {
	// read appends the candles of the next run to a block, and returns how many
	// it skipped for a defect; it passes over the run where the block is nil.
	read(r *run, into *stream.Block) (skipped int, err error)
	close()
}

// contents is what an input holds.
type contents struct {
	keys    []candle.Series // without a timeframe where the input names none
	units   []unit
	held    []part // one for each of the keys, where there are no units
	skipped int    // without a reason
	left    []RowsLeftOut
	table   *layout.FileTable // how its text is laid out, where it is text
	notes   []string          // what was taken for granted of it

	volumeMissing int  // rows whose volume is taken for 0
	elsewhere     bool // it has candles of other shards that are not among the keys
}

// part is the candles of a series that are of one run, or of one input.
type part struct {
	in    *input
	block stream.Block
	step  int64 // the usual distance of its candles, where not all are kept
	err   error
	lines lineNumbers

	forming *candle.Candle // the newest one that had not closed
}

// series is a series with its parts.
type series struct {
	key     candle.Series
	parts   []part
	missing atomic.Int32 // parts that were not read yet
}

// history is what is known of all inputs.
type history struct {
	data   *Data
	series []*series
	places map[candle.Series]int
	units  []unit

	archives []*os.File // open until the end
	buckets  map[string]bucket.Bucket
	cache    bucket.Pieces // of objects

	mu     sync.Mutex
	report Report
	failed []error // why inputs could not be read

	volumeMissing map[string]int           // rows whose volume is taken for 0, by input
	elsewhere     map[string][]RowsLeftOut // what another shard reports of an input
	good          atomic.Int64
}

func newHistory(d *Data) *history {
	return &history{
		data: d, places: map[candle.Series]int{}, buckets: map[string]bucket.Bucket{},
		volumeMissing: map[string]int{}, elsewhere: map[string][]RowsLeftOut{},
		report: Report{
			Skipped: map[string]int{}, LeftOut: map[string][]RowsLeftOut{}, Notes: map[string][]string{},
			Errors: map[string]error{},
		},
	}
}

// add takes in what an input holds. Inputs are added in their order.
func (h *history) add(in *input, c *contents, err error) {
	if err != nil {
		h.fail(in, err)
		return
	}
	h.addFacts(in, c)
	if len(h.report.Files) < filesMax && !in.topic {
		h.report.Files = append(h.report.Files, in.facts(h.data))
	}
	local := make([]int, len(c.keys))
	wanted := c.elsewhere
	for i, key := range c.keys {
		local[i] = -1
		if key.Symbol == "" || !h.data.wants(key.Symbol) {
			continue
		}
		wanted = true
		if h.data.Shard.Has(key.Symbol) {
			local[i] = h.place(key)
		}
	}
	if !wanted && len(h.data.Symbols) == 0 && !in.topic {
		if left := h.leftOut(in); len(left) > 0 {
			h.fail(in, fmt.Errorf("%w: no candle: %s", ErrUndecodable, Sentence(left)))
			return
		}
	}
	for i := range c.held {
		if at := local[i]; at >= 0 {
			c.held[i].in = in
			h.series[at].parts = append(h.series[at].parts, c.held[i])
		}
	}
	for _, u := range c.units {
		u.in = in
		wanted := false
		for i := range u.runs {
			r := &u.runs[i]
			if r.series = local[r.series]; r.series < 0 {
				continue
			}
			s := h.series[r.series]
			r.part = len(s.parts)
			s.parts = append(s.parts, part{in: in})
			s.missing.Add(1)
			wanted = true
		}
		if wanted {
			h.units = append(h.units, u)
		}
	}
}

// addFacts takes in what is known of an input as a whole.
func (h *history) addFacts(in *input, c *contents) {
	if c.table != nil {
		in.table = c.table
	}
	if !h.owns(in) {
		h.elsewhere[in.name] = c.left
		return
	}
	h.skip(in, c.skipped)
	h.leave(in, c.left)
	h.noteVolume(in, c.volumeMissing)
	h.note(in, c.notes...)
	if c.table != nil {
		h.note(in, c.table.Notes...)
	}
}

func (h *history) place(key candle.Series) int {
	i, ok := h.places[key]
	if !ok {
		i = len(h.series)
		h.places[key] = i
		h.series = append(h.series, &series{key: key})
	}
	return i
}

// failSeries notes why a series could not be read, which its tape says.
func (h *history) failSeries(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.failed) < errorsJoined {
		h.failed = append(h.failed, err)
	}
}

// fail notes that an input could not be read.
func (h *history) fail(in *input, err error) {
	if !h.owns(in) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.report.Errors[in.name] == nil {
		h.report.Errors[in.name] = err
		h.failed = append(h.failed, in.wrap(err))
	}
}

func (h *history) skip(in *input, n int) {
	if n > 0 {
		h.leave(in, []RowsLeftOut{{Reason: reasonNoCandle, Rows: n}})
	}
}

// read hands every series to yield.
func (h *history) read(ctx context.Context, workers int, yield func(worker int, t *Tape) error) (Report, error) {
	var complete []*series
	for _, s := range h.series {
		if s.missing.Load() == 0 {
			complete = append(complete, s)
		}
	}
	calendar, err := candle.NewCalendar(h.data.Layout.Timezone)
	if err != nil {
		return Report{}, fmt.Errorf("history: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for i := range workers {
		w := &tapeWorker{h: h, calendar: calendar, yield: func(t *Tape) error { return yield(i, t) }}
		group.Go(func() {
			for ctx.Err() == nil {
				var err error
				switch n := int(next.Add(1)) - 1; {
				case n < len(complete):
					err = w.finish(complete[n])
				case n < len(complete)+len(h.units):
					err = w.unit(ctx, &h.units[n-len(complete)])
				default:
					return
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	group.Wait()
	h.report.Copies = h.data.Copies.Use()
	h.report.Storage, h.report.Good = h.cache.Traffic(), int(h.good.Load())
	h.report.sortLeftOut()
	if h.data.Shard.Of == 0 {
		h.noteVolumes()
	}
	if err := context.Cause(ctx); err != nil {
		return h.report, err
	}
	if h.data.Shard.Of > 0 { // whether there is nothing at all is known when the shards are merged
		h.report.VolumeMissing = h.volumeMissing
		h.report.Failed = h.failed[:min(errorsJoined, len(h.failed))]
		return h.report, nil
	}
	if h.good.Load() == 0 && len(h.failed) > 0 {
		return h.report, h.nothing()
	}
	return h.report, nil
}

// errorsJoined is how many inputs the error of a history names of which nothing
// could be read.
const errorsJoined = 5

// nothing is the error of a history of which no input could be read.
func (h *history) nothing() error {
	var all []error
	for _, err := range h.failed {
		if len(all) < errorsJoined {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// tapeWorker reads units and finishes series, one at a time.
type tapeWorker struct {
	h      *history
	yield  func(t *Tape) error
	block  stream.Block // of the series that is one run
	higher stream.Block // aggregated

	calendar candle.Calendar // of what is aggregated
}

// unit reads the runs of a unit. The error is the consumer's.
func (w *tapeWorker) unit(ctx context.Context, u *unit) error {
	r, err := u.open(ctx)
	if err == nil {
		defer r.close()
	}
	for i := range u.runs {
		if ctx.Err() != nil {
			return nil
		}
		if e := w.run(u, &u.runs[i], r, &err); e != nil {
			return e
		}
	}
	return nil
}

// run reads one run, or fails it where the reading of its unit has failed.
func (w *tapeWorker) run(u *unit, r *run, reader runReader, failed *error) error {
	if r.series < 0 {
		if *failed == nil {
			_, *failed = reader.read(r, nil)
		}
		return nil
	}
	s := w.h.series[r.series]
	p := &s.parts[r.part]
	if *failed == nil {
		block := &p.block
		if len(s.parts) == 1 {
			block = &w.block
			block.Reset()
		}
		var skipped int
		skipped, *failed = reader.read(r, block)
		w.h.skip(u.in, skipped)
		w.h.leave(u.in, r.left)
		w.h.noteVolume(u.in, r.volumeMissing)
		p.block, p.step, p.lines, p.forming = *block, r.step, r.lines, r.forming
	}
	if *failed != nil {
		p.err = u.in.wrap(*failed)
	}
	if s.missing.Add(-1) > 0 {
		return nil
	}
	return w.finish(s)
}

// wants reports whether a symbol is among those asked for.
func (d *Data) wants(symbol string) bool {
	if len(d.Symbols) == 0 || slices.Contains(d.Symbols, symbol) {
		return true
	}
	return slices.ContainsFunc(d.Symbols, func(pattern string) bool { return stream.SymbolMatches(pattern, symbol) })
}
