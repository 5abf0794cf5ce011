package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A request whose connection broke may be carried out later, in the middle of the
// next transaction: an EndTxn would commit one half of that, a TxnOffsetCommit would
// set its offsets back. Where EndTxn begins a new epoch (KIP-890, transaction.version
// 2) the broker refuses such requests. Elsewhere the producer asks for a new epoch
// itself, before the next transaction after any lost answer.

// noteLost remembers a request that got no answer.
func (p *Producer) noteLost(err error) error {
	if err != nil && lostAnswer(err) {
		p.late.Store(true)
	}
	return err
}

func (p *Producer) noteLostOffsets(err error) error {
	if err != nil && lostAnswer(err) {
		p.lateOffsets.Store(true)
	}
	return p.noteLost(err)
}

// fence makes sure that no request of an earlier transaction can touch the next one.
func (p *Producer) fence(ctx context.Context) error {
	if p.late.Load() {
		if err := p.nextEpoch(ctx); err != nil {
			return err
		}
	}
	if p.lateOffsets.Load() {
		return p.fresh(ctx)
	}
	return nil
}

// nextEpoch fences everything that this producer sent before, and starts from
// sequence 0 (KIP-360).
func (p *Producer) nextEpoch(ctx context.Context) error {
	id, err := p.client.initProducerID(ctx, p.cfg, p.id)
	if err != nil {
		return p.judge(err)
	}
	p.restart(id)
	p.unsure = false
	p.late.Store(false)
	return nil
}

// fresh gets another producer id, by another transactional id, where a new epoch is
// not enough. The group coordinator of Apache Kafka before 4.0 keeps the offsets of an
// open transaction by producer id alone. When it refuses a late TxnOffsetCommit for its
// epoch, it also drops the offsets that the present transaction has committed under
// that id (seen with 3.9.2). Who may not use another transactional id stays with the
// new epoch.
func (p *Producer) fresh(ctx context.Context) error {
	offer, err := p.ownOffer(ctx)
	if err != nil {
		return err
	}
	if offer.NewestEndTxn >= endTxnNewEpoch { // the coordinator that came with 4.0
		p.lateOffsets.Store(false)
		return nil
	}
	cfg := p.cfg
	cfg.TransactionalID = p.client.nextIdentity(p.identity)
	id, err := p.client.initProducerID(ctx, cfg, producerID{-1, -1})
	switch {
	case errors.Is(err, TransactionalIDDenied):
		p.lateOffsets.Store(false)
		return nil
	case err != nil:
		return p.judge(err)
	}
	p.cfg.TransactionalID = cfg.TransactionalID
	p.restart(id)
	p.lateOffsets.Store(false)
	return nil
}

// identityInUse is the transactional id that a producer configured with another one
// is to use, as far as this client has gone on from it.
func (c *Client) identityInUse(configured string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.identities[configured]; n > 0 {
		return fmt.Sprintf("%s.%d", configured, n)
	}
	return configured
}

func (c *Client) nextIdentity(configured string) string {
	c.mu.Lock()
	c.identities[configured]++
	c.mu.Unlock()
	return c.identityInUse(configured)
}

// ownOffer asks the coordinator of this producer's transactions what it offers.
func (p *Producer) ownOffer(ctx context.Context) (offer *Offer, err error) {
	err = p.txnRequest(ctx, "ApiVersions", func(ctx context.Context, node int32) error {
		offer, err = p.client.offer(ctx, node)
		return err
	})
	return offer, err
}

// choose settles whether the transaction that begins has its records and offsets join
// by themselves: if its coordinator and all brokers that they will go to say so. A
// broker that does not answer now is taken for one that does not.
func (p *Producer) choose(ctx context.Context) error {
	own, err := p.ownOffer(ctx)
	if err != nil {
		return err
	}
	p.joins = own.joinsByItself()
	if !p.joins {
		return nil
	}
	heads := make([]TopicPartition, len(p.busy))
	for i, q := range p.busy {
		heads[i] = q.TopicPartition
	}
	leaders, err := p.client.byLeader(ctx, heads)
	nodes := slices.Collect(maps.Keys(leaders))
	for i := 0; i < len(p.offsets) && err == nil; i++ {
		var node int32
		node, err = p.client.coordinator(ctx, coordinatorKey{p.offsets[i].member.Group, groupCoordinator})
		nodes = append(nodes, node)
	}
	for i := 0; i < len(nodes) && err == nil && p.joins; i++ {
		var offer *Offer
		if offer, err = p.client.offer(ctx, nodes[i]); err == nil {
			p.joins = offer.joinsByItself()
		}
	}
	p.joins = p.joins && err == nil
	return ctx.Err()
}
