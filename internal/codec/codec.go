// Package codec takes apart and appends the fields of the bytes that streamd writes for itself: records of series,
// checkpoints, closed bars, the state of what closes them. Whole numbers are varints, or little-endian where their
// size is fixed; a text follows its length. What a format holds, and its version and checksum, is the business of its
// package.
package codec

import (
	"encoding/binary"
	"math"
)

// ByteReader reads fields from bytes that may be anything. After the first error every field is zero, so that a caller
// looks at Err once, and before it allocates for a number that it has read.
type ByteReader struct {
	rest    []byte
	damaged error
	err     error
}

// NewByteReader returns a reader of b. Its error is damaged where the bytes end too early or hold what cannot be.
func NewByteReader(b []byte, damaged error) ByteReader { return ByteReader{rest: b, damaged: damaged} }

// Err returns the error of the fields that have been read so far.
func (r *ByteReader) Err() error { return r.err }

// Len returns how many bytes are left.
func (r *ByteReader) Len() int { return len(r.rest) }

// Fail makes the bytes damaged, as a field that the caller finds wrong does.
func (r *ByteReader) Fail() {
	if r.err == nil {
		r.err = r.damaged
	}
	r.rest = nil
}

// End returns the error, which bytes that are left make too.
func (r *ByteReader) End() error {
	if len(r.rest) > 0 {
		r.Fail()
	}
	return r.err
}

// Take returns the next n bytes, which are a part of what is read. It returns nil where there are fewer.
func (r *ByteReader) Take(n int) []byte {
	if uint(n) > uint(len(r.rest)) || r.err != nil {
		r.Fail()
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// Byte reads a byte.
func (r *ByteReader) Byte() byte {
	if b := r.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Bool reads what AppendBool wrote: a byte of 1 or 0.
func (r *ByteReader) Bool() bool {
	b := r.Byte()
	if b > 1 {
		r.Fail()
	}
	return b == 1
}

// Uint16 reads two bytes.
func (r *ByteReader) Uint16() uint16 {
	if b := r.Take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads four bytes.
func (r *ByteReader) Uint32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight bytes.
func (r *ByteReader) Uint64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Float reads a float of eight bytes.
func (r *ByteReader) Float() float64 { return math.Float64frombits(r.Uint64()) }

// Float32 reads a float of four bytes.
func (r *ByteReader) Float32() float32 { return math.Float32frombits(r.Uint32()) }

// Varint reads a signed varint.
func (r *ByteReader) Varint() int64 {
	v, n := binary.Varint(r.rest)
	r.skipVarint(n)
	if n <= 0 {
		return 0
	}
	return v
}

// Uvarint reads an unsigned varint.
func (r *ByteReader) Uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.skipVarint(n)
	if n <= 0 {
		return 0
	}
	return v
}

func (r *ByteReader) skipVarint(n int) {
	if n <= 0 {
		r.Fail()
		return
	}
	r.rest = r.rest[n:]
}

// Count reads the number of things that follow, an unsigned varint. Each thing takes a byte at least, so a number
// beyond the bytes that are left is an error, and not a large allocation.
func (r *ByteReader) Count() int {
	v := r.Uvarint()
	if v > uint64(len(r.rest)) {
		r.Fail()
		return 0
	}
	return int(v)
}

// Text reads what AppendText wrote.
func (r *ByteReader) Text() string { return string(r.Take(r.Count())) }

// AppendText appends a text: its length in bytes as a varint, then the bytes.
func AppendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// AppendBool appends a byte that is 1 or 0.
func AppendBool(dst []byte, is bool) []byte {
	if is {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendFloat appends a float as eight bytes.
func AppendFloat(dst []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
}
