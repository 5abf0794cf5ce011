package live

import (
	"cmp"
	"slices"

	"streamd/kafka"
)

// traceBytesMax is the longest value of a header that is passed on: the W3C's limit for tracestate.
const traceBytesMax = 512

// traces are the trace contexts (W3C: the headers traceparent and tracestate) of the records whose candles are staged.
// They go on to the signals of these candles, so that a trace that began at the exchange leads to the signal.
type traces struct {
	of []traceContext // in the order of the offsets
}

type traceContext struct {
	offset  int64
	headers []kafka.Header
}

// note keeps the context of a record that has one.
func (t *traces) note(r *kafka.Record) {
	var headers []kafka.Header
	r.EachHeader(func(key, value []byte) bool {
		isContext := string(key) == "traceparent" || string(key) == "tracestate"
		if isContext && len(value) <= traceBytesMax && len(headers) < 2 {
			headers = append(headers, kafka.Header{Key: string(key), Value: slices.Clone(value)})
		}
		return true
	})
	if headers != nil {
		t.of = append(t.of, traceContext{r.Offset, headers})
	}
}

// add puts the context of the record at an offset after the headers of its signal.
func (t *traces) add(headers []kafka.Header, offset int64) []kafka.Header {
	byOffset := func(c traceContext, at int64) int { return cmp.Compare(c.offset, at) }
	i, ok := slices.BinarySearchFunc(t.of, offset, byOffset)
	if !ok {
		return headers
	}
	return append(headers, t.of[i].headers...)
}

// drop forgets all, when nothing is staged any more.
func (t *traces) drop() { t.of = t.of[:0] }
