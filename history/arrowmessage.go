package history

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
	"github.com/klauspost/compress/zstd"
)

// Limits of the messages of a table of Arrow. The library makes room for whatever a
// message says of itself before it looks whether that is there, so messages are read
// and looked through here.
const (
	arrowMetaMax   = 16 << 20
	arrowBodyMax   = 1 << 30
	arrowFree      = 64 << 20 // a body may expand to that, and beyond to arrowRatio times itself
	arrowRatio     = 1000
	arrowFieldsMax = 10_000
	arrowDepthMax  = 16
)

// The tables of Message.fbs and Schema.fbs of Apache Arrow: what headers messages
// have, and the slots of their fields in FlatBuffers, 4 for the first and 2 for each
// further.
const (
	arrowHeaderSchema     = 1
	arrowHeaderDictionary = 2
	arrowHeaderBatch      = 3

	arrowTypeUnion = 14
	arrowCodecZstd = 1
)

// arrowMessages reads the messages of a stream.
type arrowMessages struct {
	r   io.Reader
	msg *ipc.Message
}

// Retain does nothing: the memory is the collector's.
func (m *arrowMessages) Retain() {}

// Release does nothing.
func (m *arrowMessages) Release() {}

// Message returns the next message, which is valid until the next call; io.EOF
// after the last.
func (m *arrowMessages) Message() (*ipc.Message, error) {
	var word [4]byte
	if _, err := io.ReadFull(m.r, word[:]); err != nil {
		return nil, io.ErrUnexpectedEOF // the end is a message of its own
	}
	if bytes.Equal(word[:], arrowStreamMagic) { // before 0.15 there was no such mark
		if _, err := io.ReadFull(m.r, word[:]); err != nil {
			return nil, io.ErrUnexpectedEOF
		}
	}
	length := binary.LittleEndian.Uint32(word[:])
	if length == 0 {
		return nil, io.EOF
	}
	if length > arrowMetaMax || length < 8 {
		return nil, fmt.Errorf("%w: damaged: metadata of %d bytes, at most %d MiB are read", ErrUndecodable, length,
			arrowMetaMax>>20)
	}
	meta, err := readGrowing(m.r, int64(length))
	if err != nil {
		return nil, err
	}
	t, header, kind, size, err := arrowMeta(meta)
	if err != nil {
		return nil, err
	}
	if size < 0 || size > arrowBodyMax {
		return nil, fmt.Errorf("%w: a batch of %d bytes, at most %d MiB are read: write it in smaller batches",
			ErrUndecodable, size, arrowBodyMax>>20)
	}
	body, err := readGrowing(m.r, size)
	if err != nil {
		return nil, err
	}
	if err := checkArrow(t, header, kind, body); err != nil {
		return nil, err
	}
	m.msg = ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body))
	return m.msg, nil
}

