package wire

import "encoding/binary"

// keyOrder remembers in which order the keys of an object came the last time.
// Messages of one feed repeat it, so that a key is mostly recognised by
// comparing a word or two, wanted or not, without looking for its end.
type keyOrder struct {
	keys []keyText
}

// maxOrder bounds the keys remembered of one object.
const maxOrder = 64

// keyText is a key as it stood in the message, from its quote to its colon.
type keyText struct {
	text  []byte
	kid   int    // which of the node's keys it is, -1 for none of them
	first uint64 // its first bytes, up to eight, under mask
	mask  uint64
	last  uint64 // its last eight bytes, if it has more than eight
}

// is reports whether the key stands at b[p], which has eight bytes or more.
func (k *keyText) is(b []byte, p int) bool {
	return binary.LittleEndian.Uint64(b[p:])&k.mask == k.first && (len(k.text) <= 8 || k.endsLike(b, p))
}

// endsLike is the rest of is for a key of more than eight bytes.
func (k *keyText) endsLike(b []byte, p int) bool {
	after := p + len(k.text)
	return after <= len(b) && binary.LittleEndian.Uint64(b[after-8:]) == k.last &&
		(len(k.text) <= 16 || string(b[p:after]) == string(k.text))
}

// learn makes text, from quote to colon, the i-th key.
func (o *keyOrder) learn(i int, text []byte, kid int) {
	if i >= maxOrder || i > len(o.keys) {
		return
	}
	if i == len(o.keys) {
		o.keys = append(o.keys, keyText{})
	}
	k := &o.keys[i]
	k.text, k.kid = append(k.text[:0], text...), kid
	var head [8]byte
	if n := copy(head[:], text); n < 8 {
		k.mask = 1<<(8*n) - 1
	} else {
		k.mask = 1<<64 - 1
	}
	k.first, k.last = binary.LittleEndian.Uint64(head[:]), 0
	if len(text) > 8 {
		k.last = binary.LittleEndian.Uint64(text[len(text)-8:])
	}
}
