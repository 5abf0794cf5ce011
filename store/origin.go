package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

	"streamd/candle"
	"streamd/stream"
)

// Origin names the input partition of a series. A topic that was deleted and re-created
// under the same name has another id, and its offsets mean something else.
type Origin struct {
	Topic     string
	Partition int32
	TopicID   [16]byte
}

// Keys, in a file and in a state topic: `TOPIC/PARTITION` is a checkpoint,
// `TOPIC/PARTITION/SERIES` the snapshot of a series. A topic's name has no slash. The
// functions below are the only ones that know.

// CheckpointKey is the key of the partition's checkpoint.
func (o Origin) CheckpointKey() string { return fmt.Sprintf("%s/%d", o.Topic, o.Partition) }

// RecordKey is the key of the snapshot of a series of the partition.
func (o Origin) RecordKey(series fmt.Stringer) string {
	return fmt.Sprintf("%s/%d/%s", o.Topic, o.Partition, series)
}

// PartitionOfKey returns the input partition that a key of either kind is about.
func PartitionOfKey(key []byte) (topic string, partition int32, ok bool) {
	name, rest, ok := bytes.Cut(key, []byte("/"))
	number, _, _ := bytes.Cut(rest, []byte("/"))
	n, err := strconv.ParseInt(string(number), 10, 32)
	return string(name), int32(n), ok && err == nil
}

// Bytes returns the origin as it stands in a record, where it is opaque to package stream.
func (o Origin) Bytes() []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(o.Topic)))
	b = append(b, o.Topic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(o.Partition))
	return append(b, o.TopicID[:]...)
}

func parseOrigin(b []byte) (o Origin, ok bool) {
	const fixed = 2 + 4 + 16
	if len(b) < fixed || len(b) != fixed+int(binary.LittleEndian.Uint16(b)) {
		return o, false
	}
	n := len(b) - 4 - 16
	o.Topic, o.Partition = string(b[2:n]), int32(binary.LittleEndian.Uint32(b[n:]))
	copy(o.TopicID[:], b[n+4:])
	return o, true
}

// Verify checks a record of a series and returns the series, where it comes from and its
// position. Its errors are stream.ErrDamaged and stream.ErrNewer.
func Verify(record []byte) (series candle.Series, from Origin, position int64, err error) {
	series, origin, position, err := stream.VerifyRecord(record)
	if err != nil {
		return series, from, position, err
	}
	from, ok := parseOrigin(origin)
	if !ok {
		err = fmt.Errorf("store: origin %q is no input partition: %w", origin, stream.ErrDamaged)
	}
	return series, from, position, err
}
