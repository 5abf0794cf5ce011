package kafka

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The record batch of message format v2 (Kafka 0.11 and later): a header of
// 61 bytes, then the records, compressed as a whole or not.
// https://kafka.apache.org/documentation/#recordbatch
const (
	batchHeaderBytes = 61
	batchPrefixBytes = 12 // base offset and length, which the length does not count
	batchCRCFrom     = 21 // the checksum covers what follows it

	attrCodec      = 7
	attrAppendTime = 1 << 3
	attrTxn        = 1 << 4
	attrControl    = 1 << 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batchHeader is what a reader needs of the header's fields.
type batchHeader struct {
	base, last     int64 // offsets; last covers records that compaction removed
	attributes     uint16
	firstMs, maxMs int64
	producer       int64
	count          int
}

// splitBatch takes one batch off b. A batch that is cut off by the end of the
// buffer, as the last one of a fetch may be, returns ok false and no error.
func splitBatch(b []byte) (h batchHeader, body, rest []byte, ok bool, err error) {
	if len(b) < batchHeaderBytes {
		return h, nil, nil, false, nil
	}
	be := binary.BigEndian
	h.base = int64(be.Uint64(b))
	size := int(int32(be.Uint32(b[8:])))
	if magic := b[16]; magic != 2 {
		return h, nil, nil, false, corrupt(h.base, "message format v%d (before Kafka 0.11) is not supported", magic)
	}
	if size < batchHeaderBytes-batchPrefixBytes {
		return h, nil, nil, false, corrupt(h.base, "length %d", size)
	}
	if size > len(b)-batchPrefixBytes {
		return h, nil, nil, false, nil
	}
	b, rest = b[:size+batchPrefixBytes], b[size+batchPrefixBytes:]
	h.attributes = be.Uint16(b[21:])
	h.last = h.base + int64(int32(be.Uint32(b[23:])))
	h.firstMs = int64(be.Uint64(b[27:]))
	h.maxMs = int64(be.Uint64(b[35:]))
	h.producer = int64(be.Uint64(b[43:]))
	h.count = int(int32(be.Uint32(b[57:])))
	if h.base < 0 || h.last < h.base || h.count < 0 {
		return h, nil, nil, false, corrupt(h.base, "last offset %d, %d records", h.last, h.count)
	}
	return h, b[batchHeaderBytes:], rest, true, nil
}

func corrupt(offset int64, format string, args ...any) *CorruptError {
	return &CorruptError{Offset: offset, Reason: fmt.Sprintf(format, args...)}
}

// scanBatches checks the checksums of all complete batches and returns the
// offset after them, which is at least from.
func scanBatches(records []byte, from int64) (next int64, err error) {
	next = from
	for {
		h, _, rest, ok, err := splitBatch(records)
		if err != nil || !ok {
			return next, err
		}
		batch := records[:len(records)-len(rest)]
		if sum, want := crc32.Checksum(batch[batchCRCFrom:], castagnoli),
			binary.BigEndian.Uint32(batch[17:]); sum != want {
			bad := corrupt(h.base, "checksum %08x, want %08x", sum, want)
			bad.Next = behind(h, rest)
			return next, bad
		}
		next = max(next, h.last+1)
		records = rest
	}
}

// behind returns the offset behind a batch whose checksum is wrong: where the next one
// begins, or what its own header says, which may be wrong as well.
func behind(h batchHeader, rest []byte) int64 {
	if next, _, _, ok, err := splitBatch(rest); ok && err == nil && next.base > h.base {
		return next.base
	}
	return h.last + 1
}

// varint reads a zigzag varint at b[i:] and returns the index after it, below
// zero when there is none. Nearly all are of one or two bytes.
func varint(b []byte, i int) (int64, int) {
	if uint(i) >= uint(len(b)) {
		return 0, -1
	}
	v := uint64(b[i])
	if v < 0x80 {
		return int64(v>>1) ^ -int64(v&1), i + 1
	}
	if i+1 < len(b) && b[i+1] < 0x80 {
		v = v&0x7f | uint64(b[i+1])<<7
		return int64(v>>1) ^ -int64(v&1), i + 2
	}
	long, n := binary.Varint(b[i:])
	if n <= 0 {
		return 0, -1
	}
	return long, i + n
}
