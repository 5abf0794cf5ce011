package source

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"streamd/candle"
	"streamd/stream"
)

// History is the candles of files, by series.
type History struct {
	Series  []SeriesHistory // ordered by symbol, then timeframe
	Skipped map[string]int  // bad candles by file
}

// SeriesHistory is the candles of one series, in the order of their files.
type SeriesHistory struct {
	Key   candle.Series
	Block stream.Block
	err   error
}

// ReadFiles reads candles from files and globs, "-" for standard input: .csv and
// .jsonl, also .gz. A candle that fails its check is skipped and counted; a file
// that cannot be read at all is an error.
func ReadFiles(patterns []string) (*History, error) {
	h := &History{Skipped: map[string]int{}}
	bySeries := map[candle.Series]*stream.Block{}
	for _, pattern := range patterns {
		paths := []string{pattern}
		if pattern != "-" {
			found, err := filepath.Glob(pattern)
			if err != nil {
				return nil, fmt.Errorf("source: pattern %q: %w", pattern, err)
			}
			if len(found) == 0 {
				return nil, fmt.Errorf("source: no file %s", pattern)
			}
			paths = found
		}
		for _, path := range paths {
			if err := h.readFile(path, bySeries); err != nil {
				return nil, err
			}
		}
	}
	h.collect(bySeries)
	return h, nil
}

// ReadCSV reads candles from the text of a CSV file.
func ReadCSV(r io.Reader) (*History, error) {
	h := &History{Skipped: map[string]int{}}
	bySeries := map[candle.Series]*stream.Block{}
	if err := h.readCSV("-", "", r, bySeries); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	h.collect(bySeries)
	return h, nil
}

// collect brings the series in order.
func (h *History) collect(bySeries map[candle.Series]*stream.Block) {
	for key, b := range bySeries {
		if key.Timeframe.IsZero() {
			key.Timeframe = smallestStep(b.Time)
		}
		h.Series = append(h.Series, SeriesHistory{Key: key, Block: *b})
	}
	sort.Slice(h.Series, func(i, j int) bool {
		a, b := h.Series[i].Key, h.Series[j].Key
		if a.Symbol != b.Symbol {
			return a.Symbol < b.Symbol
		}
		return a.Timeframe.Duration() < b.Timeframe.Duration()
	})
}

// smallestStep is the timeframe of a series that states none.
func smallestStep(at []int64) candle.Timeframe {
	least := int64(0)
	for i := 1; i < len(at); i++ {
		if d := at[i] - at[i-1]; d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	if tf, ok := candle.TimeframeOf(time.Duration(least)); ok {
		return tf
	}
	day, err := candle.ParseTimeframe("1d")
	if err != nil {
		panic("source: " + err.Error())
	}
	return day
}

func (h *History) readFile(path string, into map[candle.Series]*stream.Block) error {
	var r io.Reader = os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("source: %w", err)
		}
		defer f.Close()
		r = f
	}
	name := filepath.Base(path)
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("source: %s: %w", path, err)
		}
		r, name = z, strings.TrimSuffix(name, ".gz")
	}
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	var err error
	switch ext := filepath.Ext(name); {
	case ext == ".jsonl" || ext == ".json":
		err = h.readLines(path, stem, r, into)
	case ext == ".csv" || path == "-":
		err = h.readCSV(path, stem, r, into)
	default:
		err = fmt.Errorf("%w: files of type %q are not read, only .csv and .jsonl, also .gz", ErrUndecodable, ext)
	}
	if err != nil {
		return fmt.Errorf("source: %s: %w", path, err)
	}
	return nil
}

func (h *History) add(path string, key candle.Series, c candle.Candle, into map[candle.Series]*stream.Block) {
	if c.Check() != nil {
		h.Skipped[path]++
		return
	}
	b := into[key]
	if b == nil {
		b = new(stream.Block)
		into[key] = b
	}
	b.Append(c)
}

