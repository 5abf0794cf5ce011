package kafka

import (
	"errors"
	"fmt"
	"slices"
)

// What a broker refuses whenever it is sent is dropped and told of, so that the rest
// goes on. Such a batch was not appended, so its sequence numbers are free again.

// dropTopic drops everything unsent of a topic that is refused for good, if that is so
// and the topic is droppable.
func (p *Producer) dropTopic(err error) bool {
	var refused *RequestError
	if !errors.As(err, &refused) || !refused.Code.RefusesTopic() || !slices.Contains(p.cfg.Droppable, refused.Topic) {
		return false
	}
	for _, q := range p.busy {
		if q.Topic == refused.Topic {
			p.dropQueue(q, err)
		}
	}
	p.busy = slices.DeleteFunc(p.busy, (*partitionQueue).empty)
	return true
}

// dropQueue drops everything unsent of a partition.
func (p *Producer) dropQueue(q *partitionQueue, cause error) {
	if q.open != nil {
		q.open.sequence = q.sequence
		q.pending, q.open = append(q.pending, q.open), nil
	}
	if len(q.pending) == 0 {
		return
	}
	first, records := q.pending[0].sequence, 0
	for len(q.pending) > 0 {
		records += q.pending[0].count
		p.drop(q)
	}
	q.sequence = first
	p.rejected = append(p.rejected, &RefusedError{TopicPartition: q.TopicPartition, Records: records, Err: cause})
}

// dropRecords drops those records of the head batch that the broker has something
// against. Where it does not name them, the batch is cut until they are found.
func (p *Producer) dropRecords(q *partitionQueue, bad []int, cause error) error {
	b := q.pending[0]
	slices.Sort(bad)
	bad = slices.Compact(bad)
	if len(bad) == 0 || bad[0] < 0 || bad[len(bad)-1] >= b.count {
		return p.split(q, cause)
	}
	p.rejected = append(p.rejected, &RefusedError{TopicPartition: q.TopicPartition, Records: len(bad), Err: cause})
	return p.recut(q, 1, func(i int) int {
		if _, refused := slices.BinarySearch(bad, i); refused {
			return -1
		}
		return 0
	})
}

// split cuts a batch that the broker refused for one of its records into two. A single
// record is dropped.
func (p *Producer) split(q *partitionQueue, cause error) error {
	b := q.pending[0]
	if b.count == 1 {
		var dropped error = &RefusedError{TopicPartition: q.TopicPartition, Records: 1, Err: cause}
		if !codeOf(cause).refusesRecord() {
			dropped = &TooLargeError{
				TopicPartition: q.TopicPartition, Index: b.indexes[0], SizeBytes: len(b.buf) - batchHeaderBytes,
			}
		}
		p.rejected = append(p.rejected, dropped)
		first := b.sequence
		p.drop(q)
		q.resequence(first)
		return nil
	}
	half := b.count / 2
	return p.recut(q, 2, func(i int) int { return min(1, i/half) }) // i/half is 2 for the last one of an odd batch
}

// recut puts the records of the head batch into further batches: each into the one that
// part says, or into none for -1.
func (p *Producer) recut(q *partitionQueue, parts int, part func(i int) int) error {
	b := q.pending[0]
	made := make([]*batch, parts)
	for i := range made {
		made[i] = p.newBatch()
	}
	d := recordReader{header: batchHeader{firstMs: b.firstMs, last: int64(b.count)}, body: b.buf[batchHeaderBytes:]}
	for i := range b.count {
		var r Record
		if !d.parseRecord(&r) {
			panic(fmt.Sprintf("kafka: own batch does not decode at record %d of %d", i, b.count))
		}
		to := part(i)
		if to < 0 {
			continue
		}
		m := ProducerRecord{TimestampMs: r.TimestampMs, Key: r.Key, Value: r.Value}
		r.EachHeader(func(k, v []byte) bool {
			m.Headers = append(m.Headers, Header{string(k), v})
			return true
		})
		made[to].append(&m)
		made[to].indexes = append(made[to].indexes, b.indexes[i])
	}
	made = slices.DeleteFunc(made, func(b *batch) bool { return b.count == 0 })
	for _, m := range made {
		if err := p.pack(m); err != nil {
			return err
		}
		p.buffered += len(m.buf) - batchHeaderBytes
	}
	first := b.sequence
	p.drop(q)
	q.pending = slices.Insert(q.pending, 0, made...)
	q.resequence(first)
	return nil
}

// resequence numbers the batches that wait from a sequence number on, after the head was
// dropped or cut: none of those behind it was ever sent, since a partition has one batch
// on the way.
func (q *partitionQueue) resequence(first int32) {
	q.sequence = first
	for _, b := range q.pending {
		b.sequence, b.stampedBy = q.sequence, producerID{-1, -1}
		q.sequence = addSequence(q.sequence, b.count)
	}
}
