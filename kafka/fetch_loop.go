package kafka

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

// fetchBuffer holds one request and its answer.
type fetchBuffer struct {
	call    call
	request fetchRequest
	answer  fetchAnswer
	parts   []Fetched
	users   atomic.Int32 // parts not released, and the loop itself
	free    chan *fetchBuffer
}

// fetchLoop talks to one broker.
type fetchLoop struct {
	f      *Fetcher
	node   int32
	wake   chan struct{}
	free   chan *fetchBuffer
	states []*fetchState // scratch
	turn   int

	interrupt context.CancelFunc // ends the request on its way; guarded by f.mu
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// wake expects f.mu to be held.
func (f *Fetcher) wake(node int32) {
	if l := f.loops[node]; l != nil {
		signal(l.wake)
	}
}

// findLeaders gives partitions without a leader to the loop of the broker that
// leads them, starting loops as brokers come up.
func (f *Fetcher) findLeaders(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.find:
		}
		for {
			attempts, topics := f.leaderless()
			if len(topics) == 0 {
				break
			}
			if attempts > 0 && !sleep(ctx, backoff(attempts)) {
				return
			}
			_, err := f.client.fetchMetadata(ctx, topics)
			if ctx.Err() != nil {
				return
			}
			for _, p := range f.assignLeaders(ctx, topics, err) {
				select {
				case f.out <- p:
				case <-ctx.Done():
					return
				}
			}
		}
	}
}

// leaderless lists the topics of partitions without a leader, and the smallest
// number of failures among these.
func (f *Fetcher) leaderless() (attempts int, topics []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var partitions []TopicPartition
	for tp, s := range f.partitions {
		if s.leader < 0 && !s.halted {
			if len(partitions) == 0 || s.attempts < attempts {
				attempts = s.attempts
			}
			partitions = append(partitions, tp)
		}
	}
	return attempts, topicNames(partitions)
}

// assignLeaders returns what is to be delivered of partitions whose topic is gone.
func (f *Fetcher) assignLeaders(ctx context.Context, topics []string, err error) (gone []*Fetched) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for tp, s := range f.partitions {
		if s.leader >= 0 || s.halted {
			continue
		}
		if _, asked := slices.BinarySearch(topics, tp.Topic); !asked {
			continue
		}
		if err == nil || codeOf(err) != None { // else the cached answer is old
			if id := f.client.topicID(tp.Topic); id != s.id && id != (TopicID{}) && s.id != (TopicID{}) {
				s.halted = true
				s.outstanding++
				gone = append(gone, &Fetched{
					TopicPartition: tp, Offset: s.offset, NextOffset: s.offset,
					Err: ErrTopicRecreated, epoch: s.epoch, fetcher: f,
				})
				continue
			}
			s.leader = f.client.leader(tp)
		}
		if s.leader < 0 {
			s.attempts++
			if err != nil {
				f.cfg.OnRetry(tp, err)
			}
			continue
		}
		l := f.loops[s.leader]
		if l == nil && !f.closed {
			l = &fetchLoop{
				f: f, node: s.leader, wake: make(chan struct{}, 1),
				free: make(chan *fetchBuffer, f.cfg.Buffers),
			}
			for range f.cfg.Buffers {
				l.free <- new(fetchBuffer)
			}
			f.loops[s.leader] = l
			f.done.Go(func() { l.run(ctx) })
		}
		// The request on its way may wait long for the other partitions' sake.
		if l != nil && l.interrupt != nil {
			l.interrupt()
		}
		f.wake(s.leader)
	}
	return gone
}

