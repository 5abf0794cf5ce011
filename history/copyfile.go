package history

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"

	"streamd/candle"
	"streamd/stream"
)

// A copy is a mark, then the runs of candles as six columns each, then what is known of them (copyIndex as gob) with
// its checksum and length. Every run has its own checksum in the index.

// copyVersion is that of the format of copies; other versions are other keys.
const copyVersion = 1

// copyMagic is what copies begin with.
const copyMagic = "streamd\x01"

// copyTail is how long the checksum and the length of the index are.
const copyTail = 12

// runBytes is how long a candle of a copy is.
const runBytes = 48

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errCopy is the error of a copy that is not as it was written.
var errCopy = errors.New("the copy in the cache is damaged")

// copyIndex is what is known of an input and of the runs in its copy.
type copyIndex struct {
	Facts         FileFacts
	Unit          string
	LikelySymbol  string
	Keys          []copiedSeries
	Runs          []copiedRun
	Skipped       int
	Left          []RowsLeftOut
	Notes         []string
	VolumeMissing int
	Elsewhere     bool
}

// copiedSeries is a candle.Series; the timeframe is empty where the input names none.
type copiedSeries struct{ Symbol, Timeframe string }

// copiedRun is a run of candles, and where it stands.
type copiedRun struct {
	Series, Rows  int
	At            int64
	Sum           uint32
	Step          int64
	FirstLine     int
	Lines         int
	EachLine      []uint32
	Left          []RowsLeftOut
	Skipped       int
	VolumeMissing int
	Forming       *candle.Candle
}

// copyWriter writes a copy.
type copyWriter struct {
	f     *os.File
	w     *bufio.Writer
	at    int64
	most  int64
	index copyIndex
	bytes []byte
}

func newCopyWriter(f *os.File, most int64) *copyWriter {
	w := &copyWriter{f: f, w: bufio.NewWriterSize(f, parquetBuffer), most: most}
	_, _ = w.w.WriteString(copyMagic) // the error stays, and Flush returns it
	w.at = int64(len(copyMagic))
	return w
}

// run appends a run with its candles.
func (w *copyWriter) run(r copiedRun, b *stream.Block) error {
	r.Rows, r.At = b.Len(), w.at
	if w.at += int64(r.Rows) * runBytes; w.at > w.most {
		return fmt.Errorf("its copy takes more than %d MiB", w.most>>20)
	}
	for k := range 6 {
		for from := 0; from < r.Rows; from += copyRows {
			to := min(from+copyRows, r.Rows)
			w.bytes = w.bytes[:0]
			if k == 0 {
				for _, t := range b.Time[from:to] {
					w.bytes = binary.LittleEndian.AppendUint64(w.bytes, uint64(t))
				}
			} else {
				for _, v := range (*columnsOf(b)[k-1])[from:to] {
					w.bytes = binary.LittleEndian.AppendUint64(w.bytes, math.Float64bits(v))
				}
			}
			r.Sum = crc32.Update(r.Sum, castagnoli, w.bytes)
			if _, err := w.w.Write(w.bytes); err != nil {
				return err
			}
		}
	}
	w.index.Runs = append(w.index.Runs, r)
	return nil
}

// copyRows is how many values of a column are worked on at a time.
const copyRows = 8192

// columnsOf returns the columns of a block that are floats.
func columnsOf(b *stream.Block) [5]*[]float64 {
	return [...]*[]float64{&b.Open, &b.High, &b.Low, &b.Close, &b.Volume}
}

// finish writes the index and returns how long the copy is.
func (w *copyWriter) finish() (int64, error) {
	h := crc32.New(castagnoli)
	counted := &countedWriter{w: io.MultiWriter(w.w, h)}
	if err := gob.NewEncoder(counted).Encode(&w.index); err != nil {
		return 0, err
	}
	tail := binary.LittleEndian.AppendUint32(nil, h.Sum32())
	tail = binary.LittleEndian.AppendUint64(tail, uint64(counted.n))
	if _, err := w.w.Write(tail); err != nil {
		return 0, err
	}
	return w.at + counted.n + copyTail, w.w.Flush()
}

// countedWriter counts what is written.
type countedWriter struct {
	w io.Writer
	n int64
}

func (c *countedWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// readCopyIndex reads the index of a copy. The error is errCopy where it is not as it was written.
func readCopyIndex(f *os.File) (x *copyIndex, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	size = info.Size()
	var tail [copyTail]byte
	magic := make([]byte, len(copyMagic))
	if size < int64(len(magic))+copyTail {
		return nil, 0, errCopy
	}
	if _, err := f.ReadAt(magic, 0); err != nil {
		return nil, 0, err
	}
	if _, err := f.ReadAt(tail[:], size-copyTail); err != nil {
		return nil, 0, err
	}
	length := binary.LittleEndian.Uint64(tail[4:])
	if string(magic) != copyMagic || length > uint64(size-copyTail)-uint64(len(magic)) {
		return nil, 0, errCopy
	}
	text := make([]byte, length)
	end := size - copyTail - int64(length)
	if _, err := f.ReadAt(text, end); err != nil {
		return nil, 0, err
	}
	if crc32.Checksum(text, castagnoli) != binary.LittleEndian.Uint32(tail[:]) {
		return nil, 0, errCopy
	}
	x = &copyIndex{}
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(x); err != nil {
		return nil, 0, errCopy
	}
	for i := range x.Runs {
		r := &x.Runs[i]
		if r.Series < 0 || r.Series >= len(x.Keys) || r.Rows < 0 || r.At < 0 || r.At > end ||
			int64(r.Rows) > (end-r.At)/runBytes {
			return nil, 0, errCopy
		}
	}
	return x, size, nil
}

// readCopiedRun appends the candles of a run to a block; buffer is memory to work in.
func readCopiedRun(f io.ReaderAt, r *copiedRun, into *stream.Block, buffer *[]byte) error {
	if *buffer == nil {
		*buffer = make([]byte, 8*copyRows)
	}
	from, at, sum := into.Len(), r.At, uint32(0)
	for k := range 6 {
		for done := 0; done < r.Rows; {
			n := min(copyRows, r.Rows-done)
			text := (*buffer)[:8*n]
			if _, err := f.ReadAt(text, at); err != nil {
				into.Truncate(from)
				return err
			}
			sum = crc32.Update(sum, castagnoli, text)
			if k == 0 {
				for ; len(text) > 0; text = text[8:] {
					into.Time = append(into.Time, int64(binary.LittleEndian.Uint64(text)))
				}
			} else {
				column := columnsOf(into)[k-1]
				for ; len(text) > 0; text = text[8:] {
					*column = append(*column, math.Float64frombits(binary.LittleEndian.Uint64(text)))
				}
			}
			done, at = done+n, at+int64(8*n)
		}
	}
	if sum != r.Sum {
		into.Truncate(from)
		return errCopy
	}
	return nil
}
