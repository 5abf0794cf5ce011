package kafka

import "sync"

// Header is a record header. Kafka allows a key to repeat.
type Header struct {
	Key   string
	Value []byte
}

// Record is one record as read. Key, Value and the headers alias the fetched
// (or decompressed) buffer: they are valid until the next call of Fetched.Next.
type Record struct {
	Offset      int64
	TimestampMs int64  // since 1970, UTC
	Key, Value  []byte // nil when null

	headers     []byte
	headerCount int
}

// EachHeader calls fn for every header until it returns false.
func (r *Record) EachHeader(fn func(key, value []byte) bool) {
	b, i := r.headers, 0
	for range r.headerCount {
		var key, value []byte
		if key, i = lengthPrefixed(b, i); i < 0 {
			return
		}
		if value, i = lengthPrefixed(b, i); i < 0 || !fn(key, value) {
			return
		}
	}
}

// Header returns the value of the last header of that name.
func (r *Record) Header(name string) (value []byte, ok bool) {
	r.EachHeader(func(k, v []byte) bool {
		if string(k) == name {
			value, ok = v, true
		}
		return true
	})
	return value, ok
}

// lengthPrefixed reads a varint length and that many bytes; length -1 is null.
// The index is below zero when the bytes are not there.
func lengthPrefixed(b []byte, i int) ([]byte, int) {
	n, i := varint(b, i)
	if i < 0 || n < -1 || n > int64(len(b)-i) {
		return nil, -1
	}
	if n < 0 {
		return nil, i
	}
	end := i + int(n)
	return b[i:end:end], end
}

// abortedTxn is a transaction that a read_committed reader hides: the records
// of the producer from the first offset to its next abort marker.
type abortedTxn struct {
	producer, first int64
}

// recordReader walks the records of fetched batches, hiding control records
// and aborted transactions. Checksums are scanBatches' business. It allocates
// only to decompress, and keeps that buffer.
type recordReader struct {
	rest    []byte
	aborted []abortedTxn       // not reached yet, ordered by first offset
	open    map[int64]struct{} // producers inside an aborted transaction
	next    int64              // position: the offset after everything seen
	err     error

	// of the batch in hand
	header batchHeader
	body   []byte
	left   int

	inflaters *sync.Pool // shared, since most readers meet no compressed batch
	inflater  *inflater
}

func (d *recordReader) reset(records []byte, aborted []abortedTxn, from int64) {
	clear(d.open)
	d.rest, d.aborted, d.next, d.err = records, aborted, from, nil
	d.body, d.left = nil, 0
}

// release gives the decompression buffer back.
func (d *recordReader) release() {
	if d.inflater != nil {
		d.inflaters.Put(d.inflater)
		d.inflater = nil
	}
	d.body, d.left, d.rest = nil, 0, nil
}

// read fills in the next visible record. It returns false at the end and on
// the first error.
func (d *recordReader) read(r *Record) bool {
	if d.err != nil {
		return false
	}
	for {
		for d.left == 0 {
			if !d.nextBatch() {
				return false
			}
		}
		d.left--
		if !d.parseRecord(r) {
			d.fail("record %d of %d", d.header.count-d.left-1, d.header.count)
			return false
		}
		// A batch is fetched from its beginning even when the position is in
		// its middle.
		skip := r.Offset < d.next
		if d.left == 0 {
			d.next = max(d.next, d.header.last+1) // over compacted tails too
		} else {
			d.next = max(d.next, r.Offset+1)
		}
		if !skip {
			return true
		}
	}
}

// fail stops at the batch in hand.
func (d *recordReader) fail(format string, args ...any) {
	bad := corrupt(d.header.base, format, args...)
	bad.Next = d.header.last + 1
	d.left, d.err = 0, bad
}

// skip goes on after the batch that was stopped at.
func (d *recordReader) skip() {
	d.err = nil
	d.next = max(d.next, d.header.last+1)
}

// nextBatch moves to the next batch; one whose records are all hidden only
// moves the position. It is false at the end of the buffer and on errors.
func (d *recordReader) nextBatch() bool {
	h, body, rest, ok, err := splitBatch(d.rest)
	if err != nil || !ok {
		d.err, d.rest = err, nil
		return false
	}
	d.header, d.rest = h, rest
	// KIP-98: a transaction of the list becomes active for its producer with
	// the first batch that reaches its first offset.
	for len(d.aborted) > 0 && d.aborted[0].first <= h.last {
		if d.open == nil {
			d.open = make(map[int64]struct{})
		}
		d.open[d.aborted[0].producer] = struct{}{}
		d.aborted = d.aborted[1:]
	}
	hidden := h.attributes&attrControl != 0 || h.count == 0 || h.last < d.next
	if h.attributes&attrControl != 0 && isAbortMarker(body) {
		delete(d.open, h.producer)
	}
	if h.attributes&attrTxn != 0 && len(d.open) > 0 {
		_, gone := d.open[h.producer]
		hidden = hidden || gone
	}
	if hidden {
		d.next = max(d.next, h.last+1)
		return true
	}
	if c := Compression(h.attributes & attrCodec); c != Uncompressed {
		if d.inflater == nil {
			d.inflater = d.inflaters.Get().(*inflater)
		}
		if body, err = d.inflater.inflate(c, body); err != nil {
			d.fail("%v", err)
			return false
		}
	}
	d.body, d.left = body, h.count
	return true
}

func (d *recordReader) parseRecord(r *Record) bool {
	n, i := varint(d.body, 0)
	if i < 0 || n < 1 || n > int64(len(d.body)-i) {
		return false
	}
	b := d.body[i : i+int(n)]
	d.body = d.body[i+int(n):]
	deltaMs, i := varint(b, 1) // after a byte of attributes that nothing uses
	delta, i := varint(b, i)
	if i < 0 {
		return false
	}
	r.Offset = d.header.base + delta
	if delta < 0 || r.Offset > d.header.last {
		return false
	}
	r.TimestampMs = d.header.firstMs + deltaMs
	if d.header.attributes&attrAppendTime != 0 {
		r.TimestampMs = d.header.maxMs
	}
	if r.Key, i = lengthPrefixed(b, i); i < 0 {
		return false
	}
	if r.Value, i = lengthPrefixed(b, i); i < 0 {
		return false
	}
	headers, i := varint(b, i)
	if i < 0 || headers < 0 || headers > int64(len(b)-i) {
		return false
	}
	r.headers, r.headerCount = b[i:], int(headers)
	return true
}

// isAbortMarker reads a control batch: one record whose key holds a version
// and a type, 0 for abort and 1 for commit.
func isAbortMarker(body []byte) bool {
	n, i := varint(body, 0)
	if i < 0 || n < 1 || n > int64(len(body)-i) {
		return false
	}
	b := body[i : i+int(n)]
	_, i = varint(b, 1)
	_, i = varint(b, i)
	key, i := lengthPrefixed(b, i)
	return i >= 0 && len(key) >= 4 && key[2] == 0 && key[3] == 0
}
