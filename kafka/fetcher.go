package kafka

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// FetcherConfig tunes a Fetcher; zero values mean the defaults.
type FetcherConfig struct {
	// ReadCommitted hides aborted transactions and waits at open ones.
	ReadCommitted bool
	MaxWait       time.Duration // how long a broker may hold an empty answer; default 500 ms
	MinBytes      int           // how much it waits for; default 1
	MaxBytes      int           // of one answer; default 8 MiB
	// PartitionBytes bounds one partition's part of an answer; default 1 MiB.
	// A batch that is larger comes whole.
	PartitionBytes int
	// Buffers is the number of answers per broker that may be in memory,
	// unreleased ones included; default 4.
	Buffers int
	// OnRetry is told of faults that the fetcher deals with itself: a moved
	// leader, a lost connection. It is called from the fetcher's goroutines.
	OnRetry func(TopicPartition, error)
}

// creditsPerPartition is how many unreleased fetches a partition may have
// before it is left out of requests: one at work and one ahead of it.
const creditsPerPartition = 2

// corruptRetries is how often a batch with a wrong checksum is fetched again
// before the partition stops: the fault may have been on the way.
const corruptRetries = 3

// Fetcher reads partitions from the brokers that lead them, one long-polling
// request per broker at a time. It is safe for concurrent use.
type Fetcher struct {
	client *Client
	cfg    FetcherConfig
	stop   context.CancelFunc
	done   sync.WaitGroup
	out    chan *Fetched
	find   chan struct{} // wakes findLeaders

	inflaters sync.Pool

	mu         sync.Mutex
	epoch      uint64
	partitions map[TopicPartition]*fetchState
	loops      map[int32]*fetchLoop
	closed     bool
}

// fetchState is one assigned partition.
type fetchState struct {
	TopicPartition
	epoch       uint64 // changes with Add: older fetches are stale
	offset      int64  // next to ask for
	leader      int32  // -1: to be found
	attempts    int    // failures in a row
	corrupt     int
	paused      bool
	halted      bool // by an error that was delivered
	outstanding int  // delivered and not released

	highWatermark, lastStable, logStart int64
}

func (s *fetchState) fetchable() bool {
	return !s.paused && !s.halted && s.outstanding < creditsPerPartition
}

// PartitionStatus is where a Fetcher stands with one partition. Positions and
// watermarks are offsets of the next record; watermarks are -1 before the
// first answer.
type PartitionStatus struct {
	TopicPartition
	Position, HighWatermark, LastStable, LogStart int64
}

// Fetcher starts a fetcher without partitions.
func (c *Client) Fetcher(cfg FetcherConfig) *Fetcher {
	cfg.MaxWait = defaultTo(cfg.MaxWait, 500*time.Millisecond)
	cfg.MinBytes = defaultTo(cfg.MinBytes, 1)
	cfg.MaxBytes = defaultTo(cfg.MaxBytes, 8<<20)
	cfg.PartitionBytes = defaultTo(cfg.PartitionBytes, 1<<20)
	cfg.Buffers = defaultTo(cfg.Buffers, 4)
	if cfg.OnRetry == nil {
		cfg.OnRetry = func(TopicPartition, error) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &Fetcher{
		client:     c,
		cfg:        cfg,
		stop:       stop,
		out:        make(chan *Fetched, 64),
		find:       make(chan struct{}, 1),
		inflaters:  sync.Pool{New: func() any { return new(inflater) }},
		partitions: map[TopicPartition]*fetchState{},
		loops:      map[int32]*fetchLoop{},
	}
	f.done.Go(func() { f.findLeaders(ctx) })
	return f
}

// Close stops all requests. Poll returns ErrClosed from then on; what was
// polled stays valid until released.
func (f *Fetcher) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.stop()
	f.done.Wait()
}

// Add starts reading a partition at an offset, or moves it there when it is
// assigned already. It clears Pause and a delivered error.
func (f *Fetcher) Add(tp TopicPartition, offset int64) {
	f.mu.Lock()
	f.epoch++
	f.partitions[tp] = &fetchState{
		TopicPartition: tp, epoch: f.epoch, offset: offset, leader: -1,
		highWatermark: -1, lastStable: -1, logStart: -1,
	}
	f.mu.Unlock()
	signal(f.find)
}

