package live

import (
	"sync"
	"time"

	"streamd/history"
	"streamd/kafka"
	"streamd/store"
	"streamd/stream"
)

// State says where the state of series is kept. Without a store and a topic a
// restart makes it again from the input that is retained.
type State struct {
	Store *store.Store // of this process; nil for none
	Topic string       // compacted, shared by the group; empty for none
	Every time.Duration
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

func (s *State) enabled() bool { return s.Store != nil || s.Topic != "" }

// snapshot is what a worker gives away of its state: records, and now and then a
// checkpoint. It goes with the result whose offsets its records hold, and is kept
// only when these are committed, or signals in between would never come out.
type snapshot struct {
	w          *worker
	records    map[string][]byte
	checkpoint []byte // nil for none
	stateEnd   int64  // behind its messages in the state topic
}

// save is what a worker remembers of its snapshots.
type save struct {
	pending    bool      // one is on its way; guarded by mu
	dropped    bool      // one was not written to the disk; guarded by mu
	ages       []age     // positions at times, oldest first
	checkpoint time.Time // of the last one
	lowWater   int64     // of the last one
	mu         sync.Mutex
}

type age struct {
	at       time.Time
	position int64
}

// done is told when the snapshot is kept wherever it is to be kept, or not to be kept
// on the disk.
func (s *save) done(dropped bool) {
	s.mu.Lock()
	s.pending, s.dropped = false, s.dropped || dropped
	s.mu.Unlock()
}

// takeDropped reports whether snapshots were dropped, once.
func (s *save) takeDropped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.dropped
	s.dropped = false
	return was
}

// due returns the offset below which changes have waited for a snapshot long
// enough. What is read again has: else a process that crashes again and again
// would begin at the same place each time, with ever more to read.
func (w *worker) due(now time.Time) int64 {
	s := &w.save
	every := w.cfg.State.every()
	if n := len(s.ages); n == 0 || now.Sub(s.ages[n-1].at) >= every/30 {
		s.ages = append(s.ages, age{now, w.position})
	}
	past := 0
	for past+1 < len(s.ages) && now.Sub(s.ages[past+1].at) >= every {
		past++
	}
	s.ages = s.ages[:copy(s.ages, s.ages[past:])]
	if now.Sub(s.ages[0].at) < every {
		return w.silent
	}
	return max(s.ages[0].position, w.silent)
}

func (s *State) every() time.Duration {
	if s.Every == 0 {
		return snapshotEvery
	}
	return s.Every
}

// snapshot takes records of what is due, at most so many bytes, or nil where
// nothing is, or the last ones are not kept yet. All of it is due at the end.
func (w *worker) snapshot(now time.Time, last bool) *snapshot {
	if !w.cfg.State.enabled() || !w.ready {
		return nil
	}
	w.save.mu.Lock()
	pending := w.save.pending
	w.save.mu.Unlock()
	// The first offsets of a partition begun anew go out with a checkpoint, or after a
	// crash all that is known would be of the topic before.
	anew := w.lost && w.save.checkpoint.IsZero()
	if !last && !anew && (pending || !w.pace.open(now)) {
		return nil
	}
	if w.keeper.failing.Load() == nil && w.save.takeDropped() {
		w.engine.ChangeAll(w.position)
	}
	began, due, bytes := time.Now(), w.due(now), 0
	var taken *snapshot
	for {
		s, since := w.engine.Oldest()
		if s == nil || bytes >= snapshotBytes || !last && since >= due {
			break
		}
		if taken == nil {
			taken = &snapshot{w: w, records: map[string][]byte{}}
		}
		s.Settle()
		record := w.engine.Snapshot(nil, w.origin())
		taken.records[store.RecordKey(w.origin(), s.Key)] = record
		bytes += len(record)
	}
	if c := w.checkpoint(now, last); c != nil {
		if taken == nil {
			taken = &snapshot{w: w}
		}
		taken.checkpoint = c
		bytes += len(c)
	}
	if taken != nil {
		w.cfg.Metrics.pause.Update(time.Since(began).Seconds())
		w.pace.spend(now, bytes)
		w.save.mu.Lock()
		w.save.pending = true
		w.save.mu.Unlock()
	}
	return taken
}

// checkpoint returns the partition's checkpoint if there is something new in it
// and the last one is some time ago; at the end when all records are taken.
func (w *worker) checkpoint(now time.Time, last bool) []byte {
	low := w.position
	s, since := w.engine.Oldest()
	if s != nil {
		low = since
	}
	pause := w.cfg.State.every() / 3
	if low < w.silent {
		pause = min(pause, time.Second)
	}
	if low == w.save.lowWater || last && s != nil || !last && now.Sub(w.save.checkpoint) < pause {
		return nil
	}
	c := store.Checkpoint{Origin: w.origin(), LowWater: low, Partial: w.engine.Partial}
	w.engine.All(func(s *stream.Series) {
		if s.Saved > 0 {
			c.Series = append(c.Series, store.MarkOf(store.RecordKey(w.origin(), s.Key), s.Saved))
		}
	})
	w.save.lowWater, w.save.checkpoint = low, now
	w.lowWater.Store(low)
	return c.Append(nil)
}

func (w *worker) origin() stream.Origin {
	return stream.Origin{Topic: w.Topic, Partition: w.Partition, TopicID: w.topicID}
}

// messages returns the snapshot as messages for the state topic.
func (s *snapshot) messages(now time.Time) []kafka.Message {
	w := s.w
	if w.statePartition < 0 {
		return nil
	}
	all := make([]kafka.Message, 0, len(s.records)+1)
	add := func(key string, value []byte) {
		if len(value) > stateMessageMax {
			w.cfg.Metrics.oversize.Inc()
			w.cfg.Log.Error().Str("key", key).Int("bytes",
				len(value)).Msg("state is too large for the state topic, it is kept in the local store alone")
			return
		}
		all = append(all, kafka.Message{
			Topic: w.cfg.State.Topic, Partition: w.statePartition, Key: []byte(key), Value: value,
			TimestampMs: now.UnixMilli(),
		})
	}
	for key, r := range s.records {
		add(key, r)
	}
	if s.checkpoint != nil {
		add(store.CheckpointKey(w.origin()), s.checkpoint) // behind the records that it speaks of
	}
	return all
}

// pace bounds the bytes of all workers.
type pace struct {
	mu   sync.Mutex
	next time.Time
}

func (p *pace) open(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !now.Before(p.next)
}

func (p *pace) spend(now time.Time, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(bytes) * time.Second / snapshotRate)
}
