package kafka

import (
	"context"
	"sync"
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
	// InflatedBytesMax bounds a batch once it is decompressed; default 64 MiB.
	InflatedBytesMax int
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
	id          TopicID // that the topic must have; zero for any
	epoch       uint64  // changes with Add: older fetches are stale
	offset      int64   // next to ask for
	leader      int32   // -1: to be found
	attempts    int     // failures in a row
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
		inflaters:  sync.Pool{New: func() any { return &inflater{most: cfg.InflatedBytesMax} }},
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
func (f *Fetcher) Add(tp TopicPartition, offset int64) { f.AddOf(TopicID{}, tp, offset) }

// AddOf is Add for a partition of the topic with that id. When its leader is looked for,
// which is so after the topic was deleted, and the name is another topic's by then,
// ErrTopicRecreated is delivered.
func (f *Fetcher) AddOf(id TopicID, tp TopicPartition, offset int64) {
	f.mu.Lock()
	f.epoch++
	f.partitions[tp] = &fetchState{
		TopicPartition: tp, id: id, epoch: f.epoch, offset: offset, leader: -1,
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
// (*OffsetOutOfRangeError, *CorruptError, *RequestError, ErrTopicRecreated).
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

// Skip goes on behind a batch whose records could not be read, as Err said: at
// CorruptError.Next. Where a part has no records at all because of its Err, the caller
// moves the partition by Add.
func (p *Fetched) Skip() {
	p.Err = nil
	p.reader.skip()
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
