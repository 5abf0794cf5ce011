package live

import (
	"time"

	"streamd/history"
	"streamd/kafka"
	"streamd/store"
	"streamd/stream"
)

// StateConfig says where the state of series is kept. Without a store and a topic a
// restart makes it again from the retained input.
type StateConfig struct {
	Store *store.Store  // of this process; nil for none
	Topic string        // compacted, shared by the group; empty for none
	Every time.Duration // how long a change waits for its snapshot; 30 s
	// History is read for series of which nothing else is known; nil for none.
	History *history.Data
}

const (
	snapshotEvery = 30 * time.Second
	// snapshotTick is how often a worker without input looks for what is due.
	snapshotTick = 200 * time.Millisecond
	// snapshotBytes bounds the records taken at once: two milliseconds of a
	// worker's time.
	snapshotBytes = 256 << 10
	// snapshotRate bounds the records of an instance, in bytes a second.
	snapshotRate = 8 << 20
	// stateMessageMax is the largest value for the state topic: a default broker
	// takes a megabyte.
	stateMessageMax = 950_000
)

func (s *StateConfig) enabled() bool { return s.Store != nil || s.Topic != "" }

func (s *StateConfig) every() time.Duration {
	if s.Every == 0 {
		return snapshotEvery
	}
	return s.Every
}

// snapshot is what a worker gives away of its state: records, and now and then a
// checkpoint. It goes with the result whose offsets its records hold, and is kept
// only when these are committed, or signals in between would never come out.
type snapshot struct {
	w          *worker
	records    map[string][]byte
	checkpoint *store.Checkpoint // nil for none
	stateEnd   int64             // behind its messages in the state topic
	inTopic    bool              // they were sent there
}

// snapshot takes records of what is due, at most so many bytes. It returns nil where
// nothing is due, or where the last snapshot is not kept yet. At the end of a worker's
// time everything is due.
func (w *worker) snapshot(now time.Time, last bool) *snapshot {
	if !w.partition.cfg.State.enabled() || !w.restoredAlready() {
		return nil
	}
	// The first offsets of a partition that starts over go out with a checkpoint: after a
	// crash the only state known would be that of the topic before.
	anew := w.lost && w.saver.checkpointed.IsZero()
	if !last && !anew && !w.saver.open(now) {
		return nil
	}
	if w.keeper.failing.Load() == nil && w.saver.takeDropped() {
		w.engine.ChangeAll(w.position)
	}
	began, due, bytes := time.Now(), w.saver.due(now, w.position, w.silent), 0
	taken := &snapshot{w: w, records: map[string][]byte{}}
	due = max(due, w.saver.urgent)
	origin := w.origin()
	for {
		s, since := w.engine.Oldest()
		if s == nil || bytes >= snapshotBytes || !last && since >= due {
			break
		}
		s.Settle()
		record := w.engine.Snapshot(nil, origin.Bytes())
		taken.records[origin.RecordKey(s.Key)] = record
		bytes += len(record)
	}
	taken.checkpoint = w.checkpoint(now, last)
	if len(taken.records) == 0 && taken.checkpoint == nil {
		return nil
	}
	if c := taken.checkpoint; c != nil {
		bytes += markBytes * len(c.Series)
	}
	w.partition.cfg.Metrics.pause.Update(time.Since(began).Seconds())
	w.saver.taken(now, bytes)
	return taken
}

// markBytes is about what a series takes in a checkpoint.
const markBytes = 9

// checkpoint returns the partition's checkpoint if there is something new in it
// and the last one is some time ago; at the end when all records are taken.
func (w *worker) checkpoint(now time.Time, last bool) *store.Checkpoint {
	low := w.position
	s, since := w.engine.Oldest()
	if s != nil {
		low = since
	}
	if last && s != nil || !w.saver.checkpointDue(now, low, low < w.silent, last) {
		return nil
	}
	c := &store.Checkpoint{Origin: w.origin(), LowWater: low, Partial: w.engine.Partial}
	w.engine.All(func(s *stream.SeriesState) {
		if s.Saved > 0 {
			c.Series = append(c.Series, store.MarkOf(c.RecordKey(s.Key), s.Saved))
		}
	})
	w.partition.lowWater.Store(low)
	return c
}

// messages returns the snapshot as messages for the state topic.
func (s *snapshot) messages(now time.Time) []kafka.ProducerRecord {
	w := s.w
	cfg := w.partition.cfg
	if w.statePartition < 0 {
		return nil
	}
	all := make([]kafka.ProducerRecord, 0, len(s.records)+1)
	add := func(key string, value []byte) {
		if len(value) > stateMessageMax {
			cfg.Metrics.oversize.Inc()
			cfg.Log.Error().Str("key", key).Int("bytes",
				len(value)).Msg("state is too large for the state topic, it is kept in the local store alone")
			return
		}
		all = append(all, kafka.ProducerRecord{
			Topic: cfg.State.Topic, Partition: w.statePartition, Key: []byte(key), Value: value,
			TimestampMs: now.UnixMilli(),
		})
	}
	for key, r := range s.records {
		add(key, r)
	}
	if s.checkpoint != nil {
		add(w.origin().CheckpointKey(), s.checkpoint.Append(nil)) // after the records that it speaks of
	}
	return all
}
