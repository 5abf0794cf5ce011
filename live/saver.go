package live

import (
	"sync"
	"time"
)

// saver is the policy of one worker's snapshots: a change waits for its snapshot for
// `every`, one snapshot at a time is on its way, and all workers together write at most
// snapshotRate. The methods are the worker's, but for done.
type saver struct {
	every time.Duration
	pace  *pace // of all workers

	ages         []age     // positions at times, oldest first
	checkpointed time.Time // when the last checkpoint was taken
	lowWater     int64     // of the last checkpoint
	urgent       int64     // changes of offsets below it do not wait

	mu      sync.Mutex
	pending bool // a snapshot is on its way
	dropped bool // a snapshot was not written to the disk
}

// age says that the worker had reached a position at a time.
type age struct {
	at       time.Time
	position int64
}

// open reports whether a snapshot may be taken now.
func (s *saver) open(now time.Time) bool {
	s.mu.Lock()
	pending := s.pending
	s.mu.Unlock()
	return !pending && s.pace.open(now)
}

// taken notes that a snapshot is on its way.
func (s *saver) taken(now time.Time, bytes int) {
	s.pace.spend(now, bytes)
	s.mu.Lock()
	s.pending = true
	s.mu.Unlock()
}

// done is called when the snapshot is kept wherever it should be kept; dropped says that
// the disk did not take it, and that all of it must be written there later.
func (s *saver) done(dropped bool) {
	s.mu.Lock()
	s.pending, s.dropped = false, s.dropped || dropped
	s.mu.Unlock()
}

// again has the next snapshot take every series.
func (s *saver) again() {
	s.mu.Lock()
	s.dropped = true
	s.mu.Unlock()
}

// takeDropped reports whether snapshots were dropped since the last call.
func (s *saver) takeDropped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.dropped
	s.dropped = false
	return was
}

// due returns the offset below which changes have waited for a snapshot long enough.
// Input below silent, which is read again after a restart, is always due: otherwise a
// process that crashes again and again would start at the same place each time, with ever
// more to read.
func (s *saver) due(now time.Time, position, silent int64) int64 {
	if n := len(s.ages); n == 0 || now.Sub(s.ages[n-1].at) >= s.every/30 {
		s.ages = append(s.ages, age{now, position})
	}
	past := 0
	for past+1 < len(s.ages) && now.Sub(s.ages[past+1].at) >= s.every {
		past++
	}
	s.ages = s.ages[:copy(s.ages, s.ages[past:])]
	if now.Sub(s.ages[0].at) < s.every {
		return silent
	}
	return max(s.ages[0].position, silent)
}

// checkpointDue reports whether a checkpoint with this low-water is to be taken, and
// takes it for granted then.
func (s *saver) checkpointDue(now time.Time, low int64, rereading, last bool) bool {
	pause := s.every / 3
	if rereading {
		pause = min(pause, time.Second)
	}
	if low == s.lowWater || !last && now.Sub(s.checkpointed) < pause {
		return false
	}
	s.lowWater, s.checkpointed = low, now
	return true
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
