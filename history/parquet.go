package history

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"streamd/candle"
	"streamd/history/bucket"
	"streamd/stream"
)

// parquetBuffer is how much of a column is read at a time.
const parquetBuffer = 256 << 10

// parquetFile is an open Parquet file.
type parquetFile struct {
	*parquet.File
	closer io.Closer
	remote *bucket.ObjectReader // where the file is an object
	names  []string             // of the columns of values
	all    []*parquetColumn     // nil for those that are not read
	// the columns of candles, where their values are what candles hold; nil for those
	// that the file does not have
	columns [fieldCount]*parquetColumn
}

// openParquet opens an input and finds the columns of candles in it.
func openParquet(ctx context.Context, in *input) (*parquetFile, error) {
	var r io.ReaderAt
	var size int64
	var closer io.Closer = io.NopCloser(nil)
	switch {
	case in.whole != nil:
		r, size = in.whole, in.whole.Size()
	case in.object != nil && in.pack == "":
		r, size = in.object.reader(ctx), in.object.Size
	case in.pack != "" || in.member != nil:
		b, err := in.inMemory(ctx)
		if err != nil {
			return nil, err
		}
		r, size = b, b.Size()
	default:
		f, err := os.Open(in.path)
		if err != nil {
			return nil, errors.Unwrap(err)
		}
		info, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		r, size, closer = f, info.Size(), f
	}
	p := &parquetFile{closer: closer}
	p.remote, _ = r.(*bucket.ObjectReader)
	if err := guard(func() error { return p.open(r, size) }); err != nil {
		closer.Close()
		return nil, err
	}
	return p, nil
}

// guard calls f and makes an error of a panic: what a damaged file makes the
// library do is the file's fault.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: damaged: %v", ErrUndecodable, p)
		}
	}()
	return f()
}

func (p *parquetFile) open(r io.ReaderAt, size int64) error {
	if err := checkEnds(r, size); err != nil {
		return err
	}
	f, err := parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true),
		parquet.SkipMagicBytes(true), parquet.ReadBufferSize(int(min(size, parquetBuffer))))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	p.File = f
	p.readSchema()
	return p.checkGroups(size)
}

