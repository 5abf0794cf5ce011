package kafka

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// producerID identifies an idempotent producer to the broker.
type producerID struct {
	id    int64
	epoch int16
}

// batchBuilder encodes records as they come, behind room for the header. It
// is reused; nothing is allocated once its buffer has grown.
type batchBuilder struct {
	buf            []byte
	count          int
	firstMs, maxMs int64
}

func (e *batchBuilder) reset() {
	if cap(e.buf) < batchHeaderBytes {
		e.buf = make([]byte, 0, 16<<10)
	}
	e.buf = e.buf[:batchHeaderBytes]
	e.count, e.firstMs, e.maxMs = 0, 0, 0
}

// append adds one record and returns its encoded size in bytes.
func (e *batchBuilder) append(m *ProducerRecord) int {
	if e.count == 0 {
		e.firstMs, e.maxMs = m.TimestampMs, m.TimestampMs
	}
	e.maxMs = max(e.maxMs, m.TimestampMs)
	at := len(e.buf)
	deltaMs := m.TimestampMs - e.firstMs
	b := binary.AppendVarint(e.buf, int64(recordBytes(m, deltaMs, e.count)))
	b = append(b, 0)
	b = binary.AppendVarint(b, deltaMs)
	b = binary.AppendVarint(b, int64(e.count))
	b = appendNullable(b, m.Key)
	b = appendNullable(b, m.Value)
	b = binary.AppendVarint(b, int64(len(m.Headers)))
	for i := range m.Headers {
		h := &m.Headers[i]
		b = binary.AppendVarint(b, int64(len(h.Key)))
		b = append(b, h.Key...)
		b = appendNullable(b, h.Value)
	}
	e.buf = b
	e.count++
	return len(b) - at
}

// seal fills in all of the header that does not depend on the producer and
// compresses the records into dst, which it returns; without compression the
// batch is the builder's own buffer.
func (e *batchBuilder) seal(c Compression, f *deflater, dst []byte) ([]byte, error) {
	if c != Uncompressed {
		dst = append(dst[:0], e.buf[:batchHeaderBytes]...)
		var err error
		if dst, err = f.deflate(c, dst, e.buf[batchHeaderBytes:]); err != nil {
			return nil, fmt.Errorf("kafka: compress batch: %w", err)
		}
	} else {
		dst = e.buf
	}
	be := binary.BigEndian
	be.PutUint64(dst, 0)
	be.PutUint32(dst[8:], uint32(len(dst)-batchPrefixBytes))
	be.PutUint32(dst[12:], 0xffffffff) // partition leader epoch: the broker's to fill in
	dst[16] = 2
	be.PutUint16(dst[21:], uint16(c))
	be.PutUint32(dst[23:], uint32(e.count-1))
	be.PutUint64(dst[27:], uint64(e.firstMs))
	be.PutUint64(dst[35:], uint64(e.maxMs))
	be.PutUint32(dst[57:], uint32(e.count))
	return dst, nil
}

// stamp writes the producer, its sequence number and the checksum into a
// sealed batch; it may be repeated with other values.
func stamp(batch []byte, p producerID, sequence int32, transactional bool) {
	be := binary.BigEndian
	attributes := be.Uint16(batch[21:]) &^ attrTxn
	if transactional {
		attributes |= attrTxn
	}
	be.PutUint16(batch[21:], attributes)
	be.PutUint64(batch[43:], uint64(p.id))
	be.PutUint16(batch[51:], uint16(p.epoch))
	be.PutUint32(batch[53:], uint32(sequence))
	be.PutUint32(batch[17:], crc32.Checksum(batch[batchCRCFrom:], castagnoli))
}

// recordBytes is the length that prefixes the record.
func recordBytes(m *ProducerRecord, deltaMs int64, index int) int {
	n := 1 + varintBytes(deltaMs) + varintBytes(int64(index)) + nullableBytes(m.Key) + nullableBytes(m.Value) +
		varintBytes(int64(len(m.Headers)))
	for i := range m.Headers {
		h := &m.Headers[i]
		n += varintBytes(int64(len(h.Key))) + len(h.Key) + nullableBytes(h.Value)
	}
	return n
}

func appendNullable(b, p []byte) []byte {
	if p == nil {
		return append(b, 1) // zigzag -1
	}
	b = binary.AppendVarint(b, int64(len(p)))
	return append(b, p...)
}

func nullableBytes(p []byte) int {
	if p == nil {
		return 1
	}
	return varintBytes(int64(len(p))) + len(p)
}

func varintBytes(v int64) int {
	return (bits.Len64(uint64(v<<1)^uint64(v>>63)|1) + 6) / 7
}

// PartitionOf places a key as the Java client's default partitioner does:
// murmur2, made positive, modulo the number of partitions.
func PartitionOf(key []byte, partitions int) int32 {
	return int32(murmur2(key)&0x7fffffff) % int32(partitions)
}

// murmur2 is Austin Appleby's MurmurHash2 with Kafka's seed.
func murmur2(data []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * m
		k ^= k >> 24
		h = h*m ^ k*m
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(data[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
