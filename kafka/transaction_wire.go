package kafka

import (
	"context"
	"maps"
	"slices"
)

// The requests of a transaction and their answers.

// enlist makes partitions part of the transaction.
func (p *Producer) enlist(ctx context.Context, partitions []TopicPartition) error {
	if len(partitions) == 0 {
		return nil
	}
	return p.txnRequest(ctx, "AddPartitionsToTxn", func(ctx context.Context, node int32) error {
		r, err := p.client.request(ctx, node, 24, 2, false, func(w *writer) {
			p.writeID(w)
			writeByTopic(w, partitions, func(tp TopicPartition) { w.i32(tp.Partition) })
		})
		if err != nil {
			return err
		}
		return parsePartitionCodes(&r, "AddPartitionsToTxn")
	})
}

// enlistGroup makes a group's offsets part of the transaction.
func (p *Producer) enlistGroup(ctx context.Context, group string) error {
	return p.txnRequest(ctx, "AddOffsetsToTxn", func(ctx context.Context, node int32) error {
		r, err := p.client.request(ctx, node, 25, 1, false, func(w *writer) {
			p.writeID(w)
			w.str(group)
		})
		if err != nil {
			return err
		}
		r.i32()
		return topLevel(&r, "AddOffsetsToTxn")
	})
}

func (p *Producer) txnOffsetCommit(ctx context.Context, o *stagedOffsets) error {
	key := coordinatorKey{o.member.Group, groupCoordinator}
	version := int16(offsetsAnnounced)
	if p.joins {
		version = offsetsJoin
	}
	return p.client.retry(ctx, "TxnOffsetCommit", func(ctx context.Context) error {
		return p.noteLostOffsets(p.client.coordinated(ctx, key, func(ctx context.Context, node int32) error {
			r, err := p.client.request(ctx, node, 28, version, true, func(w *writer) {
				w.str(p.cfg.TransactionalID)
				w.str(o.member.Group)
				w.i64(p.id.id)
				w.i16(p.id.epoch)
				w.i32(o.member.Generation)
				w.str(o.member.MemberID)
				w.optional(o.member.InstanceID)
				writeByTopic(w, slices.Collect(maps.Keys(o.offsets)), func(tp TopicPartition) {
					w.i32(tp.Partition)
					w.i64(o.offsets[tp])
					w.i32(-1)
					w.optional("")
					w.tags()
				})
				w.tags()
			})
			if err != nil {
				return err
			}
			return parsePartitionCodes(&r, "TxnOffsetCommit")
		}))
	})
}

// endTxn commits or aborts. Repeating it after a lost answer is safe: the
// coordinator answers a repeated EndTxn with success once the transaction has
// ended that way, and refuses the opposite. Version 5 also begins a new epoch, so
// that no request of this transaction that comes late can touch the next one
// (KIP-890). A cluster whose transaction.version is below 2 refuses it with
// ConcurrentTransactions for ever; so a coordinator that goes on refusing is asked
// again what it offers.
func (p *Producer) endTxn(ctx context.Context, commit bool) error {
	id := p.id
	attempts := 0
	err := p.txnRequest(ctx, "EndTxn", func(ctx context.Context, node int32) error {
		if attempts++; attempts%endTxnPatience == 0 {
			p.client.forgetOffer(node)
		}
		offer, err := p.client.offer(ctx, node)
		if err != nil {
			return err
		}
		version := int16(endTxnSameEpoch)
		if offer.endsEpoch() {
			version = endTxnNewEpoch
		}
		r, err := p.client.request(ctx, node, 26, version, version >= 3, func(w *writer) {
			p.writeID(w)
			w.bool(commit)
			w.tags()
		})
		if err == nil {
			id, err = parseEndTxn(&r, version, p.id)
		}
		return err
	})
	if err == nil && id != p.id {
		p.restart(id)
		p.late.Store(false)
		p.lateOffsets.Store(false)
	}
	return err
}

// Versions of EndTxn and TxnOffsetCommit that are used, and after how many attempts
// to end a transaction its coordinator is asked again what it offers.
const (
	endTxnSameEpoch  = 2
	endTxnNewEpoch   = 5
	offsetsAnnounced = 3
	offsetsJoin      = 5
	endTxnPatience   = 5
)

// parseEndTxn returns the id that the next transaction is to use.
func parseEndTxn(r *reader, version int16, id producerID) (producerID, error) {
	r.i32()
	code := r.code()
	if version >= endTxnNewEpoch {
		id = producerID{r.i64(), r.i16()}
	}
	r.tags()
	if r.err == nil && code != None {
		return id, &RequestError{Op: "EndTxn", Partition: -1, Code: code}
	}
	return id, r.err
}

// txnRequest sends a request to the transaction's coordinator until it is answered.
func (p *Producer) txnRequest(ctx context.Context, op string, send func(context.Context, int32) error) error {
	key := coordinatorKey{p.cfg.TransactionalID, txnCoordinator}
	return p.client.retry(ctx, op, func(ctx context.Context) error {
		return p.noteLost(p.client.coordinated(ctx, key, send))
	})
}

func (p *Producer) writeID(w *writer) {
	w.str(p.cfg.TransactionalID)
	w.i64(p.id.id)
	w.i16(p.id.epoch)
}

// topLevel reads the one error code of an answer.
func topLevel(r *reader, op string) error {
	code := r.code()
	if r.err == nil && code != None {
		return &RequestError{Op: op, Partition: -1, Code: code}
	}
	return r.err
}

// parsePartitionCodes reads an answer that holds a throttle time and a code
// per partition, and returns the one that says most, the first among equals.
func parsePartitionCodes(r *reader, op string) error {
	r.i32()
	var failed *RequestError
	for range r.array(3) {
		topic := r.str()
		for range r.array(6) {
			partition, code := r.i32(), r.code()
			r.tags()
			if code != None && (failed == nil || code.weight() > failed.Code.weight()) {
				failed = &RequestError{Op: op, Topic: topic, Partition: partition, Code: code}
			}
		}
		r.tags()
	}
	r.tags()
	if r.err != nil || failed == nil {
		return r.err
	}
	return failed
}

// weight orders the codes of an answer by what they say. The partitions beside one that
// is refused were not attempted.
func (c Code) weight() int {
	switch {
	case c == OperationNotAttempted:
		return 0
	case c.Retriable():
		return 1
	}
	return 2
}
