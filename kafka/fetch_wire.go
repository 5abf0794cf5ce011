package kafka

import (
	"cmp"
	"slices"
	"time"
)

// fetchPartition is one partition of a fetch request.
type fetchPartition struct {
	TopicPartition
	offset int64
	epoch  uint64 // the fetcher's, not Kafka's
}

// fetchedPartition is one partition of its answer; records and aborted alias
// the answer's buffers.
type fetchedPartition struct {
	index                               int // into the request's partitions
	code                                Code
	highWatermark, lastStable, logStart int64
	aborted                             []abortedTxn
	records                             []byte
}

type fetchRequest struct {
	maxWait                       time.Duration
	minBytes, maxBytes, partBytes int
	readCommitted                 bool
	partitions                    []fetchPartition // of one topic in a row
}

// fetchVersion is the last one that names topics and can do without sessions
// at no cost; the later ones address topics by id.
const fetchVersion = 11

func (q *fetchRequest) write(w *writer) {
	w.i32(-1)
	w.i32(int32(q.maxWait.Milliseconds()))
	w.i32(int32(q.minBytes))
	w.i32(int32(q.maxBytes))
	w.bool(q.readCommitted)
	w.i32(0)  // no session:
	w.i32(-1) // every request names all its partitions
	topics := 0
	for i := range q.partitions {
		if i == 0 || q.partitions[i].Topic != q.partitions[i-1].Topic {
			topics++
		}
	}
	w.array(topics)
	for i := 0; i < len(q.partitions); {
		topic, end := q.partitions[i].Topic, i
		for end < len(q.partitions) && q.partitions[end].Topic == topic {
			end++
		}
		w.str(topic)
		w.array(end - i)
		for ; i < end; i++ {
			p := &q.partitions[i]
			w.i32(p.Partition)
			w.i32(-1) // leader epoch: truncation shows as an offset out of range
			w.i64(p.offset)
			w.i64(-1)
			w.i32(int32(q.partBytes))
		}
	}
	w.array(0) // forgotten
	w.str("")  // rack
}

// fetchAnswer is reused from answer to answer.
type fetchAnswer struct {
	partitions []fetchedPartition
	aborted    []abortedTxn
}

// parse reads the answer to q. It allocates only to grow its own slices.
func (a *fetchAnswer) parse(r *reader, q *fetchRequest) error {
	a.partitions, a.aborted = a.partitions[:0], a.aborted[:0]
	r.i32() // throttle
	code := r.code()
	r.i32() // session
	if r.err == nil && code != None {
		return &RequestError{Op: "Fetch", Partition: -1, Code: code}
	}
	at := 0
	for range r.array(6) {
		topic := r.raw()
		for range r.array(42) {
			p := fetchedPartition{index: -1}
			partition := r.i32()
			// Answers come in the order of the request as a rule, so the
			// search starts where the last one ended.
			for range q.partitions {
				if c := &q.partitions[at]; c.Partition == partition && c.Topic == string(topic) {
					p.index = at
				}
				if at++; at == len(q.partitions) {
					at = 0
				}
				if p.index >= 0 {
					break
				}
			}
			p.code = r.code()
			p.highWatermark, p.lastStable, p.logStart = r.i64(), r.i64(), r.i64()
			from := len(a.aborted)
			for range r.array(16) {
				a.aborted = append(a.aborted, abortedTxn{producer: r.i64(), first: r.i64()})
			}
			p.aborted = a.aborted[from:len(a.aborted):len(a.aborted)]
			// Brokers list them by their ends; a reader meets their beginnings.
			slices.SortFunc(p.aborted, func(a, b abortedTxn) int { return cmp.Compare(a.first, b.first) })
			r.i32() // preferred replica: only for clients that name their rack
			p.records = r.bytes()
			if r.err == nil && p.index < 0 {
				r.fail("partition that was not asked for")
			}
			a.partitions = append(a.partitions, p)
		}
	}
	return r.err
}
