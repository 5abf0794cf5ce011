package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
)

// txnState is where a transactional producer stands.
type txnState int

const (
	txnNone       txnState = iota // between transactions
	txnOpen                       // after Begin
	txnCommitting                 // the commit was sent and not answered yet
)

func (s txnState) String() string {
	return [...]string{"none", "open", "committing"}[s]
}

// GroupMember says as which member of which generation offsets are committed,
// so that a member of an older generation cannot. See Generation.
type GroupMember struct {
	Group      string
	MemberID   string
	InstanceID string // of a static member, else empty
	Generation int32
}

type stagedOffsets struct {
	member  GroupMember
	offsets map[TopicPartition]int64
}

// Begin opens a transaction. It costs nothing until something is sent.
func (p *Producer) Begin() error {
	if p.fatal != nil {
		return p.fatal
	}
	if p.cfg.TransactionalID == "" || p.state != txnNone {
		return fmt.Errorf("kafka: begin transaction %q: it is %v", p.cfg.TransactionalID, p.state)
	}
	p.state = txnOpen
	return nil
}

// SendOffsets makes the offsets (of the next records to read) part of the
// transaction; Commit sends them. The map is copied.
func (p *Producer) SendOffsets(member GroupMember, offsets map[TopicPartition]int64) error {
	if err := p.writable(); err != nil {
		return err
	}
	if len(offsets) > 0 {
		p.offsets = append(p.offsets, stagedOffsets{member, maps.Clone(offsets)})
	}
	return nil
}

// Commit sends what was added, with the offsets, and commits the transaction;
// one that holds nothing costs no request.
//
// An error that is ErrFenced ends the producer: everything that was not
// committed is void, and belongs to the newer instance. ErrInDoubt means that
// the commit was sent but its answer was lost until the budget or the context
// ended: call Commit again, which repeats the same commit and so learns the
// outcome; Abort is refused meanwhile. After any other error the transaction
// is open: call Commit again after ErrRetriesExhausted, *TooLargeError or
// *RefusedError (to go on without those records), or Abort and send the same records again,
// which is all that helps after ErrAbortable.
func (p *Producer) Commit(ctx context.Context) error {
	switch {
	case p.fatal != nil:
		return p.fatal
	case p.state == txnCommitting:
		return p.endCommit(ctx)
	}
	if err := p.Flush(ctx); err != nil {
		return err
	}
	if !p.touched {
		p.state = txnNone
		return nil
	}
	p.state = txnCommitting
	return p.endCommit(ctx)
}

func (p *Producer) endCommit(ctx context.Context) error {
	if !p.waitThrottled(ctx) {
		return fmt.Errorf("%w: %w", ErrInDoubt, ctx.Err())
	}
	if err := p.judge(p.endTxn(ctx, true)); err != nil {
		if p.fatal != nil {
			return p.fatal
		}
		if errors.Is(err, ErrAbortable) { // so it is not committed
			p.state = txnOpen
			return err
		}
		return fmt.Errorf("%w: %w", ErrInDoubt, err)
	}
	p.ended()
	return nil
}

// Abort drops what was added and undoes what was sent. When it fails with
// anything but ErrFenced it may be called again.
func (p *Producer) Abort(ctx context.Context) error {
	switch {
	case p.fatal != nil:
		return p.fatal
	case p.state == txnCommitting:
		return fmt.Errorf("%w: abort refused", ErrInDoubt)
	case p.state == txnNone:
		return nil
	}
	p.unsure = p.discard() || p.unsure
	p.offsets = p.offsets[:0]
	if p.touched {
		before := p.id
		err := p.endTxn(ctx, false)
		switch {
		case errors.Is(err, InvalidTxnState) && len(p.inTxn) == 0 && len(p.groups) == 0:
			// The requests that would have begun it never arrived.
			p.unsure = true
		case err != nil:
			return p.judge(err)
		}
		p.touched = false
		p.unsure = p.unsure && p.id == before
	}
	if p.unsure {
		// Some batch may or may not have been written, so the broker's next
		// sequence number is not known: a new epoch starts from 0 (KIP-360).
		if err := p.nextEpoch(ctx); err != nil {
			return err
		}
	}
	p.ended()
	return nil
}

func (p *Producer) ended() {
	clear(p.inTxn)
	clear(p.groups)
	p.offsets = p.offsets[:0]
	p.touched = false
	p.state = txnNone
}

// judge ends the producer when the error says that it was fenced.
func (p *Producer) judge(err error) error {
	if errors.Is(err, ErrFenced) && !errors.Is(err, FencedInstanceID) {
		p.fail(err)
	}
	return err
}

// flushTransaction is Flush inside a transaction. Where records and offsets do not
// join it by themselves, they go at the same time, after the coordinator knows all
// that belongs to it. Where they do, the offsets go after the records: each has its
// broker add something at the coordinator, which refuses one while it adds the other
// (with Kafka 4.3.1 in one of eight transactions, which then took 100 ms longer).
func (p *Producer) flushTransaction(ctx context.Context) error {
	if len(p.busy)+len(p.offsets) == 0 {
		return nil
	}
	if !p.touched {
		if err := p.fence(ctx); err != nil {
			return err
		}
		if err := p.choose(ctx); err != nil {
			return err
		}
	}
	if err := p.announce(ctx); err != nil {
		return err
	}
	if len(p.offsets) == 0 {
		return p.drain(ctx)
	}
	if p.joins {
		if err := p.drain(ctx); err != nil {
			return err
		}
		return p.judge(p.commitOffsets(ctx))
	}
	var offsetsErr error
	var done sync.WaitGroup
	done.Go(func() { offsetsErr = p.commitOffsets(ctx) })
	err := p.drain(ctx)
	done.Wait()
	if offsetsErr != nil {
		return p.judge(offsetsErr)
	}
	return err
}

// announce tells the coordinator what is about to be written, unless that joins by
// itself.
func (p *Producer) announce(ctx context.Context) error {
	if p.joins {
		p.touched = true
		return nil
	}
	if err := p.addPartitions(ctx); err != nil {
		return err
	}
	if len(p.offsets) == 0 {
		return nil
	}
	p.touched = true
	return p.judge(p.addGroups(ctx))
}

// addPartitions tells the coordinator which partitions are about to be written.
func (p *Producer) addPartitions(ctx context.Context) error {
	for {
		var fresh []TopicPartition
		for _, q := range p.busy {
			if !p.inTxn[q.TopicPartition] {
				fresh = append(fresh, q.TopicPartition)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		p.touched = true
		err := p.enlist(ctx, fresh)
		if p.dropTopic(err) {
			continue // the coordinator has added none of them
		}
		if err != nil {
			return p.judge(err)
		}
		for _, tp := range fresh {
			p.inTxn[tp] = true
		}
		return nil
	}
}

// addGroups tells the coordinator whose offsets are about to be committed.
func (p *Producer) addGroups(ctx context.Context) error {
	for i := range p.offsets {
		group := p.offsets[i].member.Group
		if p.groups[group] {
			continue
		}
		if err := p.enlistGroup(ctx, group); err != nil {
			return err
		}
		p.groups[group] = true
	}
	return nil
}

// commitOffsets commits what is staged within the transaction.
func (p *Producer) commitOffsets(ctx context.Context) error {
	for len(p.offsets) > 0 {
		if err := p.txnOffsetCommit(ctx, &p.offsets[0]); err != nil {
			return err
		}
		p.offsets = p.offsets[:copy(p.offsets, p.offsets[1:])]
	}
	return nil
}
