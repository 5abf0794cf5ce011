package codec_test

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"streamd/internal/codec"
)

var errDamaged = errors.New("damaged")

func TestWhatIsAppendedIsRead(t *testing.T) {
	b := codec.AppendText(nil, "BTC")
	b = codec.AppendBool(codec.AppendBool(b, true), false)
	b = codec.AppendFloat(b, -1.5)
	b = binary.AppendVarint(b, math.MinInt64)
	b = binary.AppendUvarint(b, math.MaxUint64)
	b = binary.LittleEndian.AppendUint16(b, 0x0102)
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(0.25))
	r := codec.NewByteReader(b, errDamaged)
	if text := r.Text(); text != "BTC" {
		t.Errorf("text is %q", text)
	}
	if !r.Bool() || r.Bool() {
		t.Error("the bools are not true, false")
	}
	if x := r.Float(); x != -1.5 {
		t.Errorf("float is %v", x)
	}
	if x := r.Varint(); x != math.MinInt64 {
		t.Errorf("varint is %d", x)
	}
	if x := r.Uvarint(); x != math.MaxUint64 {
		t.Errorf("uvarint is %d", x)
	}
	if x := r.Uint16(); x != 0x0102 {
		t.Errorf("uint16 is %#x", x)
	}
	if x := r.Float32(); x != 0.25 {
		t.Errorf("float32 is %v", x)
	}
	if err := r.End(); err != nil {
		t.Error(err)
	}
}

// However bytes end too early, the error is the caller's and every further field is zero.
func TestAfterAnErrorFieldsAreZero(t *testing.T) {
	for name, read := range map[string]func(r *codec.ByteReader){
		"byte":    func(r *codec.ByteReader) { r.Take(1); r.Byte() },
		"uint16":  func(r *codec.ByteReader) { r.Uint16() },
		"uint32":  func(r *codec.ByteReader) { r.Uint32() },
		"float":   func(r *codec.ByteReader) { r.Float() },
		"take -1": func(r *codec.ByteReader) { r.Take(-1) },
		"count":   func(r *codec.ByteReader) { r.Count() },
		"text":    func(r *codec.ByteReader) { r.Text() },
		"varint":  func(r *codec.ByteReader) { r.Byte(); r.Varint() },
		"bool":    func(r *codec.ByteReader) { r.Bool() },
		"fail":    func(r *codec.ByteReader) { r.Fail() },
	} {
		r := codec.NewByteReader([]byte{5}, errDamaged)
		read(&r)
		if !errors.Is(r.Err(), errDamaged) || r.Len() != 0 {
			t.Errorf("%s: error %v, %d bytes left", name, r.Err(), r.Len())
		}
		if r.Byte() != 0 || r.Varint() != 0 || r.Uvarint() != 0 || r.Text() != "" || r.Float() != 0 || r.Take(0) != nil {
			t.Errorf("%s: a field after the error is not zero", name)
		}
	}
	r := codec.NewByteReader([]byte{5}, errDamaged)
	if !errors.Is(r.End(), errDamaged) {
		t.Error("bytes that are left are no error")
	}
}
