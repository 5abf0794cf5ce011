package kafka

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A broker that is killed when it has decided on a transaction and has not written
// the markers yet loads the decision when it is up again. At that moment it may not
// know its own address yet; then it takes the partitions for deleted, says that the
// transaction is complete, and writes no marker at all (seen with Apache Kafka
// 4.3.1: "these partitions are likely deleted already and hence can be skipped").
// Who reads them committed waits at that place for ever, and so does who asks for
// the group's offsets. Another transaction of the same producer over the same
// partitions, with the same end, brings the markers after all. So a producer that
// opens makes one.

// outcome is how a transaction ended.
type outcome int

const (
	outcomeUnknown outcome = iota
	outcomeCommitted
	outcomeAborted
)

const markersBudget = 2 * time.Second

// bringMarkers ends an empty transaction over the groups and topics of the
// configuration in the way that the predecessor's last one ended.
func (p *Producer) bringMarkers(ctx context.Context, end outcome) error {
	if end == outcomeUnknown {
		return nil
	}
	topics, err := p.client.MatchTopics(ctx, p.cfg.Topics, nil, nil)
	if err != nil {
		return err
	}
	var all []TopicPartition
	for _, t := range topics {
		for _, part := range t.Partitions {
			all = append(all, TopicPartition{t.Name, part.ID})
		}
	}
	// What is begun is ended, or its abort would be the end for what waits.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), markersBudget)
	defer stop()
	for err := p.enlist(ctx, all); err != nil; err = p.enlist(ctx, all) {
		var refused *RequestError
		if !errors.As(err, &refused) || !refused.Code.RefusesTopic() {
			return err
		}
		before := len(all)
		all = slices.DeleteFunc(all, func(tp TopicPartition) bool { return tp.Topic == refused.Topic })
		if len(all) == before {
			return err
		}
	}
	for _, group := range p.cfg.Groups {
		if err := p.enlistGroup(ctx, group); err != nil {
			return err
		}
	}
	if len(all)+len(p.cfg.Groups) == 0 {
		return nil
	}
	return p.endTxn(ctx, end == outcomeCommitted)
}

// lastOutcome asks the coordinator how the last transaction of an id ended, while it
// still knows: until the next producer of that id begins. One that is being ended
// is waited for.
func (c *Client) lastOutcome(ctx context.Context, id string) (end outcome, err error) {
	err = c.retry(ctx, "DescribeTransactions", func(ctx context.Context) error {
		return c.coordinated(ctx, coordinatorKey{id, txnCoordinator}, func(ctx context.Context, node int32) error {
			r, err := c.request(ctx, node, 65, 0, true, func(w *writer) {
				w.array(1)
				w.str(id)
				w.tags()
			})
			if err == nil {
				end, err = parseLastOutcome(&r)
			}
			return err
		})
	})
	var code Code
	if errors.As(err, &code) && ctx.Err() == nil && !code.Retriable() {
		return outcomeUnknown, nil // there was none, or we may not know
	}
	return end, err
}

func parseLastOutcome(r *reader) (outcome, error) {
	r.i32()
	var code Code
	var state string
	for range r.array(28) { // the one that was asked for
		code = r.code()
		r.raw()
		state = r.str()
		r.i32() // timeout
		r.i64() // start
		r.i64() // producer
		r.i16() // epoch
		for range r.array(3) {
			r.raw()
			for range r.array(4) {
				r.i32()
			}
			r.tags()
		}
		r.tags()
	}
	r.tags()
	switch {
	case r.err != nil:
		return outcomeUnknown, r.err
	case code != None:
		return outcomeUnknown, &RequestError{Op: "DescribeTransactions", Partition: -1, Code: code}
	}
	switch state {
	case "PrepareCommit", "PrepareAbort":
		return outcomeUnknown, &RequestError{Op: "DescribeTransactions", Partition: -1, Code: ConcurrentTransactions}
	case "CompleteCommit":
		return outcomeCommitted, nil
	case "CompleteAbort":
		return outcomeAborted, nil
	}
	return outcomeUnknown, nil
}
