package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/cespare/xxhash/v2"

	"streamd/internal/codec"
	"streamd/stream"
)

// Checkpoint says up to where the records of an input partition hold its effects. With a record of at least the listed
// position for every series, reading the input again from LowWater gives the present state.
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
	dst = codec.AppendText(dst, c.Topic)
	dst = binary.AppendUvarint(dst, uint64(c.Partition))
	dst = append(dst, c.TopicID[:]...)
	dst = codec.AppendBool(dst, c.Partial)
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
	damaged := fmt.Errorf("store: checkpoint of %d bytes is not one: %w", len(b), stream.ErrDamaged)
	r := codec.NewByteReader(b[5:n], damaged)
	c := &Checkpoint{}
	c.Topic = r.Text()
	c.Partition = int32(r.Uvarint())
	copy(c.TopicID[:], r.Take(len(c.TopicID)))
	c.Partial = r.Bool()
	copy(c.StateTopic[:], r.Take(len(c.StateTopic)))
	c.StateOffset = int64(r.Uvarint())
	c.LowWater = r.Varint()
	series := r.Count()
	if series > seriesMax {
		r.Fail()
		series = 0
	}
	last := uint64(0)
	c.Series = make([]Mark, series)
	for i := range c.Series {
		last += r.Uvarint()
		c.Series[i] = Mark{last, c.LowWater + r.Varint()}
	}
	if err := r.End(); err != nil {
		return nil, err
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