// readLines reads candle messages of the format flat, one a line.
func (h *History) readLines(path, stem string, r io.Reader, into map[candle.Series]*stream.Block) error {
	m, ok := candle.Format("flat")
	if !ok {
		panic("source: no format flat")
	}
	d, err := candle.NewDecoder(m, candle.Defaults{Symbol: stem})
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	var msgs []candle.Message
	for lines.Scan() {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		msgs, err = d.Decode(msgs[:0], nil, lines.Bytes())
		if err != nil {
			h.Skipped[path]++
			continue
		}
		for _, m := range msgs {
			if m.Closed {
				h.add(path, candle.Series{Symbol: string(m.Symbol), Timeframe: m.Timeframe}, m.Candle, into)
			}
		}
	}
	return lines.Err()
}

// columns of a CSV file, by what its header may call them.
var columnNames = map[string]string{
	"symbol": "symbol", "ticker": "symbol", "timeframe": "timeframe",
	"timestamp": "time", "date": "time", "time": "time", "datetime": "time", "ts": "time",
	"open": "open", "high": "high", "low": "low", "close": "close", "volume": "volume",
}

func (h *History) readCSV(path, stem string, r io.Reader, into map[candle.Series]*stream.Block) error {
	c := csv.NewReader(bufio.NewReaderSize(r, 1<<16))
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	header, err := c.Read()
	if err != nil {
		return fmt.Errorf("%w: header: %w", ErrUndecodable, err)
	}
	at := map[string]int{}
	for i, name := range header {
		if what, ok := columnNames[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))]; ok {
			at[what] = i
		}
	}
	for _, need := range []string{"time", "open", "high", "low", "close"} {
		if _, ok := at[need]; !ok {
			return fmt.Errorf("%w: no column for %s in the header %q", ErrUndecodable, need, slices.Clone(header))
		}
	}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		key, bar, ok := csvCandle(row, at, stem)
		if !ok {
			h.Skipped[path]++
			continue
		}
		h.add(path, key, bar, into)
	}
}

func csvCandle(row []string, at map[string]int, stem string) (candle.Series, candle.Candle, bool) {
	key := candle.Series{Symbol: stem}
	var bar candle.Candle
	text := func(what string) (string, bool) {
		i, ok := at[what]
		if !ok || i >= len(row) {
			return "", false
		}
		return strings.TrimSpace(row[i]), true
	}
	if s, ok := text("symbol"); ok {
		key.Symbol = strings.Clone(s)
	}
	if s, ok := text("timeframe"); ok && s != "" {
		tf, err := candle.ParseTimeframe(s)
		if err != nil {
			return key, bar, false
		}
		key.Timeframe = tf
	}
	when, _ := text("time")
	t, err := ParseTime(when)
	if err != nil {
		return key, bar, false
	}
	bar.Time = t.UnixNano()
	for _, f := range []struct {
		what string
		into *float64
	}{{"open", &bar.Open}, {"high", &bar.High}, {"low", &bar.Low}, {"close", &bar.Close}, {"volume", &bar.Volume}} {
		s, ok := text(f.what)
		if !ok && f.what == "volume" {
			continue
		}
		if *f.into, err = strconv.ParseFloat(s, 64); err != nil {
			return key, bar, false
		}
	}
	return key, bar, key.Symbol != ""
}

// ParseTime reads RFC 3339, a date, a date and time in UTC, or an epoch in s,
// ms, µs or ns, told apart by magnitude.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, time.DateTime, "2006-01-02T15:04:05", "20060102"} {
		if layout == "20060102" && len(s) != 8 {
			continue
		}
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, fmt.Errorf("source: %q is no time", s)
	}
	switch {
	case n < 1e11:
		return time.Unix(n, 0).UTC(), nil
	case n < 1e14:
		return time.UnixMilli(n).UTC(), nil
	case n < 1e17:
		return time.UnixMicro(n).UTC(), nil
	default:
		return time.Unix(0, n).UTC(), nil
	}
}

// Ordered drops the candles that the engine would not apply: those that are not
// newer than the one before.
func (s *SeriesHistory) Ordered() {
	b := &s.Block
	ordered := true
	for i := 1; i < b.Len() && ordered; i++ {
		ordered = b.Time[i] > b.Time[i-1]
	}
	if ordered {
		return
	}
	kept := stream.Block{}
	last, seen := int64(0), false
	for i := range b.Len() {
		if c := b.At(i); !seen || c.Time > last {
			kept.Append(c)
			last, seen = c.Time, true
		}
	}
	*b = kept
}
