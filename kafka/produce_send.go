package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// drain sends pending batches in rounds, in each of which every partition has
// one batch on the way, until none is left.
func (p *Producer) drain(ctx context.Context) error {
	began := time.Now() // of failing
	end := began.Add(p.client.cfg.RetryBudget)
	for attempts := 0; len(p.busy) > 0; {
		if !p.waitThrottled(ctx) {
			return fmt.Errorf("kafka: Produce: %w", ctx.Err())
		}
		progress, failed := p.round(ctx)
		p.busy = slices.DeleteFunc(p.busy, (*partitionQueue).empty)
		switch {
		case p.fatal != nil:
			return p.fatal
		case ctx.Err() != nil && len(p.busy) > 0:
			return fmt.Errorf("kafka: Produce: %w", ctx.Err())
		case progress:
			attempts, began = 0, time.Now()
			end = began.Add(p.client.cfg.RetryBudget)
		}
		if failed == nil {
			continue
		}
		if !retriable(failed) {
			return failed
		}
		attempts++
		pause := backoff(attempts)
		if time.Now().Add(pause).After(end) {
			return fmt.Errorf("%w: Produce: %w", ErrRetriesExhausted, failed)
		}
		p.cfg.OnRetry(&RetryError{failed, time.Since(began)})
		if !sleep(ctx, pause) {
			return fmt.Errorf("kafka: Produce: %w", ctx.Err())
		}
	}
	return nil
}

// throttleMost bounds a pause that a broker asks for.
const throttleMost = time.Minute

// waitThrottled waits as long as a broker's quota asks for (KIP-219): it would not read the next
// request before, which would time out. It reports whether the context has not ended.
func (p *Producer) waitThrottled(ctx context.Context) bool {
	rest := time.Until(p.throttled)
	return rest <= 0 || sleep(ctx, rest)
}

// requestBytes bounds one produce request well below what brokers accept
// (socket.request.max.bytes, 100 MB).
const requestBytes = 8 << 20

// produceExchange is one request with its buffers, reused while it succeeds.
type produceExchange struct {
	call    call
	request produceRequest
	err     error
}

// round sends the first batch of every partition, one request to each broker
// at the same time. It reports whether anything was acknowledged and the last
// failure.
func (p *Producer) round(ctx context.Context) (progress bool, failed error) {
	exchanges, failed := p.prepareRound(ctx)
	if failed != nil {
		return false, failed
	}
	if len(exchanges) == 1 {
		exchanges[0].run(ctx, p.client)
	} else {
		var done sync.WaitGroup
		for _, e := range exchanges {
			done.Go(func() { e.run(ctx, p.client) })
		}
		done.Wait()
	}
	var moved []TopicPartition
	for i, e := range exchanges {
		for j, q := range e.request.queues {
			err := e.err
			var a produceAnswer
			if err == nil {
				a = e.request.answers[j]
				if a.code != None {
					err = &RequestError{
						Op: "Produce", Topic: q.Topic, Partition: q.Partition, Code: a.code, Detail: a.detail,
					}
				}
			}
			if err = p.settle(ctx, q, &a, err); err == nil {
				progress = true
			} else if failed == nil || !retriable(err) {
				failed = err
			}
			if code := codeOf(err); err != nil && (code.moved() || code == None) {
				moved = append(moved, q.TopicPartition)
			}
		}
		if e.err == nil && e.request.throttle > 0 {
			p.throttled = time.Now().Add(min(e.request.throttle, throttleMost))
		}
		if e.err != nil {
			p.requests[i] = new(produceExchange) // its buffers may still be in use
		}
	}
	if len(moved) > 0 {
		// A failure here shows in the next round, which needs the leaders.
		_, _ = p.client.fetchMetadata(ctx, topicNames(moved))
	}
	return progress, failed
}

// prepareRound groups the head batches by broker and stamps them.
func (p *Producer) prepareRound(ctx context.Context) ([]*produceExchange, error) {
	heads := make([]TopicPartition, 0, len(p.busy))
	for _, q := range p.busy {
		if len(q.pending) > 0 {
			heads = append(heads, q.TopicPartition)
		}
	}
	nodes, err := p.client.byLeader(ctx, heads)
	if err != nil {
		return nil, err
	}
	var exchanges []*produceExchange
	for _, node := range slices.Sorted(maps.Keys(nodes)) {
		partitions := nodes[node]
		slices.SortFunc(partitions, TopicPartition.Compare)
		if len(p.requests) == len(exchanges) {
			p.requests = append(p.requests, new(produceExchange))
		}
		e := p.requests[len(exchanges)]
		e.call.key, e.call.node, e.err = 0, node, nil
		if e.call.version, err = p.produceVersion(ctx, node); err != nil {
			return nil, err
		}
		e.call.flexible = e.call.version >= 9
		e.request.transactionalID, e.request.timeout = p.cfg.TransactionalID, p.client.cfg.RequestTimeout
		e.request.queues = e.request.queues[:0]
		size := 0
		for _, tp := range partitions {
			q := p.queues[tp]
			b := q.pending[0]
			if size += len(b.sealed); size > requestBytes && len(e.request.queues) > 0 {
				break // the next round's
			}
			if b.stampedBy != p.id {
				stamp(b.sealed, p.id, b.sequence, p.cfg.TransactionalID != "")
				b.stampedBy = p.id
			}
			e.request.queues = append(e.request.queues, q)
		}
		exchanges = append(exchanges, e)
	}
	return exchanges, nil
}

