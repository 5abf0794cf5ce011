package history

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of what the metadata of a Parquet file may make the library ask for. It
// makes room for as many elements and bytes as a list or a text says that it has,
// before it looks whether they are there.
const (
	footerMax      = 32 << 20
	thriftDepthMax = 16
	// thriftRoomMax bounds the memory of all elements of lists. That of a column
	// of a row group is the largest, some 600 bytes.
	thriftRoomMax    = 192 << 20
	thriftStructSize = 600
	thriftValueSize  = 24
)

var (
	errThrift = errors.New("its metadata is damaged")
	// errThriftShort is the error of metadata that goes on past the bytes at hand.
	errThriftShort = fmt.Errorf("%w: it ends early", errThrift)
)

// The types of values in Thrift's compact protocol
// (thrift-compact-protocol.md of Apache Thrift).
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
	thriftUUID
)

// thriftWalk goes over a struct without decoding it.
type thriftWalk struct {
	b    []byte
	at   int
	room int64 // that lists take when they are decoded
}

// thriftLength returns the length of the struct at the start of b. Its lists and
// texts have as many elements and bytes as they say, and take bounded memory when
// they are decoded.
func thriftLength(b []byte) (int, error) {
	w := &thriftWalk{b: b}
	err := w.fields(0)
	return w.at, err
}

func (w *thriftWalk) fields(depth int) error {
	if depth > thriftDepthMax {
		return fmt.Errorf("%w: it is nested deeper than %d", errThrift, thriftDepthMax)
	}
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := w.varint(); err != nil {
				return err
			}
		}
		kind := int(head & 15)
		if kind == thriftTrue || kind == thriftFalse {
			continue // the value is in the type
		}
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

func (w *thriftWalk) value(kind, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := w.varint()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftUUID:
		return w.skip(16)
	case thriftBinary:
		n, err := w.varint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list(depth)
	case thriftStruct:
		return w.fields(depth + 1)
	}
	return fmt.Errorf("%w: a value of type %d", errThrift, kind) // Parquet has no maps
}

func (w *thriftWalk) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n, kind := uint64(head>>4), int(head&15)
	if n == 15 {
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	size := int64(thriftValueSize)
	if kind == thriftStruct || kind == thriftList {
		size = thriftStructSize
	}
	if n > uint64(len(w.b)) && n > thriftRoomMax/uint64(size) {
		return fmt.Errorf("%w: a list of %d elements", errThrift, n)
	}
	if w.room += int64(n) * size; w.room > thriftRoomMax {
		return fmt.Errorf("%w: lists of more than %d MiB", errThrift, thriftRoomMax>>20)
	}
	for range n {
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *thriftWalk) byte() (byte, error) {
	if w.at >= len(w.b) {
		return 0, errThriftShort
	}
	w.at++
	return w.b[w.at-1], nil
}

func (w *thriftWalk) varint() (uint64, error) {
	x, n := binary.Uvarint(w.b[w.at:])
	switch {
	case n == 0:
		return 0, errThriftShort
	case n < 0:
		return 0, fmt.Errorf("%w: a number of more than 64 bits", errThrift)
	}
	w.at += n
	return x, nil
}

func (w *thriftWalk) skip(n uint64) error {
	if n > uint64(len(w.b)-w.at) {
		return errThriftShort
	}
	w.at += int(n)
	return nil
}
