package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The requests by which a member becomes part of a generation: JoinGroup, then SyncGroup,
// which brings the assignment that the leader made.

// join is one attempt at a new generation.
func (g *Group) join(ctx context.Context) (*Generation, error) {
	var err error
	if g.topics, err = g.matching(ctx); err != nil {
		return nil, err
	}
	answer, err := g.joinGroup(ctx)
	if err != nil {
		return nil, err
	}
	var shares []share
	if answer.leader == answer.memberID {
		if shares, err = g.assign(ctx, answer.members); err != nil {
			return nil, err
		}
	}
	mine, err := g.syncGroup(ctx, answer, shares)
	if err != nil {
		return nil, err
	}
	gen := &Generation{
		GroupMember: GroupMember{
			Group: g.cfg.ID, MemberID: g.memberID, InstanceID: g.cfg.InstanceID,
			Generation: answer.generation,
		},
		Leader: answer.leader == answer.memberID,
		group:  g,
	}
	// Heartbeats start before the offsets are fetched: these may have to wait
	// for another member's transaction.
	gen.start(mine.madeFor)
	if err := gen.fetchOffsets(ctx, mine.partitions); err != nil {
		gen.end()
		return nil, err
	}
	return gen, nil
}

func (g *Group) joinGroup(ctx context.Context) (joinAnswer, error) {
	var answer joinAnswer
	k := &call{key: 11, version: 5}
	err := g.coordinated(ctx, func(ctx context.Context, node int32) error {
		k.node = node
		w := g.client.begin(k)
		w.str(g.cfg.ID)
		w.i32(int32(g.cfg.SessionTimeout.Milliseconds()))
		w.i32(int32(g.cfg.RebalanceTimeout.Milliseconds()))
		w.str(g.memberID)
		w.optional(g.cfg.InstanceID)
		w.str("consumer")
		w.array(1)
		w.str(assignmentProtocol)
		w.bytes(subscription(g.topics, g.nudges))
		// The broker answers when all members are back, or after the timeout.
		r, err := g.client.roundTrip(ctx, k, w, g.cfg.RebalanceTimeout+g.client.cfg.RequestTimeout)
		if g.memberID == "" {
			g.named = time.Now()
		}
		if err != nil {
			// Where time ran out, kafka-go may send it even now.
			if g.memberID == "" && (k.sent.Load() || errors.Is(err, context.DeadlineExceeded)) {
				g.excuses++
			}
			return err
		}
		if answer, err = parseJoinGroup(&r); err != nil {
			return err
		}
		if answer.memberID != "" {
			g.memberID = answer.memberID
		}
		if answer.code != None {
			return &RequestError{Op: "JoinGroup", Partition: -1, Code: answer.code}
		}
		return nil
	})
	return answer, err
}

// assign is the leader's part: it looks up all subscribed topics itself, since
// members may subscribe to different ones.
func (g *Group) assign(ctx context.Context, joined []joinedMember) ([]share, error) {
	members := make([]subscriber, 0, len(joined))
	var names []string
	for _, m := range joined {
		topics, err := parseSubscription(m.subscription)
		if err != nil {
			return nil, err
		}
		identity := m.instanceID
		if identity == "" {
			identity = m.memberID
		}
		members = append(members, subscriber{m.memberID, identity, topics})
		names = append(names, topics...)
	}
	topics, err := g.client.MatchTopics(ctx, names, nil, nil)
	if err != nil {
		return nil, err
	}
	var partitions []TopicPartition
	for _, t := range topics {
		for _, p := range t.Partitions {
			partitions = append(partitions, TopicPartition{t.Name, p.ID})
		}
	}
	assigned := assign(members, partitions)
	shares := make([]share, len(members)) // who gets nothing is told so, too
	for i, m := range members {
		its := slices.DeleteFunc(slices.Clone(topics),
			func(t Topic) bool { return !slices.Contains(m.topics, t.Name) })
		shares[i] = share{m.memberID, assigned[m.memberID], fingerprint(its)}
	}
	return shares, nil
}

func (g *Group) syncGroup(ctx context.Context, joined joinAnswer, shares []share) (mine share, err error) {
	k := &call{key: 14, version: 3}
	err = g.coordinated(ctx, func(ctx context.Context, node int32) error {
		k.node = node
		w := g.client.begin(k)
		w.str(g.cfg.ID)
		w.i32(joined.generation)
		w.str(g.memberID)
		w.optional(g.cfg.InstanceID)
		w.array(len(shares))
		for i := range shares {
			w.str(shares[i].memberID)
			w.bytes(shares[i].encode())
		}
		r, err := g.client.roundTrip(ctx, k, w, g.cfg.RebalanceTimeout+g.client.cfg.RequestTimeout)
		if err == nil {
			mine, err = parseSyncGroup(&r)
		}
		return err
	})
	if err == nil && len(mine.partitions) > 0 && len(mine.madeFor) == 0 {
		return mine, fmt.Errorf("%w: the assignment was not made by a member of this kind (KIP-848?)",
			ErrForeignMembers)
	}
	return mine, err
}
