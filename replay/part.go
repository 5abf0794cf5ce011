package replay

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/history"
	"streamd/stream"

	"github.com/klauspost/compress/zstd"
)

// Part is what a job found in one shard of its history, series by series. Merged with the parts of all other shards
// it gives what the job gives on the whole history, to the byte: whatever adds up series runs again, in their order.
type Part struct {
	Task   Task
	Shard  history.Shard
	Report history.Report
	Cache  CacheStats
	Took   time.Duration

	// Of these a part has what its task asks for.
	Results     []SeriesResult   // a scan
	Accounts    *Accounts        // a backtest
	Occurrences *Occurrences     // a discovery
	Similar     []Similar        // windows that look alike, of which Errors says which symbols failed
	Errors      map[string]error // by symbol
}

// Task is all that the results of a job depend on besides its candles. Parts of different tasks are not merged.
type Task struct {
	Release    string           `json:"release"` // of the program
	Type       JobType          `json:"type"`
	Formulas   []stream.Formula `json:"formulas"`
	Indicators []formula.Named  `json:"indicators"`
	Buffer     int              `json:"buffer"`
	Gaps       stream.GapPolicy `json:"gaps"`

	Timeframe  string          `json:"timeframe"`
	From       int64           `json:"from"`
	To         int64           `json:"to"`
	Cold       bool            `json:"cold"`
	Symbols    []string        `json:"symbols"`
	SymbolFrom string          `json:"symbol_from"`
	Layout     json.RawMessage `json:"layout"`
	Format     string          `json:"format"`

	Values      []string    `json:"values"`
	CountOnly   bool        `json:"count_only"`
	Statistics  bool        `json:"statistics"`
	KeepCandles bool        `json:"keep_candles"`
	Horizons    []int       `json:"horizons"`
	Entry       Entry       `json:"entry"`
	Last        int         `json:"last"`
	Splits      SplitPolicy `json:"splits"`

	Rules    *TradingRules    `json:"rules,omitempty"`    // of a backtest
	Discover *DiscoverOptions `json:"discover,omitempty"` // of a discovery
	Like     *Window          `json:"like,omitempty"`     // of a search for windows that look alike
	Nearest  int              `json:"nearest,omitempty"`  // how many of them

	// Print is how the command that made the part would have printed the whole, and Settings are the lines of the
	// report of a backtest.
	Print    map[string]string `json:"print"`
	Settings []Setting         `json:"settings,omitempty"`
}

// TaskOf returns the task of a job.
func TaskOf(j *Job, release string) Task {
	d := &j.Data
	t := Task{
		Release: release, Type: j.Type, Formulas: j.Formulas, Indicators: j.Indicators, Buffer: j.Buffer, Gaps: j.Gaps,
		From: d.From, To: d.To, Cold: d.Cold, Symbols: d.Symbols, Format: d.Format,
		Values: j.Values, CountOnly: j.CountOnly, Statistics: j.Statistics, KeepCandles: j.KeepCandles,
		Horizons: j.Horizons, Entry: j.Entry, Last: j.Last, Splits: j.Splits,
	}
	text, err := json.Marshal(&d.Layout)
	if err != nil {
		panic("replay: " + err.Error()) // of texts and numbers
	}
	t.Layout = text
	if !d.Timeframe.IsZero() {
		t.Timeframe = d.Timeframe.String()
	}
	if d.SymbolFrom != nil {
		t.SymbolFrom = d.SymbolFrom.String()
	}
	return t
}

// Job returns a job with what the finishing of results needs. It has no data.
func (t *Task) Job() *Job {
	return &Job{
		Type: t.Type, Formulas: t.Formulas, Indicators: t.Indicators, Buffer: t.Buffer, Gaps: t.Gaps,
		Values: t.Values, CountOnly: t.CountOnly, Statistics: t.Statistics, Horizons: t.Horizons, Entry: t.Entry,
		Last: t.Last, Splits: t.Splits,
	}
}