// Remove stops reading a partition. Poll returns nothing of it any more.
func (f *Fetcher) Remove(tp TopicPartition) {
	f.mu.Lock()
	delete(f.partitions, tp)
	f.mu.Unlock()
}

// Pause keeps a partition but delivers no more of it than what waits for Poll
// already.
func (f *Fetcher) Pause(tp TopicPartition) { f.setPaused(tp, true) }

// Resume ends Pause.
func (f *Fetcher) Resume(tp TopicPartition) { f.setPaused(tp, false) }

func (f *Fetcher) setPaused(tp TopicPartition, paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.partitions[tp]; s != nil {
		s.paused = paused
		f.wake(s.leader)
	}
}

// Status appends the state of every partition to dst, in no order.
func (f *Fetcher) Status(dst []PartitionStatus) []PartitionStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.partitions {
		dst = append(dst, PartitionStatus{s.TopicPartition, s.offset, s.highWatermark, s.lastStable, s.logStart})
	}
	return dst
}

// Poll waits for the next fetched part of any partition. The caller must
// Release it. Parts of one partition come in order, each starting where the
// one before ended.
func (f *Fetcher) Poll(ctx context.Context) (*Fetched, error) {
	for {
		f.mu.Lock()
		closed := f.closed
		f.mu.Unlock()
		if closed {
			return nil, ErrClosed
		}
		select {
		case p := <-f.out:
			if f.current(p) {
				return p, nil
			}
			p.Release()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// current is false for what was fetched before the partition was moved or removed.
func (f *Fetcher) current(p *Fetched) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.partitions[p.TopicPartition]
	return s != nil && s.epoch == p.epoch
}

// Fetched is one partition's part of an answer: records, or an error after
// which the partition stands still until Add is called for it again
// (*OffsetOutOfRangeError, *CorruptError, *RequestError).
type Fetched struct {
	TopicPartition
	Offset int64 // that was asked for
	// NextOffset is the position after this part. It moves over control
	// records, aborted and compacted ones too, so a part may hold no record.
	NextOffset                          int64
	HighWatermark, LastStable, LogStart int64
	Err                                 error

	epoch   uint64
	fetcher *Fetcher
	buffer  *fetchBuffer
	reader  recordReader
}

// Next reads the next record; it is false at the end, or when the stored
// bytes turn out to be corrupt, which Err then says.
func (p *Fetched) Next(r *Record) bool {
	if p.reader.read(r) {
		return true
	}
	if err, ok := p.reader.err.(*CorruptError); ok {
		err.TopicPartition = p.TopicPartition
		p.Err = err
	}
	return false
}

// Release gives the buffer back for further fetches. The part and all its
// records may not be used after.
func (p *Fetched) Release() {
	p.reader.release()
	f, buffer := p.fetcher, p.buffer
	f.mu.Lock()
	if s := f.partitions[p.TopicPartition]; s != nil && s.epoch == p.epoch {
		s.outstanding--
		f.wake(s.leader)
	}
	f.mu.Unlock()
	if buffer != nil && buffer.users.Add(-1) == 0 {
		buffer.free <- buffer
	}
}

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
			f.assignLeaders(ctx, topics, err)
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

func (f *Fetcher) assignLeaders(ctx context.Context, topics []string, err error) {
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
			l = &fetchLoop{f: f, node: s.leader, wake: make(chan struct{}, 1), free: make(chan *fetchBuffer, f.cfg.Buffers)}
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
			return &RequestError{Op: "Fetch", Topic: asked.Topic, Partition: asked.Partition, Code: LeaderNotAvailable, Detail: err.Error()}
		}
		*into = found[asked.TopicPartition]
	}
	if e.Offset >= e.Earliest && e.Offset <= e.Latest {
		// A leader that lags behind its predecessor; it catches up.
		return &RequestError{Op: "Fetch", Topic: asked.Topic, Partition: asked.Partition, Code: OffsetNotAvailable}
	}
	return e
}
