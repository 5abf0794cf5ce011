package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/cespare/xxhash/v2"

	"streamd/stream"
)

// Checkpoint says up to where the records of an input partition hold its effects:
// whoever has for every series that it lists a record of at least that position
// gets the present state by reading the input again from LowWater.
type Checkpoint struct {
	Origin
	LowWater int64 // the oldest offset whose effect may be in no record
	Partial  bool  // of some series the input before their records is not known
	// StateOffset, in a file's checkpoint, is the offset of the state topic up to which the
	// file has all records of the partition.
	StateTopic  [16]byte
	StateOffset int64
	Series      []Mark // in the order of Key
}

// Mark is the position of a series' newest record.
type Mark struct {
	Key      uint64 // hash of the record's key, 48 bits
	Position int64
}

// MarkOf returns the mark of a record.
func MarkOf(key string, position int64) Mark { return Mark{xxhash.Sum64String(key) >> 16, position} }

const (
	checkpointMagic   = "sdCP"
	checkpointVersion = 1
	seriesMax         = 1 << 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends the checkpoint: magic, version, origin, marks and a checksum. It
// sorts the marks. 100,000 series are some 900 kB.
func (c *Checkpoint) Append(dst []byte) []byte {
	slices.SortFunc(c.Series, func(a, b Mark) int { return cmp.Compare(a.Key, b.Key) })
	start := len(dst)
	dst = append(dst, checkpointMagic...)
	dst = append(dst, checkpointVersion)
	dst = binary.AppendUvarint(dst, uint64(len(c.Topic)))
	dst = append(dst, c.Topic...)
	dst = binary.AppendUvarint(dst, uint64(c.Partition))
	dst = append(dst, c.TopicID[:]...)
	if c.Partial {
		dst = append(dst, 1)
	} else {
		dst = append(dst, 0)
	}
	dst = append(dst, c.StateTopic[:]...)
	dst = binary.AppendUvarint(dst, uint64(c.StateOffset))
	dst = binary.AppendVarint(dst, c.LowWater)
	dst = binary.AppendUvarint(dst, uint64(len(c.Series)))
	last := uint64(0)
	for _, m := range c.Series {
		dst = binary.AppendUvarint(dst, m.Key-last)
		dst = binary.AppendVarint(dst, m.Position-c.LowWater)
		last = m.Key
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// ParseCheckpoint reads a checkpoint that may be anything. Its errors are
// stream.ErrDamaged and stream.ErrNewer, as those of records.
func ParseCheckpoint(b []byte) (*Checkpoint, error) {
	n := len(b) - 4
	switch {
	case n < len(checkpointMagic)+1 || string(b[:4]) != checkpointMagic:
		return nil, fmt.Errorf("store: checkpoint of %d bytes without magic: %w", len(b), stream.ErrDamaged)
	case crc32.Checksum(b[:n], castagnoli) != binary.LittleEndian.Uint32(b[n:]):
		return nil, fmt.Errorf("store: checksum of a checkpoint of %d bytes differs: %w", len(b), stream.ErrDamaged)
	case b[4] > checkpointVersion:
		return nil, fmt.Errorf("store: checkpoint of version %d, this one reads up to %d: %w", b[4], checkpointVersion,
			stream.ErrNewer)
	}
	r := reader{b: b[5:n]}
	c := &Checkpoint{}
	c.Topic = string(r.take(r.uvarint()))
	c.Partition = int32(r.uvarint())
	copy(c.TopicID[:], r.take(uint64(len(c.TopicID))))
	flags := r.uvarint()
	r.bad = r.bad || flags > 1
	c.Partial = flags == 1
	copy(c.StateTopic[:], r.take(uint64(len(c.StateTopic))))
	c.StateOffset = int64(r.uvarint())
	c.LowWater = r.varint()
	series := r.uvarint()
	if series > seriesMax || series > uint64(len(r.b)) {
		r.bad = true
		series = 0
	}
	last := uint64(0)
	c.Series = make([]Mark, series)
	for i := range c.Series {
		last += r.uvarint()
		c.Series[i] = Mark{last, c.LowWater + r.varint()}
	}
	if r.bad || len(r.b) > 0 {
		return nil, fmt.Errorf("store: checkpoint of %d bytes is not one: %w", len(b), stream.ErrDamaged)
	}
	return c, nil
}

// Missing returns how many series lack a snapshot as new as the checkpoint's.
func (c *Checkpoint) Missing(records map[string]Snapshot) int {
	at := make(map[uint64]int64, len(records))
	for key, r := range records {
		at[MarkOf(key, 0).Key] = r.Position
	}
	n := 0
	for _, m := range c.Series {
		if p, ok := at[m.Key]; !ok || p < m.Position {
			n++
		}
	}
	return n
}

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 { return readVarint(r, binary.Uvarint) }

func (r *reader) varint() int64 { return readVarint(r, binary.Varint) }

func readVarint[T int64 | uint64](r *reader, parse func([]byte) (T, int)) T {
	v, n := parse(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	t := r.b[:n]
	r.b = r.b[n:]
	return t
}
