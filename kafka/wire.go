package kafka

import (
	"encoding/binary"
	"fmt"
)

// writer appends Kafka's primitive types. With flexible set it writes the
// compact forms and tag sections of KIP-482, so that one encoder serves both
// generations of the protocol.
type writer struct {
	b        []byte
	flexible bool
}

func (w *writer) i8(v int8)   { w.b = append(w.b, byte(v)) }
func (w *writer) i16(v int16) { w.b = binary.BigEndian.AppendUint16(w.b, uint16(v)) }
func (w *writer) i32(v int32) { w.b = binary.BigEndian.AppendUint32(w.b, uint32(v)) }
func (w *writer) i64(v int64) { w.b = binary.BigEndian.AppendUint64(w.b, uint64(v)) }

func (w *writer) bool(v bool) {
	if v {
		w.i8(1)
	} else {
		w.i8(0)
	}
}

func (w *writer) str(s string) {
	if w.flexible {
		w.b = binary.AppendUvarint(w.b, uint64(len(s))+1)
	} else {
		w.i16(int16(len(s)))
	}
	w.b = append(w.b, s...)
}

// optional writes the empty string as null.
func (w *writer) optional(s string) {
	switch {
	case s != "":
		w.str(s)
	case w.flexible:
		w.i8(0)
	default:
		w.i16(-1)
	}
}

func (w *writer) bytes(p []byte) {
	if w.flexible {
		w.b = binary.AppendUvarint(w.b, uint64(len(p))+1)
	} else {
		w.i32(int32(len(p)))
	}
	w.b = append(w.b, p...)
}

// array writes the length of an array; n below zero is null.
func (w *writer) array(n int) {
	if w.flexible {
		w.b = binary.AppendUvarint(w.b, uint64(n+1))
	} else {
		w.i32(int32(n))
	}
}

// tags closes a struct: a flexible one ends with its (here always empty) tags.
func (w *writer) tags() {
	if w.flexible {
		w.i8(0)
	}
}

// reader takes Kafka's primitive types off a buffer. After the first error
// everything reads as zero, so a parser checks err once, at its end.
type reader struct {
	b        []byte
	flexible bool
	from     string // the broker's address, for errors
	err      error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("kafka: malformed response of %s: %s with %d bytes left", r.from, what, len(r.b))
	}
	r.b = nil
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail(fmt.Sprintf("field of %d bytes", n))
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) i8() int8   { return int8(r.fixed(1, "int8")[0]) }
func (r *reader) i16() int16 { return int16(binary.BigEndian.Uint16(r.fixed(2, "int16"))) }
func (r *reader) i32() int32 { return int32(binary.BigEndian.Uint32(r.fixed(4, "int32"))) }
func (r *reader) i64() int64 { return int64(binary.BigEndian.Uint64(r.fixed(8, "int64"))) }

// fixed returns the next n bytes, 8 at the most; zeros where there are fewer.
func (r *reader) fixed(n int, what string) []byte {
	if len(r.b) < n {
		r.fail(what)
		return make([]byte, 8)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) bool() bool { return r.i8() != 0 }
func (r *reader) code() Code { return Code(r.i16()) }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("varint")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// length reads the length of a string, a byte field or an array whose plain
// form has a prefix of the given width; null is -1.
func (r *reader) length(width int) int {
	if r.flexible {
		v := r.uvarint()
		if v > 1<<31 {
			r.fail("compact length")
			return -1
		}
		return int(v) - 1
	}
	n := 0
	if width == 2 {
		n = int(r.i16())
	} else {
		n = int(r.i32())
	}
	if n < -1 {
		r.fail(fmt.Sprintf("length %d", n))
		return -1
	}
	return n
}

// raw reads a string without copying it; null and "" are the same.
func (r *reader) raw() []byte {
	n := r.length(2)
	if n <= 0 {
		return nil
	}
	return r.take(n)
}

func (r *reader) str() string { return string(r.raw()) }

// bytes aliases the buffer.
func (r *reader) bytes() []byte {
	n := r.length(4)
	if n <= 0 {
		return nil
	}
	return r.take(n)
}

// array reads the length of an array of elements that take at least minBytes
// each. A length that the remaining bytes cannot hold is an error here, so
// that no caller allocates what a hostile length claims.
func (r *reader) array(minBytes int) int {
	n := r.length(4)
	if n <= 0 {
		return 0
	}
	if n > len(r.b)/minBytes {
		r.fail(fmt.Sprintf("array of %d elements", n))
		return 0
	}
	return n
}

func (r *reader) uuid() (id [16]byte) {
	copy(id[:], r.take(16))
	return id
}

// tags skips the tag section that ends a flexible struct.
func (r *reader) tags() {
	if !r.flexible {
		return
	}
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		r.uvarint()
		size := r.uvarint()
		if size > uint64(len(r.b)) {
			r.fail("tag")
			return
		}
		r.take(int(size))
	}
}
