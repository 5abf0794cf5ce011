package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"streamd/kafka"
	"streamd/store"
	"streamd/stream"
)

// recovery is how the state of a partition is made.
type recovery struct {
	records map[string]store.Snapshot
	from    int64    // where the input is read again
	proven  bool     // by a checkpoint
	whole   bool     // the records and the input from there on are all that ever was
	remote  []string // keys of records that are in the state topic alone
	foreign bool     // all that is known is of another topic of the name
}

// restore makes the state of the partition that is the one at the committed offset,
// or begins it. What the records hold of the input is not applied again.
func (w *worker) restore(ctx context.Context, c *Consumer) error {
	start := time.Now()
	if w.history != nil {
		if err := w.history.load(ctx); err != nil {
			return err
		}
	}
	local, err := w.file.open()
	switch {
	case errors.Is(err, stream.ErrNewer):
		return fmt.Errorf("live: %w", err)
	case err != nil:
		w.partition.cfg.Log.Error().Err(err).Stringer("partition", w.TopicPartition).
			Msg("the local store cannot be read")
		local = &store.Content{}
	}
	// The file says up to where it has what the topic has. What came after is the end
	// of the last process's work, or all that other owners wrote since.
	known := int64(0)
	if p := local.Checkpoint; p != nil && p.TopicID == w.topicID && p.StateTopic == c.states.id &&
		p.Missing(local.Records) == 0 {
		known = p.StateOffset
	}
	remote, end, err := c.states.content(ctx, w.TopicPartition, known)
	if err != nil {
		return fmt.Errorf("live: state topic: %w", err)
	}
	w.file.topicEnd = end
	plan := w.recovery([]*store.Content{local, remote})
	if plan.foreign && !plan.proven {
		w.lose(errors.New("the state is that of a topic that was re-created under this name"))
		if w.phase() == halted {
			return nil
		}
		plan = w.recovery(nil)
	}
	if at, ok := w.dealtWith(c.states.id, local, remote); ok && w.committed < 0 && !w.lost {
		w.partition.cfg.Metrics.lost.Inc()
		w.partition.cfg.Log.Error().Stringer("partition", w.TopicPartition).Int64("state_up_to", at).
			Int64("from", plan.from).
			Msg("the group's committed offset is gone, deleted or expired: signals that are out are said again")
	}
	if err := w.adopt(ctx, &plan); err != nil {
		return err
	}
	w.position = plan.from
	w.series.Store(int64(w.engine.Count()))
	if known == 0 && w.statePartition >= 0 && plan.lacking(remote) {
		w.partition.cfg.Log.Warn().Stringer("partition",
			w.TopicPartition).Msg("the state topic lacks what the local store has: all of it is written there again")
		w.engine.ChangeAll(w.position)
	}
	c.keeper.take(w.bringHome(&plan))
	if w.committed > 0 {
		w.tell(&plan, time.Since(start))
	}
	return nil
}