// partVersion is raised whenever what a part holds changes. partMagic is what a part begins with.
const (
	partVersion = 1
	partMagic   = "streamd part\n"
)

// partHead is the first record of a part, partEntry one of the following: a series of it, or its end.
type partHead struct {
	Version int
	Task    []byte // as JSON
	Shard   history.Shard
}

type partEntry struct {
	Result  *resultRecord
	Account *accountRecord
	Outcome *outcomesRecord
	Similar *similarRecord
	Failed  *failedRecord
	End     *endRecord
}

// failedRecord is a symbol that failed in a job whose results have no errors of their own.
type failedRecord struct{ Symbol, Text string }

// endRecord ends a part: one without it was cut short.
type endRecord struct {
	Entries int
	Took    time.Duration
	Cache   CacheStats

	Skipped, VolumeMissing map[string]int
	LeftOut                map[string][]history.RowsLeftOut
	Notes                  map[string][]string
	Errors                 map[string]string
	Failed                 []string
	Inputs, Good           int
	InputsHash             uint64
	Requests, Bytes        int64
}

// Write writes the part: a line that names the format, then records of encoding/gob, packed with a checksum.
func (p *Part) Write(w io.Writer) error {
	task, err := json.Marshal(&p.Task)
	if err != nil {
		return fmt.Errorf("replay: part: %w", err)
	}
	if _, err := io.WriteString(w, partMagic); err != nil {
		return fmt.Errorf("replay: part: %w", err)
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return fmt.Errorf("replay: part: %w", err)
	}
	out := gob.NewEncoder(z)
	err = out.Encode(&partHead{Version: partVersion, Task: task, Shard: p.Shard})
	entries := 0
	p.entries(func(e *partEntry) bool {
		if err == nil {
			err = out.Encode(e)
			entries++
		}
		return err == nil
	})
	if err == nil {
		err = out.Encode(&partEntry{End: p.end(entries)})
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return fmt.Errorf("replay: part: %w", err)
	}
	return nil
}

// ReadPart reads a part. The error of one that is none, of another version, or damaged says so.
func ReadPart(r io.Reader) (*Part, error) {
	in := bufio.NewReader(r)
	magic := make([]byte, len(partMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != partMagic {
		return nil, errors.New("not a part: streamd scan, backtest and discover write them with --shard")
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	defer z.Close()
	records := gob.NewDecoder(z)
	var head partHead
	if err := records.Decode(&head); err != nil {
		return nil, damaged(err)
	}
	if head.Version != partVersion {
		return nil, fmt.Errorf("format %d, and this release reads %d: make the parts and merge them with one release",
			head.Version, partVersion)
	}
	if s := head.Shard; s.Of < 1 || s.Of > history.ShardsMax || s.Index < 0 || s.Index >= s.Of {
		return nil, fmt.Errorf("damaged: no shard %s", s)
	}
	p := &Part{Shard: head.Shard, Errors: map[string]error{}}
	if err := json.Unmarshal(head.Task, &p.Task); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	b, err := newPartReader(p)
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	for n := 0; ; n++ {
		var e partEntry
		switch err := records.Decode(&e); {
		case err != nil:
			return nil, damaged(err)
		case e.End != nil:
			return p, b.end(e.End, n, z)
		}
		if err := b.take(&e); err != nil {
			return nil, fmt.Errorf("damaged: %w", err)
		}
	}
}

func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut short")
	}
	return fmt.Errorf("damaged: %w", err)
}

// seriesText and seriesOf are a series as a part names it.
type seriesText struct{ Symbol, Timeframe string }

func textOf(key candle.Series) seriesText {
	t := seriesText{Symbol: key.Symbol}
	if !key.Timeframe.IsZero() {
		t.Timeframe = key.Timeframe.String()
	}
	return t
}

func (t seriesText) series() (candle.Series, error) {
	key := candle.Series{Symbol: t.Symbol}
	if t.Timeframe == "" {
		return key, nil
	}
	var err error
	key.Timeframe, err = candle.ParseTimeframe(t.Timeframe)
	return key, err
}
