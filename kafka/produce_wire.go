package kafka

import "time"

// Versions of Produce. Transactions by the older two follow KIP-98, in which partitions
// are announced; by the newest they join the transaction by themselves (KIP-890).
const (
	produceOldest    = 7 // the newest that Redpanda answers
	produceAnnounced = 8 // the first that names refused records (KIP-467)
	produceJoins     = 12
)

// produceRequest sends the head batch of several partitions to one broker.
type produceRequest struct {
	transactionalID string
	timeout         time.Duration
	queues          []*partitionQueue // of one topic in a row
	answers         []produceAnswer
	throttle        time.Duration // that the broker asks for before the next request
}

type produceAnswer struct {
	code     Code
	base     int64
	answered bool
	detail   string // the broker's words for a refusal
	bad      []int  // records of the batch that are to blame for it
}

// recordErrors reads what is said of the records of a partition.
func (r *reader) recordErrors() (bad []int, detail string) {
	for range r.array(6) {
		bad = append(bad, int(r.i32()))
		words := r.str()
		if detail == "" {
			detail = words
		}
		r.tags()
	}
	if words := r.str(); words != "" {
		detail = words
	}
	r.tags()
	return bad, detail
}

func (q *produceRequest) write(w *writer) {
	w.optional(q.transactionalID)
	w.i16(-1) // all in-sync replicas
	w.i32(int32(q.timeout.Milliseconds()))
	topics := 0
	for i := range q.queues {
		if i == 0 || q.queues[i].Topic != q.queues[i-1].Topic {
			topics++
		}
	}
	w.array(topics)
	for i := 0; i < len(q.queues); {
		topic, end := q.queues[i].Topic, i
		for end < len(q.queues) && q.queues[end].Topic == topic {
			end++
		}
		w.str(topic)
		w.array(end - i)
		for ; i < end; i++ {
			w.i32(q.queues[i].Partition)
			w.bytes(q.queues[i].pending[0].sealed)
			w.tags()
		}
		w.tags()
	}
	w.tags()
}

// parse fills in answers, one for each queue of the request.
func (q *produceRequest) parse(r *reader, version int16) error {
	q.answers = q.answers[:0]
	for range q.queues {
		q.answers = append(q.answers, produceAnswer{})
	}
	for range r.array(3) {
		topic := r.raw()
		for range r.array(30) {
			partition := r.i32()
			a := produceAnswer{code: r.code(), base: r.i64(), answered: true}
			r.i64()
			r.i64()
			if version >= produceAnnounced {
				a.bad, a.detail = r.recordErrors()
			}
			for i, queue := range q.queues {
				if queue.Partition == partition && queue.Topic == string(topic) && r.err == nil {
					q.answers[i] = a
				}
			}
		}
		r.tags()
	}
	q.throttle = time.Duration(r.i32()) * time.Millisecond
	r.tags()
	for i := range q.answers {
		if !q.answers[i].answered {
			r.fail("no answer for a partition")
		}
	}
	return r.err
}