func (p *Producer) produceVersion(ctx context.Context, node int32) (int16, error) {
	if p.joins {
		return produceJoins, nil
	}
	return p.client.newerOr(ctx, node, 0, produceAnnounced, produceOldest)
}

func (e *produceExchange) run(ctx context.Context, c *Client) {
	w := c.begin(&e.call)
	e.request.write(&w)
	// The broker's own timeout is RequestTimeout; its answer gets a little more.
	r, err := c.roundTrip(ctx, &e.call, w, c.cfg.RequestTimeout+time.Second)
	if err == nil {
		err = e.request.parse(&r, e.call.version)
	}
	e.err = err
}

// settle applies the answer for the head batch of q.
func (p *Producer) settle(ctx context.Context, q *partitionQueue, a *produceAnswer, err error) error {
	b, base := q.pending[0], a.base
	code := codeOf(err)
	switch {
	case err == nil, code == DuplicateSequence:
		// A duplicate is an earlier attempt of this batch that arrived.
		if err != nil {
			base = -1
		}
		p.cfg.OnAck(q.TopicPartition, base, b.count)
		p.drop(q)
		return nil
	case code == MessageTooLarge || code == RecordListTooLarge:
		return p.split(q, err)
	case code.refusesRecord():
		return p.dropRecords(q, a.bad, err)
	case code.RefusesTopic() && !b.ambiguous:
		if slices.Contains(p.cfg.Droppable, q.Topic) {
			p.dropQueue(q, err)
			return nil
		}
		return err // the broker has appended nothing: the batch can be sent again
	case code == OutOfOrderSequence || code == UnknownProducerID:
		return p.renew(ctx, q, err)
	case errors.Is(err, ErrFenced) || (!retriable(err) && ctx.Err() == nil):
		p.fail(err)
		return err
	}
	b.ambiguous = b.ambiguous || lostAnswer(err)
	return p.noteLost(err)
}

// drop removes the head batch and keeps its buffers for later.
func (p *Producer) drop(q *partitionQueue) {
	b := q.pending[0]
	n := copy(q.pending, q.pending[1:])
	q.pending[n] = nil
	q.pending = q.pending[:n]
	p.buffered -= len(b.buf) - batchHeaderBytes
	if len(p.spare) < 2*len(p.queues) {
		p.spare = append(p.spare, b)
	}
}

// renew answers a broker that no longer knows this producer's sequence, after data loss
// or expiry. Inside a transaction the error is ErrAbortable: Abort begins another epoch.
// Kafka 4.0 answers so, too, when a late request of an older epoch came in between.
// Outside, a new id starts over, provided that no attempt is unaccounted for: else the
// records might come twice, and the producer fails instead.
func (p *Producer) renew(ctx context.Context, q *partitionQueue, cause error) error {
	inDoubt := slices.ContainsFunc(p.busy, func(q *partitionQueue) bool {
		return slices.ContainsFunc(q.pending, func(b *batch) bool { return b.ambiguous })
	})
	if p.cfg.TransactionalID != "" {
		return cause
	}
	if inDoubt {
		p.fail(cause)
		return cause
	}
	id, err := p.client.initProducerID(ctx, p.cfg, producerID{-1, -1})
	if err != nil {
		return err
	}
	p.restart(id)
	p.cfg.OnRetry(cause)
	return &RequestError{
		Op: "Produce", Topic: q.Topic, Partition: q.Partition, Code: LeaderNotAvailable,
		Detail: "producer id renewed",
	}
}

// restart numbers everything unsent from 0 under another id or epoch.
func (p *Producer) restart(id producerID) {
	p.id = id
	for _, q := range p.queues {
		q.sequence = 0
		for _, b := range q.pending {
			b.sequence = q.sequence
			q.sequence = addSequence(q.sequence, b.count)
		}
	}
}
