package history

import (
	"context"
	"errors"
	"os"
	"sync"

	"streamd/candle"
	"streamd/stream"
)

// copied is an input that is read from its copy.
type copied struct {
	copies *Copies
	data   *Data
	in     *input
	key    string

	facts        FileFacts
	likelySymbol string

	mu      sync.Mutex
	renewed bool
}

// errChanged is the error of an input whose copy has to be written again when it is not the same any more.
var errChanged = errors.New("it changed while it was read")

// contents returns what an input holds as its copy says, which it makes where there is none. The contents are nil
// where the input has to be read itself; the error, if any, says what kept it from having a copy.
func (c *Copies) contents(ctx context.Context, d *Data, in *input) (*contents, error) {
	key, err := c.key(ctx, d, in)
	if key == "" {
		return nil, err
	}
	one := &copied{copies: c, data: d, in: in, key: key}
	c.claim(c.path(key))
	if x, size, err := c.index(key); err == nil {
		c.found(c.path(key), size)
		return one.contents(x), nil
	}
	x, err := c.convert(ctx, d, in, key)
	if err != nil {
		return nil, err
	}
	return one.contents(x), nil
}

// index reads the index of a copy.
func (c *Copies) index(key string) (*copyIndex, int64, error) {
	f, err := os.Open(c.path(key))
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	return readCopyIndex(f)
}

// convert reads an input and writes its copy.
func (c *Copies) convert(ctx context.Context, d *Data, in *input, key string) (x *copyIndex, err error) {
	f, err := os.CreateTemp(c.folder, key[:16]+"-*"+temporarySuffix)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(f.Name()) // else another run does, after temporaryAge
		}
	}()
	whole := *d
	whole.From, whole.To, whole.Cold, whole.Timeframe, whole.Copies = 0, 0, false, candle.Timeframe{}, nil
	w := newCopyWriter(f, c.bytesMax)
	own := *in // others read it meanwhile, where a copy is renewed
	own.copied = nil
	if err := w.input(ctx, &whole, &own); err != nil {
		return nil, err
	}
	size, err := w.finish()
	if err != nil {
		return nil, err
	}
	return &w.index, c.keep(f.Name(), key, size)
}

// input writes all runs of an input.
func (w *copyWriter) input(ctx context.Context, d *Data, in *input) error {
	c, err := readContents(ctx, d, in)
	if err != nil {
		return err
	}
	x := &w.index
	if in.table = c.table; in.table != nil {
		x.LikelySymbol = in.table.LikelySymbol
		c.notes = append(c.notes, in.table.Notes...)
	}
	x.Facts, x.Unit = in.facts(d), in.unit
	x.Skipped, x.Left, x.Notes, x.VolumeMissing = c.skipped, c.left, c.notes, c.volumeMissing
	x.Elsewhere = c.elsewhere
	for _, key := range c.keys {
		k := copiedSeries{Symbol: key.Symbol}
		if !key.Timeframe.IsZero() {
			k.Timeframe = key.Timeframe.String()
		}
		x.Keys = append(x.Keys, k)
	}
	for i := range c.held {
		p := &c.held[i]
		r := copiedRun{Series: i, Step: p.step, Forming: p.forming}
		r.setLines(&p.lines)
		if err := w.run(r, &p.block); err != nil {
			return err
		}
	}
	for i := range c.units {
		if err := w.unit(ctx, d, c, &c.units[i]); err != nil {
			return err
		}
	}
	return nil
}

