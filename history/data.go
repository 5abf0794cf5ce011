package history

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/candle"
	"streamd/history/bucket"
	"streamd/history/layout"
	"streamd/stream"
)

// ErrUndecodable marks input that is no history in any format that is read. It
// is told from history without candles, which is no error.
var ErrUndecodable = layout.ErrUndecodable

// Data says which history to read.
type Data struct {
	Paths      []string          // files, globs, s3:// gs:// az:// addresses, "-" for standard input
	Timeframe  candle.Timeframe  // what finer candles are aggregated to; zero keeps them as they are
	From, To   int64             // open times in nanoseconds, From inclusive and To exclusive; 0 is open
	Cold       bool              // leave out what lies before From, which otherwise warms the indicators
	Symbols    []string          // names and patterns as BTC*; none for all
	Shard      Shard             // which part of the series to read, of Paths
	SymbolFrom *regexp.Regexp    // its first group on the path, else on the file's name, is the symbol
	Layout     layout.FileLayout // what is known of the layout of tables of text
	Stdin      io.Reader         // what "-" reads
	Stall      time.Duration     // how long a pipe may give nothing before that is an error; 0 for ever
	Format     string            // preset of candle.Format for JSON lines; flat
	Topics     *TopicRange       // read instead of Paths
	Forming    bool              // keep the newest candle that has not closed, of JSON lines
	Now        int64             // in nanoseconds, what bars may not lie beyond; 0 for the clock of this machine
	Copies     *Copies           // where converted copies of inputs are kept; nil for nowhere
	Memory     []Tape            // history at hand in order of time, read instead of Paths; it is not changed

	// Reads are the columns that are looked at; 0 for all. Others need not be decoded, and are na then, where candles
	// are known to be good: of Parquet files that this program wrote, and of all with Trust.
	Reads stream.PriceSet
	Trust bool // take the candles for good as far as they are not looked at

	frame candle.Timeframe // of Layout
}

// Tape is the candles of one series, each newer than the one before, or Err,
// what kept them from being read. It is valid until the function that got it
// returns.
type Tape struct {
	Key   candle.Series
	Block stream.Block
	// First is the first bar of the range that was asked for. The bars before it
	// warm indicators, and nothing is reported of them.
	First int
	Err   error
	// Forming is the candle after the block that has not closed, where Data asks
	// for it and the history is not aggregated; nil for none.
	Forming *candle.Candle
	Of      int // how many series the history has; 0 while that is not known
}

// Report says what was not read, by file: candles skipped for a defect, and
// files that could not be read (to their end).
type Report struct {
	Skipped map[string]int
	LeftOut map[string][]RowsLeftOut // the same by reason
	Notes   map[string][]string      // what was taken for granted of a file, as its zone
	Errors  map[string]error
	Storage bucket.Traffic // what object storage was asked for
	Copies  CopyUse        // what Data.Copies has done since it was opened
	Files   []FileFacts    // what was understood of the first filesMax files

	Inputs     int    // how many files there are
	InputsHash uint64 // of their names
	Good       int    // series that were read

	// Of a shard only, for MergeReports: the rows whose volume is missing, and why nothing could be read.
	VolumeMissing map[string]int
	Failed        []error
}

// filesMax bounds of how many files a report says what was understood.
const filesMax = 10_000

// FileFacts is what was understood of a file.
type FileFacts struct {
	Name   string             `json:"name"`
	Format string             `json:"format"`
	Pack   string             `json:"packed,omitempty"` // gz, zst, xz, bz2, zip
	Layout *layout.FileLayout `json:"layout,omitempty"` // of text
	Unused []string           `json:"unused,omitempty"` // columns that no field is in
}

// Range returns the bars of the range that was asked for: the block without
// those that only warm.
func (t *Tape) Range() stream.Block { return t.Block.Slice(t.First, t.Block.Len()) }

// Tapes reads the history with so many workers and hands every series once and
// whole to yield, in no particular order. Yield is called from the workers'
// goroutines with the worker's number; its error, or the end of the context,
// ends the reading and is returned. A file that cannot be read is reported and
// the others go on.
func (d Data) Tapes(ctx context.Context, workers int, yield func(worker int, t *Tape) error) (Report, error) {
	if err := d.prepare(); err != nil {
		return Report{}, err
	}
	h := newHistory(&d)
	defer h.close()
	workers = max(workers, 1)
	switch {
	case d.Topics != nil:
		if err := h.addTopics(ctx, d.Topics, workers); err != nil {
			return h.report, err
		}
	case d.Memory != nil:
		h.addMemory(d.Memory)
	default:
		if err := h.index(ctx, workers); err != nil {
			return h.report, err
		}
	}
	return h.read(ctx, workers, yield)
}

// prepare checks the layout and reads the clock.
func (d *Data) prepare() error {
	if err := d.Layout.Check(); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	if d.Layout.Timeframe != "" {
		d.frame, _ = candle.LookupTimeframe(d.Layout.Timeframe)
	}
	if d.Copies != nil {
		d.Reads = 0 // a copy has all columns
	}
	if d.Now == 0 {
		d.Now = time.Now().UnixNano()
	}
	return nil
}

// addMemory takes in history at hand, which is as it should be.
func (h *history) addMemory(tapes []Tape) {
	in := &input{name: "memory"}
	for i := range tapes {
		if t := &tapes[i]; h.data.wants(t.Key.Symbol) {
			h.series = append(h.series, &series{
				key:   t.Key,
				parts: []part{{in: in, block: t.Block.Slice(0, t.Block.Len()), err: t.Err}},
			})
		}
	}
}

// Collect reads the whole history into memory, ordered by symbol, then
// timeframe.
func (d Data) Collect(ctx context.Context, workers int) ([]Tape, Report, error) {
	var mu sync.Mutex
	var tapes []Tape
	report, err := d.Tapes(ctx, workers, func(_ int, t *Tape) error {
		own := Tape{Key: t.Key, Block: t.Block.Clone(), First: t.First, Err: t.Err, Forming: t.Forming}
		mu.Lock()
		defer mu.Unlock()
		tapes = append(tapes, own)
		return nil
	})
	sortTapes(tapes)
	return tapes, report, err
}

func sortTapes(tapes []Tape) {
	slices.SortFunc(tapes, func(a, b Tape) int {
		return cmp.Or(strings.Compare(a.Key.Symbol, b.Key.Symbol),
			cmp.Compare(a.Key.Timeframe.Duration(), b.Key.Timeframe.Duration()))
	})
}

// Wants reports whether the series of a symbol are asked for.
func (d *Data) Wants(symbol string) bool { return d.wants(symbol) }