// recovery decides from what is known of the partition. A checkpoint whose records
// are all there says where to go on; without one the input is read from its
// beginning.
func (w *worker) recovery(contents []*store.Content) recovery {
	plan := recovery{records: map[string]store.Snapshot{}, from: w.first}
	var checkpoints []*store.Checkpoint
	own := false // something is of the topic that is there now: it is known already that it was re-created
	for i, c := range contents {
		if c.Checkpoint != nil && c.Checkpoint.TopicID != w.topicID {
			plan.foreign = true
		} else if c.Checkpoint != nil {
			checkpoints, own = append(checkpoints, c.Checkpoint), true
		}
		for key, r := range c.Records {
			old, ok := plan.records[key]
			own = own || r.TopicID == w.topicID
			switch {
			case r.TopicID != w.topicID:
				plan.foreign = true
			case r.Position > w.committed:
				// It would swallow the signals between the offset and itself: the
				// group's offsets were set back.
			case !ok || r.Position > old.Position:
				plan.records[key] = r
				if i > 0 {
					plan.remote = append(plan.remote, key)
				}
			}
		}
	}
	plan.foreign = plan.foreign && !own
	if w.committed < 0 {
		// The group has processed nothing: a state that is there is of another
		// time, before its offsets were deleted.
		clear(plan.records)
		plan.from, plan.remote, plan.whole = w.begin, nil, !w.lost || w.first == 0 && w.begin == 0
		return plan
	}
	slices.SortFunc(checkpoints, func(a, b *store.Checkpoint) int { return cmp.Compare(b.LowWater, a.LowWater) })
	for _, c := range checkpoints {
		if c.LowWater >= w.first && c.Missing(plan.records) == 0 {
			plan.from, plan.proven, plan.whole = min(c.LowWater, w.committed), true, !c.Partial
			return plan
		}
	}
	// Without all records the input must bring the rest. A record from before its
	// beginning may lack candles that are not retained any more.
	plan.whole = w.first == 0
	maps.DeleteFunc(plan.records, func(_ string, r store.Snapshot) bool { return r.Position < w.first })
	return plan
}

// dealtWith returns up to where the group had processed the partition, as far as the
// checkpoints of its own state topic tell. Every one was committed with offsets.
func (w *worker) dealtWith(topic kafka.TopicID, local, remote *store.Content) (at int64, ok bool) {
	for _, c := range []*store.Checkpoint{local.Checkpoint, remote.Checkpoint} {
		if c == nil || c.TopicID != w.topicID || c == local.Checkpoint &&
			(c.StateTopic != topic || topic == kafka.TopicID{}) {
			continue
		}
		at, ok = max(at, c.LowWater), true
	}
	return at, ok
}

// lacking reports whether records are newer than those that somewhere is, or are not
// there at all.
func (r *recovery) lacking(somewhere *store.Content) bool {
	for key, record := range r.records {
		if there, ok := somewhere.Records[key]; !ok || there.TopicID != record.TopicID ||
			there.Position < record.Position {
			return true
		}
	}
	return false
}

// adopt restores the records.
func (w *worker) adopt(ctx context.Context, plan *recovery) error {
	w.restoreOf.Store(int64(len(plan.records)))
	for key, r := range plan.records {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s, err := w.engine.Restore(r.Bytes)
		if err != nil {
			return fmt.Errorf("live: record %s: %w", key, err)
		}
		w.restored.Add(1)
		if s != nil {
			w.places.note(s.Key, w.TopicPartition, time.Now())
		}
	}
	w.engine.Partial = !plan.whole
	w.rebuilt.Store(w.lost || w.committed > 0 && !plan.proven)
	return nil
}

// bringHome returns what the local store does not have of the records, to be
// written there.
func (w *worker) bringHome(plan *recovery) []*snapshot {
	if w.partition.cfg.State.Store == nil || len(plan.remote) == 0 {
		return nil
	}
	s := &snapshot{w: w, records: map[string][]byte{}}
	for _, key := range plan.remote {
		if r, ok := plan.records[key]; ok {
			s.records[key] = r.Bytes
		}
	}
	w.saver.taken(time.Now(), 0)
	return []*snapshot{s}
}

func (w *worker) tell(plan *recovery, took time.Duration) {
	e := w.partition.cfg.Log.Info()
	message := "state restored, the input after it is read again"
	if w.rebuilt.Load() {
		e = w.partition.cfg.Log.Warn()
		message = "no local state and none in the state topic: rebuilding it from the retained " +
			"input"
		if !plan.whole {
			message += ", which does not go back to its beginning: series are silent until they are right again"
		}
	}
	e.Stringer("partition", w.TopicPartition).Int("series", len(plan.records)).Int("from_topic", len(plan.remote)).
		Int64("from", plan.from).Int64("to", w.committed).Dur("took", took).Msg(message)
}