// unit writes the runs of a unit that are wanted.
func (w *copyWriter) unit(ctx context.Context, d *Data, c *contents, u *unit) error {
	reader, err := u.open(ctx)
	if err != nil {
		return err
	}
	defer reader.close()
	var block stream.Block
	for i := range u.runs {
		r := &u.runs[i]
		into := &block
		into.Reset()
		symbol := c.keys[r.series].Symbol
		if symbol == "" || !d.wants(symbol) || !d.Shard.Has(symbol) {
			into = nil
		}
		skipped, err := reader.read(r, into)
		if err != nil {
			return err
		}
		if into == nil {
			continue
		}
		kept := copiedRun{
			Series: r.series, Step: r.step, Left: r.left, Skipped: skipped, VolumeMissing: r.volumeMissing,
		}
		kept.setLines(&r.lines)
		if err := w.run(kept, into); err != nil {
			return err
		}
	}
	return nil
}

func (r *copiedRun) setLines(l *lineNumbers) {
	r.FirstLine, r.Lines, r.EachLine = l.first, l.bars, l.each
}

// contents makes units of the runs of a copy, of about unitBytes each.
func (c *copied) contents(x *copyIndex) *contents {
	c.facts, c.likelySymbol = x.Facts, x.LikelySymbol
	c.in.copied, c.in.unit, c.in.format = c, x.Unit, x.Facts.Format
	all := &contents{
		skipped: x.Skipped, left: x.Left, notes: x.Notes, volumeMissing: x.VolumeMissing, elsewhere: x.Elsewhere,
	}
	for _, k := range x.Keys {
		key := candle.Series{Symbol: k.Symbol}
		if k.Timeframe != "" {
			key.Timeframe, _ = candle.ParseTimeframe(k.Timeframe) // it is what String made
		}
		all.keys = append(all.keys, key)
	}
	var runs []run
	rows := 0
	flush := func() {
		if len(runs) > 0 {
			all.units = append(all.units, unit{runs: runs, open: c.open})
		}
		runs, rows = nil, 0
	}
	for i := range x.Runs {
		k := &x.Runs[i]
		runs = append(runs, run{
			series: k.Series, rows: k.Rows, step: k.Step, left: k.Left, volumeMissing: k.VolumeMissing,
			lines: lineNumbers{first: k.FirstLine, bars: k.Lines, each: k.EachLine}, forming: k.Forming, copied: k,
		})
		if rows += k.Rows; rows*runBytes >= unitBytes {
			flush()
		}
	}
	flush()
	return all
}

// open opens the copy for a unit.
func (c *copied) open(ctx context.Context) (runReader, error) {
	f, err := os.Open(c.copies.path(c.key))
	if errors.Is(err, os.ErrNotExist) { // it made room for one of another run
		if err = c.renew(ctx); err == nil {
			f, err = os.Open(c.copies.path(c.key))
		}
	}
	if err != nil {
		return nil, err
	}
	return &copiedRuns{copied: c, f: f, ctx: ctx}, nil
}

// renew writes the copy again, once.
func (c *copied) renew(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.renewed {
		return nil
	}
	c.renewed = true
	key, err := c.copies.key(ctx, c.data, c.in)
	if err == nil && key != c.key {
		err = errChanged
	}
	if err != nil {
		return err
	}
	_, err = c.copies.convert(ctx, c.data, c.in, key)
	return err
}

// copiedRuns reads the runs of a copy.
type copiedRuns struct {
	*copied
	f      *os.File
	ctx    context.Context
	buffer []byte
}

func (c *copiedRuns) read(r *run, into *stream.Block) (skipped int, err error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	if into == nil {
		return 0, nil
	}
	if err = readCopiedRun(c.f, r.copied, into, &c.buffer); err != nil {
		err = c.again(r, into)
	}
	return r.copied.Skipped, err
}

// again reads a run of a damaged copy from one that is written again.
func (c *copiedRuns) again(r *run, into *stream.Block) error {
	if err := c.renew(c.ctx); err != nil {
		return err
	}
	f, err := os.Open(c.copies.path(c.key))
	if err != nil {
		return err
	}
	c.f.Close()
	c.f = f
	return readCopiedRun(c.f, r.copied, into, &c.buffer)
}

func (c *copiedRuns) close() { c.f.Close() }
