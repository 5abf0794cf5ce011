package kafka

import (
	"encoding/binary"
	"time"
)

// produceVersion is the last before flexible versions that adds nothing this
// producer needs; transactions by it follow the protocol of KIP-98, in which
// partitions are added explicitly.
const produceVersion = 7

// produceRequest sends the head batch of several partitions to one broker.
type produceRequest struct {
	transactionalID string
	timeout         time.Duration
	queues          []*partitionQueue // of one topic in a row
	answers         []produceAnswer
}

type produceAnswer struct {
	code     Code
	base     int64
	answered bool
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
			batch := q.queues[i].pending[0].sealed
			w.i32(q.queues[i].Partition)
			w.b = binary.BigEndian.AppendUint32(w.b, uint32(len(batch)))
			w.b = append(w.b, batch...)
		}
	}
}

// parse fills in answers, one for each queue of the request.
func (q *produceRequest) parse(r *reader) error {
	q.answers = q.answers[:0]
	for range q.queues {
		q.answers = append(q.answers, produceAnswer{})
	}
	for range r.array(6) {
		topic := r.raw()
		for range r.array(30) {
			partition := r.i32()
			a := produceAnswer{code: r.code(), base: r.i64(), answered: true}
			r.i64()
			r.i64()
			for i, queue := range q.queues {
				if queue.Partition == partition && queue.Topic == string(topic) && r.err == nil {
					q.answers[i] = a
				}
			}
		}
	}
	r.i32() // throttle
	for i := range q.answers {
		if !q.answers[i].answered {
			r.fail("no answer for a partition")
		}
	}
	return r.err
}