func (l *fetchLoop) run(ctx context.Context) {
	for ctx.Err() == nil {
		var b *fetchBuffer
		select {
		case b = <-l.free:
		case <-ctx.Done():
			return
		}
		request, interrupt := context.WithCancel(ctx)
		if !l.prepare(b, interrupt) {
			interrupt()
			l.free <- b
			select {
			case <-l.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		err := l.exchange(request, b)
		interrupt()
		if err != nil {
			// The buffer of a failed exchange may still be written to.
			l.free <- new(fetchBuffer)
			if !errors.Is(err, context.Canceled) {
				l.failed(b.request.partitions, err)
			}
			continue
		}
		l.deliver(ctx, b)
	}
}

// Waits that replace MaxWait while partitions are left out of a request, so
// that they do not wait for an answer that only concerns the others.
const (
	busyWait  = 5 * time.Millisecond  // a partition will be released soon
	pauseWait = 50 * time.Millisecond // a partition is paused
)

// prepare collects the partitions to ask for; it is false when there are none.
// The order rotates, because a broker fills an answer in the request's order
// until MaxBytes.
func (l *fetchLoop) prepare(b *fetchBuffer, interrupt context.CancelFunc) bool {
	f := l.f
	q := &b.request
	q.maxWait, q.minBytes, q.maxBytes, q.partBytes = f.cfg.MaxWait, f.cfg.MinBytes, f.cfg.MaxBytes, f.cfg.PartitionBytes
	q.readCommitted = f.cfg.ReadCommitted
	q.partitions, l.states = q.partitions[:0], l.states[:0]
	f.mu.Lock()
	defer f.mu.Unlock()
	l.interrupt = interrupt
	for _, s := range f.partitions {
		if s.leader != l.node || s.halted {
			continue
		}
		switch {
		case s.fetchable():
			l.states = append(l.states, s)
		case s.paused:
			q.maxWait = min(q.maxWait, pauseWait)
		default:
			q.maxWait = min(q.maxWait, busyWait)
		}
	}
	n := len(l.states)
	if n == 0 {
		return false
	}
	slices.SortFunc(l.states, func(a, b *fetchState) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	l.turn++
	for i := range n {
		s := l.states[(i+l.turn)%n]
		q.partitions = append(q.partitions, fetchPartition{s.TopicPartition, s.offset, s.epoch})
	}
	return true
}

func (l *fetchLoop) exchange(ctx context.Context, b *fetchBuffer) error {
	b.call.key, b.call.version, b.call.node = 1, fetchVersion, l.node
	w := l.f.client.begin(&b.call)
	b.request.write(&w)
	r, err := l.f.client.roundTrip(ctx, &b.call, w, l.f.client.cfg.RequestTimeout+b.request.maxWait)
	if err != nil {
		return err
	}
	return b.answer.parse(&r, &b.request)
}

// failed sends all partitions of a request that got no answer back to findLeaders.
func (l *fetchLoop) failed(partitions []fetchPartition, err error) {
	f := l.f
	f.mu.Lock()
	for _, p := range partitions {
		if s := f.partitions[p.TopicPartition]; s != nil && s.epoch == p.epoch {
			s.leader = -1
			s.attempts++
		}
	}
	f.mu.Unlock()
	f.cfg.OnRetry(partitions[0].TopicPartition, err)
	signal(f.find)
}

// deliver turns an answer into parts and queues those that say something new.
func (l *fetchLoop) deliver(ctx context.Context, b *fetchBuffer) {
	f := l.f
	b.free = l.free
	b.parts = slices.Grow(b.parts[:0], len(b.answer.partitions))[:len(b.answer.partitions)]
	b.users.Store(1)
	for i := range b.answer.partitions {
		p := &b.parts[i]
		if !l.take(ctx, b, &b.answer.partitions[i], p) {
			continue
		}
		b.users.Add(1)
		select {
		case f.out <- p:
		case <-ctx.Done():
			return
		}
	}
	if b.users.Add(-1) == 0 {
		l.free <- b
	}
}

// take moves a partition's state over one answer and fills in the part for it.
// It is false when there is nothing to deliver.
func (l *fetchLoop) take(ctx context.Context, b *fetchBuffer, a *fetchedPartition, p *Fetched) bool {
	f, asked := l.f, b.request.partitions[a.index]
	p.TopicPartition, p.Offset, p.NextOffset, p.Err = asked.TopicPartition, asked.offset, asked.offset, nil
	p.HighWatermark, p.LastStable, p.LogStart = a.highWatermark, a.lastStable, a.logStart
	p.epoch, p.fetcher, p.buffer = asked.epoch, f, b
	var err error
	if a.code == None {
		p.NextOffset, err = scanBatches(a.records, asked.offset)
		if bad, ok := err.(*CorruptError); ok {
			bad.TopicPartition = asked.TopicPartition
			if bad.Next <= asked.offset || bad.Next > a.highWatermark {
				bad.Next = 0 // the header is damaged, too
			}
		}
	} else {
		err = &RequestError{Op: "Fetch", Topic: asked.Topic, Partition: asked.Partition, Code: a.code}
		if a.code == OffsetOutOfRange {
			err = f.outOfRange(ctx, asked)
		}
	}
	again, delivered := f.update(p, err)
	if again {
		f.cfg.OnRetry(asked.TopicPartition, err)
		signal(f.find)
	}
	if delivered {
		p.reader.inflaters = &f.inflaters
		p.reader.reset(a.records, a.aborted, asked.offset)
	}
	return delivered
}

// update applies an answer to the partition's state: whether the leader must
// be looked for again, and whether there is something to deliver.
func (f *Fetcher) update(p *Fetched, err error) (again, delivered bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.partitions[p.TopicPartition]
	if s == nil || s.epoch != p.epoch || s.paused {
		return false, false // a paused partition asks again when it is resumed
	}
	if p.NextOffset > s.offset {
		// Whole batches before a corrupt one are good; it is met again.
		err = nil
		s.corrupt = 0
	}
	if err != nil {
		code := codeOf(err)
		if code == CorruptMessage {
			s.corrupt++
		}
		if code.Retriable() && s.corrupt <= corruptRetries {
			s.leader = -1
			s.attempts++
			return true, false
		}
		s.halted = true
		s.outstanding++
		p.Err = err
		return false, true
	}
	s.attempts = 0
	s.highWatermark, s.lastStable, s.logStart = p.HighWatermark, p.LastStable, p.LogStart
	if p.NextOffset == s.offset {
		return false, false
	}
	s.offset = p.NextOffset
	s.outstanding++
	return false, true
}

// outOfRange completes the error with what the partition does hold. When that
// cannot be learned now, the fetch is repeated and will fail again.
func (f *Fetcher) outOfRange(ctx context.Context, asked fetchPartition) error {
	e := &OffsetOutOfRangeError{TopicPartition: asked.TopicPartition, Offset: asked.offset, Earliest: -1, Latest: -1}
	partitions := []TopicPartition{asked.TopicPartition}
	for at, into := range map[int64]*int64{Earliest: &e.Earliest, Latest: &e.Latest} {
		found, err := f.client.ListOffsets(ctx, partitions, at, false)
		if err != nil {
			return &RequestError{
				Op: "Fetch", Topic: asked.Topic, Partition: asked.Partition, Code: LeaderNotAvailable,
				Detail: err.Error(),
			}
		}
		*into = found[asked.TopicPartition]
	}
	if e.Offset >= e.Earliest && e.Offset <= e.Latest {
		// A leader that lags behind its predecessor; it catches up.
		return &RequestError{Op: "Fetch", Topic: asked.Topic, Partition: asked.Partition, Code: OffsetNotAvailable}
	}
	return e
}