// readGrowing reads n bytes. Room is made as they come: there may be fewer.
func readGrowing(r io.Reader, n int64) ([]byte, error) {
	const atOnce = 1 << 20
	b := make([]byte, 0, min(n, atOnce))
	for int64(len(b)) < n {
		if len(b) == cap(b) {
			grown := make([]byte, len(b), min(n, 2*int64(cap(b))))
			copy(grown, b)
			b = grown
		}
		k, err := io.ReadFull(r, b[len(b):cap(b)])
		b = b[:len(b)+k]
		if err != nil {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return b, nil
}

var errArrow = fmt.Errorf("%w: its metadata is damaged", ErrUndecodable)

// arrowMeta returns the header of a message, its kind, and the size of its body.
func arrowMeta(meta []byte) (t *arrowTable, header flatbuffers.Table, kind byte, body int64, err error) {
	err = guard(func() error {
		m := flatbuffers.Table{Bytes: meta, Pos: flatbuffers.GetUOffsetT(meta)}
		t = &arrowTable{size: len(meta)}
		kind = m.GetByteSlot(6, 0)
		body = m.GetInt64Slot(10, 0)
		at := m.Offset(8)
		if at == 0 {
			return errArrow
		}
		m.Union(&header, flatbuffers.UOffsetT(at))
		return nil
	})
	return t, header, kind, body, err
}

// checkArrow refuses messages that would make the library ask for more memory than
// there is.
func checkArrow(t *arrowTable, header flatbuffers.Table, kind byte, body []byte) error {
	return guard(func() error {
		switch kind {
		case arrowHeaderSchema:
			return t.fields(header, 6, 0)
		case arrowHeaderDictionary:
			at := header.Offset(6)
			if at == 0 {
				return errArrow
			}
			batch := flatbuffers.Table{
				Bytes: header.Bytes, Pos: header.Indirect(flatbuffers.UOffsetT(at) + header.Pos),
			}
			return t.batch(batch, body)
		case arrowHeaderBatch:
			return t.batch(header, body)
		}
		return fmt.Errorf("%w: a message of kind %d", ErrUndecodable, kind)
	})
}

// arrowTable looks through the tables of a message.
type arrowTable struct {
	size  int // of the metadata
	found int // fields
}

// vector returns the start of a vector of a table and the number of its elements of
// so many bytes, which are all there.
func (t *arrowTable) vector(of flatbuffers.Table, slot flatbuffers.VOffsetT, size int) (
	start flatbuffers.UOffsetT, n int, err error,
) {
	at := flatbuffers.UOffsetT(of.Offset(slot))
	if at == 0 {
		return 0, 0, nil
	}
	n, start = of.VectorLen(at), of.Vector(at)
	if n < 0 || n > t.size/size || int64(start)+int64(n)*int64(size) > int64(t.size) {
		return 0, 0, errArrow
	}
	return start, n, nil
}

// fields looks through the fields of a schema, or of another field.
func (t *arrowTable) fields(of flatbuffers.Table, slot flatbuffers.VOffsetT, depth int) error {
	start, n, err := t.vector(of, slot, 4)
	if err != nil {
		return err
	}
	if t.found += n; t.found > arrowFieldsMax || depth > arrowDepthMax {
		return fmt.Errorf("%w: more than %d columns, or nested deeper than %d", ErrUndecodable, arrowFieldsMax,
			arrowDepthMax)
	}
	if _, _, err := t.vector(of, slot+2, 4); err != nil { // texts about it
		return err
	}
	for i := range n {
		field := flatbuffers.Table{Bytes: of.Bytes, Pos: of.Indirect(start + flatbuffers.UOffsetT(4*i))}
		if field.GetByteSlot(8, 0) == arrowTypeUnion {
			return fmt.Errorf("%w: a column of several types", ErrUndecodable)
		}
		if err := t.fields(field, 14, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// batch looks through a batch of rows or of a dictionary.
func (t *arrowTable) batch(batch flatbuffers.Table, body []byte) error {
	const bitsOfByte = 8
	start, n, err := t.vector(batch, 8, 16)
	if err != nil {
		return err
	}
	codec := -1
	if at := batch.Offset(10); at != 0 {
		c := flatbuffers.Table{Bytes: batch.Bytes, Pos: batch.Indirect(flatbuffers.UOffsetT(at) + batch.Pos)}
		codec = int(c.GetInt8Slot(4, 0))
	}
	most := min(arrowFree+arrowRatio*int64(len(body)), arrowBodyMax)
	total := int64(0)
	for i := range n {
		at := start + flatbuffers.UOffsetT(16*i)
		offset, length := batch.GetInt64(at), batch.GetInt64(at+8)
		if offset < 0 || length < 0 || offset > int64(len(body)) || length > int64(len(body))-offset {
			return fmt.Errorf("%w: %d bytes at %d in a batch of %d", errArrow, length, offset, len(body))
		}
		size, err := unpackedSize(body[offset:offset+length], codec)
		if err != nil {
			return err
		}
		if total += size; size > most || total > most {
			return fmt.Errorf("%w: a batch that unpacks to more than %d MiB", ErrUndecodable, most>>20)
		}
	}
	if rows := batch.GetInt64Slot(4, 0); rows < 0 || rows > bitsOfByte*max(total, 1) {
		return fmt.Errorf("%w: %d rows in %d bytes", errArrow, rows, total)
	}
	return nil
}

// unpackedSize is what a buffer of a batch takes when it is unpacked.
func unpackedSize(b []byte, codec int) (int64, error) {
	if len(b) == 0 || codec < 0 {
		return int64(len(b)), nil
	}
	if len(b) < 8 {
		return 0, errArrow
	}
	size := int64(binary.LittleEndian.Uint64(b))
	if size == -1 { // it would not have shrunk
		return int64(len(b)), nil
	}
	if size < 0 {
		return 0, errArrow
	}
	if codec == arrowCodecZstd && size > 0 {
		var h zstd.Header
		if err := h.Decode(b[8:]); err != nil {
			return 0, fmt.Errorf("%w: %w", errArrow, err)
		}
		if h.WindowSize > windowMax {
			return 0, errors.Join(errArrow, zstd.ErrWindowSizeExceeded)
		}
	}
	return size, nil
}
