package kafka

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// Done is closed when the generation has to be given up: the group rebalances,
// the topics changed, or the membership is lost (see Err). The owner stops,
// finishes and commits within half the session timeout, then calls Group.Next.
func (gen *Generation) Done() <-chan struct{} { return gen.life.Done() }

// Context returns a context for the work of the generation: it ends with ctx, with Done, or when it is cancelled.
func (gen *Generation) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	work, stop := context.WithCancel(ctx)
	unhook := context.AfterFunc(gen.life, stop)
	return work, func() {
		unhook()
		stop()
	}
}

// Err is why the generation is done, nil before. With ErrGenerationLost other
// than RebalanceInProgress, or ErrFenced, the partitions may be another
// member's already, and nothing can be committed any more.
func (gen *Generation) Err() error {
	return context.Cause(gen.life)
}

// ErrTopicsChanged is Generation.Err when a subscribed topic appeared,
// vanished, grew or was recreated.
var ErrTopicsChanged = errors.New("kafka: the subscribed topics changed")

// Commit stores positions (offsets of the next records to read) for the group,
// outside of any transaction. An error that is ErrGenerationLost means that
// they were not stored.
func (gen *Generation) Commit(ctx context.Context, offsets map[TopicPartition]int64) error {
	if len(offsets) == 0 {
		return nil
	}
	g := gen.group
	return g.client.retry(ctx, "OffsetCommit", func(ctx context.Context) error {
		return g.coordinated(ctx, func(ctx context.Context, node int32) error {
			r, err := g.client.request(ctx, node, 8, 7, false, func(w *writer) {
				w.str(gen.Group)
				w.i32(gen.Generation)
				w.str(gen.MemberID)
				w.optional(gen.InstanceID)
				writeByTopic(w, slices.Collect(maps.Keys(offsets)), func(tp TopicPartition) {
					w.i32(tp.Partition)
					w.i64(offsets[tp])
					w.i32(-1)
					w.optional("")
				})
			})
			if err != nil {
				return err
			}
			return parsePartitionCodes(&r, "OffsetCommit")
		})
	})
}

// start begins the heartbeats and the watch over the topics that the assignment
// was made for.
func (gen *Generation) start(madeFor []byte) {
	ctx, stop := context.WithCancel(context.Background())
	gen.stop = stop
	gen.life, gen.finish = context.WithCancelCause(context.Background())
	seen := fingerprint(gen.group.topics)
	if len(madeFor) == 0 {
		madeFor = seen
	}
	gen.wait.Go(func() { gen.heartbeats(ctx) })
	gen.wait.Go(func() { gen.watchTopics(ctx, madeFor, seen) })
}

// end stops both; the generation is done then in any case.
func (gen *Generation) end() {
	gen.finish(ErrClosed)
	gen.stop()
	gen.wait.Wait()
}

// heartbeats keeps the membership alive until end. A rebalance only signals
// the owner: the broker waits for the member to rejoin.
func (gen *Generation) heartbeats(ctx context.Context) {
	g := gen.group
	alive := time.Now()
	for pause := g.cfg.Heartbeat; sleep(ctx, pause); {
		pause = g.cfg.Heartbeat
		sent := time.Now()
		err := g.coordinated(ctx, gen.heartbeat)
		switch code := codeOf(err); {
		case err == nil:
			alive = sent
		case ctx.Err() != nil:
			return
		case code == RebalanceInProgress:
			alive = sent
			gen.finish(err)
		case code == IllegalGeneration, code == UnknownMemberID, code == FencedInstanceID:
			gen.finish(err)
			return
		case time.Since(alive) > g.cfg.SessionTimeout:
			// The broker has given this member up by now, or is gone itself.
			gen.finish(&RequestError{Op: "Heartbeat", Partition: -1, Code: UnknownMemberID, Detail: err.Error()})
			return
		default:
			g.cfg.OnRetry(err)
			pause = min(pause, 100*time.Millisecond)
		}
	}
}

func (gen *Generation) heartbeat(ctx context.Context, node int32) error {
	g := gen.group
	k := &call{key: 12, version: 3, node: node}
	w := g.client.begin(k)
	w.str(gen.Group)
	w.i32(gen.Generation)
	w.str(gen.MemberID)
	w.optional(gen.InstanceID)
	// A lost heartbeat must leave time for further ones.
	r, err := g.client.roundTrip(ctx, k, w, min(g.client.cfg.RequestTimeout, g.cfg.SessionTimeout/3))
	if err != nil {
		return err
	}
	r.i32()
	return topLevel(&r, "Heartbeat")
}

// watchTopics ends the generation when the topics are others than those that the
// assignment was made for. That may be so from the start: a topic grew while this
// static member was away, and the broker gave it the old assignment. Where the
// rebalance that it asked for has changed nothing, because the leader sees other
// topics, it does not ask again for the same.
func (gen *Generation) watchTopics(ctx context.Context, madeFor, seen []byte) {
	g := gen.group
	pause := g.cfg.TopicRefresh
	if !bytes.Equal(seen, madeFor) {
		pause = min(pause, g.cfg.Heartbeat)
	}
	for ; sleep(ctx, pause); pause = g.cfg.TopicRefresh {
		topics, err := g.matching(ctx)
		if err != nil {
			if ctx.Err() == nil {
				g.cfg.OnRetry(err)
			}
			continue
		}
		now := fingerprint(topics)
		if !bytes.Equal(now, madeFor) && !bytes.Equal(now, g.nudgedFor) {
			gen.nudgeFor = now
			gen.finish(ErrTopicsChanged)
			return
		}
	}
}

// fetchOffsets completes the assignments with their committed positions. While
// an offset is inside a transaction that is not decided yet, it waits.
func (gen *Generation) fetchOffsets(ctx context.Context, mine []TopicPartition) error {
	g := gen.group
	ids := map[string]TopicID{}
	for _, t := range g.topics {
		ids[t.Name] = t.ID
	}
	if len(mine) == 0 {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(gen.life, stop)() // then the answer would be worthless
	found, err := g.client.CommittedOffsets(ctx, gen.Group, mine)
	if err != nil {
		if cause := gen.Err(); cause != nil {
			return cause
		}
		return err
	}
	slices.SortFunc(mine, TopicPartition.Compare)
	for _, tp := range mine {
		offset, ok := found[tp]
		if !ok {
			offset = -1
		}
		gen.Assignments = append(gen.Assignments, Assignment{tp, ids[tp.Topic], offset})
	}
	return nil
}