// checkEnds finds files that are cut off, which have no end.
func checkEnds(r io.ReaderAt, size int64) error {
	if size == 0 {
		return errEmpty
	}
	var start, end [8]byte
	if _, remote := r.(*bucket.ObjectReader); remote {
		copy(start[:], parquetMagic) // the end tells as well, and each place that is read is a request
	} else if _, err := r.ReadAt(start[:min(8, size)], 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if size < 12 {
		return fmt.Errorf("%w: %d bytes are no Parquet file", ErrUndecodable, size)
	}
	if _, err := r.ReadAt(end[:], size-8); err != nil {
		return err
	}
	switch footer := int64(binary.LittleEndian.Uint32(end[:4])); {
	case !bytes.HasPrefix(start[:], parquetMagic):
		return fmt.Errorf("%w: it does not start as a Parquet file does", ErrUndecodable)
	case !bytes.HasSuffix(end[:], parquetMagic):
		return fmt.Errorf("%w: its end is missing, as if cut off", ErrUndecodable)
	case footer > size-12:
		return fmt.Errorf("%w: its footer of %d bytes does not fit into the file of %d", ErrUndecodable, footer, size)
	case footer > footerMax:
		return fmt.Errorf("%w: its footer of %d bytes is longer than %d MiB", ErrUndecodable, footer, footerMax>>20)
	default:
		return checkFooter(r, size, footer)
	}
}

// checkFooter finds metadata that would make the library ask for more memory than
// there is.
func checkFooter(r io.ReaderAt, size, length int64) error {
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	if _, err := thriftLength(footer); err != nil {
		return fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	return nil
}

// rowsMax bounds the rows of a row group, and with it what a damaged page can
// make the library ask for.
const rowsMax = 128 << 20

// checkGroups refuses what cannot be read rightly.
func (p *parquetFile) checkGroups(size int64) error {
	for i := range p.Metadata().RowGroups {
		g := &p.Metadata().RowGroups[i]
		if g.NumRows < 0 || g.NumRows > rowsMax {
			return fmt.Errorf("%w: row group %d has %d rows, at most %d are read", ErrUndecodable, i, g.NumRows,
				rowsMax)
		}
		for _, c := range p.all {
			if c == nil {
				continue
			}
			if c.index >= len(g.Columns) {
				return fmt.Errorf("%w: row group %d has no column %s", ErrUndecodable, i, c.name)
			}
			m := &g.Columns[c.index].MetaData
			switch m.Codec {
			case format.Uncompressed, format.Snappy, format.Gzip, format.Zstd, format.Brotli, format.Lz4Raw:
			default:
				return fmt.Errorf("%w: column %s is compressed by %s, which is not read: write it with snappy, gzip "+
					"or zstd", ErrUndecodable, c.name, m.Codec)
			}
			if m.NumValues != g.NumRows || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size ||
				m.DataPageOffset < 0 || m.DataPageOffset > size {
				return fmt.Errorf("%w: row group %d, column %s: damaged, %d values in %d rows", ErrUndecodable, i,
					c.name, m.NumValues, g.NumRows)
			}
		}
	}
	return nil
}

// planned says which columns of an object will be read.
func (p *parquetFile) planned(columns []*parquetColumn) {
	if p.remote == nil {
		return
	}
	var spans []bucket.ByteRange
	for i := range p.Metadata().RowGroups {
		g := &p.Metadata().RowGroups[i]
		for _, c := range columns {
			if c != nil {
				from, size := chunkOf(&g.Columns[c.index].MetaData)
				spans = append(spans, bucket.ByteRange{From: from, To: from + size})
			}
		}
	}
	p.remote.Plan(spans)
}

// parquetRuns reads the runs of a unit, column by column.
type parquetRuns struct {
	file    *parquetFile
	data    *Data
	ctx     context.Context
	time    columnReader[int64]
	numbers [stream.PricesCount]columnReader[float64]
	reads   stream.PriceSet // which of numbers there are
	absent  stream.PriceSet // of the file: volumes that count as 0
}

// openRuns opens a file at a row.
func openRuns(ctx context.Context, d *Data, in *input, row int64) (runReader, error) {
	p, err := openParquet(ctx, in)
	if err != nil {
		return nil, err
	}
	if !p.plain(d, in) {
		p.closer.Close()
		return nil, fmt.Errorf("%w: it changed while it was read", ErrUndecodable)
	}
	r := runsPool.Get().(*parquetRuns)
	r.file, r.data, r.ctx = p, d, ctx
	r.reads, r.absent = p.narrow(d)
	p.planned(p.columns[:])
	r.time.begin(p, p.columns[fieldTime], row, badTime)
	r.time.decode = p.columns[fieldTime].times
	for i := range r.numbers {
		if c := p.columns[fieldOpen+i]; c != nil {
			n := &r.numbers[i]
			n.begin(p, c, row, notANumber)
			n.decode = c.numbers
			if c.kind == parquet.Double {
				n.view = func(v encoding.Values) []float64 { return v.Double() }
			}
		}
	}
	return r, nil
}

// runsPool keeps readers that are closed for the memory of their pages, about as many as work side by side. Each has
// what its largest pages took, pageMax at most; the garbage collector frees those that wait.
var runsPool = sync.Pool{New: func() any { return new(parquetRuns) }}

func (r *parquetRuns) read(n *run, into *stream.Block) (skipped int, err error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	err = guard(func() error {
		if into == nil {
			return r.skip(n.rows)
		}
		from := into.Len()
		if err := r.columns(n, into); err != nil {
			return err
		}
		dropBad(into, from, n, r.reads|r.absent)
		return nil
	})
	return skipped, err
}

// columns appends the next rows to the columns of a block: those of the range,
// where their times rise. The prices of others are not looked at.
func (r *parquetRuns) columns(n *run, into *stream.Block) error {
	from := into.Len()
	var err error
	if into.Time, err = r.time.read(n.rows, into.Time); err != nil {
		return err
	}
	i, j := 0, n.rows
	if at := into.Time[from:]; r.ranged() && rises(at) {
		n.step = usualStep(at)
		i, j = r.within(at)
		into.Time = append(into.Time[:from], at[i:j]...)
	}
	for k, column := range [...]*[]float64{&into.Open, &into.High, &into.Low, &into.Close, &into.Volume} {
		if !r.reads.Has(k) {
			*column = fill(*column, j-i, r.absent.Has(k))
			continue
		}
		c := &r.numbers[k]
		if err := c.skip(i); err != nil {
			return err
		}
		if *column, err = c.read(j-i, *column); err != nil {
			return err
		}
		if err := c.skip(n.rows - j); err != nil {
			return err
		}
	}
	return nil
}

// ranged reports whether a part of the history is wanted.
func (r *parquetRuns) ranged() bool {
	if r.data.Layout.Stamp == "end" {
		return false // the times are not yet those of the bars
	}
	return r.data.Cold && r.data.From != 0 || r.data.To != 0
}

// within returns which of rising times are needed for the range. A bar that
// opens in it may need candles behind its end.
func (r *parquetRuns) within(at []int64) (i, j int) {
	i, j = 0, len(at)
	if r.data.Cold && r.data.From != 0 {
		i, _ = slices.BinarySearch(at, r.data.From)
	}
	if to := r.data.To; to != 0 {
		if tf := r.data.Timeframe; !tf.IsZero() {
			to = tf.Next(tf.Align(to - 1))
		}
		j, _ = slices.BinarySearch(at, to)
	}
	return i, max(i, j)
}

// rises reports whether every time is good and newer than the one before.
func rises(at []int64) bool {
	last := candle.MinTime - 1
	for _, t := range at {
		if t <= last {
			return false
		}
		last = t
	}
	return last < candle.EndTime
}

func (r *parquetRuns) skip(rows int) error {
	if err := r.time.skip(rows); err != nil {
		return err
	}
	for i := range r.numbers {
		if !r.reads.Has(i) {
			continue
		}
		if err := r.numbers[i].skip(rows); err != nil {
			return err
		}
	}
	return nil
}

// close ends the reading; the reader belongs to another file afterwards.
func (r *parquetRuns) close() {
	r.time.close()
	for i := range r.numbers {
		r.numbers[i].close()
	}
	r.file.closer.Close()
	r.file, r.data, r.ctx = nil, nil, nil
	runsPool.Put(r)
}
