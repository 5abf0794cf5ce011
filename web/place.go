package web

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

// place is where a reader of signals stands: for each partition of their topic, the offset of the
// last one that it has seen, -1 for none. It is the id of an event of the stream, so that a reader
// goes on behind it after a restart, and at another instance.
type place []int64

// id writes a place: what the topic is called, so that a topic re-created is another one, and the
// offsets.
func (s *Signals) id(at place) string {
	var b []byte
	for _, offset := range at {
		b = binary.AppendUvarint(b, uint64(offset+1))
	}
	return s.topic + "-" + base64.RawURLEncoding.EncodeToString(b)
}

// placeOf reads an id; it is false for one of another topic.
func (s *Signals) placeOf(id string) (place, bool) {
	topic, text, ok := strings.Cut(id, "-")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || topic != s.topic {
		return nil, false
	}
	at := place{}
	for len(b) > 0 && len(at) < partitionsMax {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > 1<<62 {
			return nil, false
		}
		at, b = append(at, int64(v)-1), b[n:]
	}
	return at, len(b) == 0
}

// partitionsMax is how many partitions an id may have.
const partitionsMax = 10_000

// of returns the offset of a partition; a topic may have got it since the place was noted.
func (p place) of(partition int32) int64 {
	if int(partition) < len(p) {
		return p[partition]
	}
	return -1
}

// pass notes a signal as seen.
func (p place) pass(partition int32, offset int64) place {
	for int(partition) >= len(p) {
		p = append(p, -1)
	}
	p[partition] = max(p[partition], offset)
	return p
}

// sees reports whether a signal lies before the place or at it.
func (p place) sees(n *numbered) bool { return n.offset <= p.of(n.partition) }

// backlog is what came after a place.
type backlog struct {
	kept []numbered
	gap  bool    // some before them are not kept any more
	lost *uint64 // how many; nil where that is not known
	from place   // the place before them
}

// since returns the signals kept behind a place.
func (s *Signals) since(after place) backlog {
	b := backlog{from: slices.Clone(after)}
	for partition, gone := range s.gone {
		if after.of(int32(partition)) < gone {
			b.gap = true
			b.from = b.from.pass(int32(partition), gone)
		}
	}
	lost := uint64(0)
	if b.gap && s.counts { // offsets without a hole
		lost = uint64(s.gone.of(0) - after.of(0))
	}
	if !b.gap || s.counts {
		b.lost = &lost
	}
	for i := range s.kept {
		if !b.from.sees(&s.kept[i]) {
			b.kept = append(b.kept, s.kept[i])
		}
	}
	return b
}
