package kafka

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ProducerConfig tunes a Producer; zero values mean the defaults.
type ProducerConfig struct {
	// TransactionalID makes the producer transactional. Opening another one
	// with the same id fences this one.
	TransactionalID string
	// TransactionTimeout is after how long the broker aborts a transaction
	// that is neither committed nor aborted; default 15 s. So long a crashed
	// producer holds up who reads committed, and so long a slow commit may take.
	TransactionTimeout time.Duration
	// Groups and Topics are what the transactions of a predecessor with the same
	// TransactionalID were about. The last one gets its markers there, should a
	// broker that was killed owe them (see settle.go).
	Groups, Topics []string
	Compression    Compression
	// BatchBytes bounds a batch and so a record, before compression; default
	// 1,000,000, just below the brokers' default limit.
	BatchBytes int
	// BufferBytes bounds all unsent records together; default 32 MiB.
	BufferBytes int
	// Droppable are topics whose records are dropped where brokers refuse the topic for
	// good: Flush and Commit say so by *RefusedError. Refused records of other topics are
	// kept, and the error is a *RequestError.
	Droppable []string
	// OnAck is told of every acknowledged batch: its partition, the offset of
	// its first record (-1 when the broker had it already and no longer knows
	// where), and the number of its records. It runs inside Flush.
	OnAck func(tp TopicPartition, base int64, records int)
	// OnRetry is told of every failure that Flush repeats.
	OnRetry func(error)
}

// AnyPartition lets the producer choose a partition: by the key as the Java
// client does, or in turn where there is none.
const AnyPartition int32 = -1

// ProducerRecord is a record to send. Everything is copied by Producer.Add. A nil Key
// or Value is Kafka's null.
type ProducerRecord struct {
	Topic     string
	Partition int32
	// TimestampMs is since 1970, UTC. Outside a transaction it must be younger
	// than the brokers' producer.id.expiration.ms (a day): they remember a
	// producer's sequence by its records' timestamps, and a broker that
	// restarts has forgotten an older one. Then a batch whose answer was lost
	// in the crash is written a second time.
	TimestampMs int64
	Key, Value  []byte
	Headers     []Header
}

// Producer writes records idempotently: acknowledged by all in-sync replicas,
// each partition in the order of Add, none twice whatever is retried (within the
// limit of Message.TimestampMs). With a TransactionalID it writes in transactions.
//
// Records are encoded by Add and sent by Flush (or Commit). A producer is used
// by one goroutine at a time; to send while adding, use two.
type Producer struct {
	client *Client
	cfg    ProducerConfig
	id     producerID
	state  txnState
	fatal  error // set once, ends the producer

	queues    map[TopicPartition]*partitionQueue
	busy      []*partitionQueue // with unsent records, in order of first use
	added     int               // records since the last Flush
	buffered  int               // bytes
	throttled time.Time         // until when a broker's quota asks to wait
	turn      int               // for records without key and partition
	rejected  []error           // records that were dropped, for Flush to tell

	spare    []*batch
	requests []*produceExchange
	deflater deflater

	// of the open transaction
	inTxn   map[TopicPartition]bool // partitions added to it
	offsets []stagedOffsets
	groups  map[string]bool // whose offsets were added to it
	touched bool            // the coordinator may know of it
	unsure  bool            // the brokers' next sequence numbers are not known

	// joins: records and offsets join the open transaction at the brokers without
	// having been announced. Chosen when a transaction begins, see choose.
	joins bool
	// late and lateOffsets are set when a request, or a TxnOffsetCommit, got no
	// answer: it may still be on its way, see fence.
	late, lateOffsets atomic.Bool
	identity          string // the configured TransactionalID, see fresh
}

// partitionQueue holds one partition's unsent records: sealed batches in
// order, the first of which may be on its way, and one that still grows.
type partitionQueue struct {
	TopicPartition
	sequence int32 // of the next batch to be sealed
	pending  []*batch
	open     *batch
}

func (q *partitionQueue) empty() bool { return len(q.pending) == 0 && q.open == nil }

// batch holds records from Add to their acknowledgement. Its sequence number
// never changes under one producer id: that makes repeating it harmless.
type batch struct {
	batchBuilder
	indexes   []int  // of its records among those added
	packed    []byte // compressed, with room to be reused
	sealed    []byte // what is sent: packed, or the builder's own buffer
	sequence  int32
	stampedBy producerID
	ambiguous bool // an attempt got no answer
}

// Producer opens a producer and gets its id from the cluster. For a
// transactional one this waits until a predecessor's transaction has ended.
func (c *Client) Producer(ctx context.Context, cfg ProducerConfig) (*Producer, error) {
	cfg.TransactionTimeout = defaultTo(cfg.TransactionTimeout, 15*time.Second)
	cfg.BatchBytes = defaultTo(cfg.BatchBytes, 1_000_000)
	cfg.BufferBytes = defaultTo(cfg.BufferBytes, 32<<20)
	if cfg.OnAck == nil {
		cfg.OnAck = func(TopicPartition, int64, int) {}
	}
	if cfg.OnRetry == nil {
		cfg.OnRetry = func(error) {}
	}
	if c := cfg.Compression; c < Uncompressed || c > Zstd {
		return nil, fmt.Errorf("kafka: %v cannot compress", c)
	}
	p := &Producer{
		client: c, cfg: cfg, queues: map[TopicPartition]*partitionQueue{}, inTxn: map[TopicPartition]bool{},
		groups: map[string]bool{}, identity: cfg.TransactionalID,
	}
	if cfg.TransactionalID != "" {
		if err := p.openTransactional(ctx); err != nil {
			return nil, err
		}
		return p, nil
	}
	var err error
	if p.id, err = c.initProducerID(ctx, cfg, producerID{-1, -1}); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Producer) openTransactional(ctx context.Context) error {
	p.cfg.TransactionalID = p.client.identityInUse(p.identity)
	var err error
	last := outcomeUnknown
	if len(p.cfg.Groups)+len(p.cfg.Topics) > 0 {
		if last, err = p.client.lastOutcome(ctx, p.cfg.TransactionalID); err != nil {
			return err
		}
	}
	if p.id, err = p.client.initProducerID(ctx, p.cfg, producerID{-1, -1}); err != nil {
		return err
	}
	return p.bringMarkers(ctx, last)
}

// Add encodes a record after the unsent ones. It talks to the cluster only
// the first time that a topic is used without a partition. It returns
// *TooLargeError for a record that fits in no batch, and ErrBufferFull when
// Flush is due; the record is then not added.
func (p *Producer) Add(ctx context.Context, m *ProducerRecord) error {
	if err := p.writable(); err != nil {
		return err
	}
	tp := TopicPartition{m.Topic, m.Partition}
	if m.Partition < 0 {
		n, err := p.client.knownPartitions(ctx, m.Topic)
		if err != nil {
			return err
		}
		if m.Key != nil {
			tp.Partition = PartitionOf(m.Key, n)
		} else {
			tp.Partition = int32(p.turn % n)
			p.turn++
		}
	}
	size := recordBytes(m, 0, 0) + 2*binary.MaxVarintLen64
	index := p.added
	if size > p.cfg.BatchBytes-batchHeaderBytes {
		p.added++
		return &TooLargeError{
			TopicPartition: tp, Index: index, SizeBytes: size,
			LimitBytes: p.cfg.BatchBytes - batchHeaderBytes,
		}
	}
	if p.buffered+size > p.cfg.BufferBytes {
		return ErrBufferFull
	}
	q := p.queues[tp]
	if q == nil {
		q = &partitionQueue{TopicPartition: tp}
		p.queues[tp] = q
	}
	if q.empty() {
		p.busy = append(p.busy, q)
	}
	if q.open != nil && len(q.open.buf)+size > p.cfg.BatchBytes {
		if err := p.seal(q); err != nil {
			return err
		}
	}
	if q.open == nil {
		q.open = p.newBatch()
	}
	p.buffered += q.open.append(m)
	q.open.indexes = append(q.open.indexes, index)
	p.added++
	return nil
}

// Buffered is the number of bytes that wait for Flush.
func (p *Producer) Buffered() int { return p.buffered }

// Flush sends everything added and waits until it is acknowledged. Records
// that the brokers refuse are dropped and returned as *TooLargeError or
// *RefusedError, joined; all others are sent nevertheless. After
// ErrRetriesExhausted, after a topic was refused that is not Droppable, or when
// the context ends, the unsent records are kept: Flush may be called again and
// goes on where it stopped, without duplicates.
func (p *Producer) Flush(ctx context.Context) error {
	if err := p.writable(); err != nil {
		return err
	}
	p.added = 0
	for _, q := range p.busy {
		if q.open != nil {
			if err := p.seal(q); err != nil {
				return err
			}
		}
	}
	send := p.drain
	if p.cfg.TransactionalID != "" {
		send = p.flushTransaction
	}
	if err := send(ctx); err != nil {
		return err
	}
	err := errors.Join(p.rejected...)
	p.rejected = p.rejected[:0]
	return err
}

// newBatch takes a batch that was acknowledged, with its buffers, or a new one.
func (p *Producer) newBatch() *batch {
	b := new(batch)
	if n := len(p.spare); n > 0 {
		b, p.spare = p.spare[n-1], p.spare[:n-1]
	}
	b.reset()
	b.indexes, b.sealed, b.ambiguous, b.stampedBy = b.indexes[:0], nil, false, producerID{-1, -1}
	return b
}

// seal closes the growing batch of q and appends it to its pending ones.
func (p *Producer) seal(q *partitionQueue) error {
	b := q.open
	b.sequence = q.sequence
	if err := p.pack(b); err != nil {
		return err
	}
	q.sequence = addSequence(q.sequence, b.count)
	q.pending, q.open = append(q.pending, b), nil
	return nil
}

func (p *Producer) pack(b *batch) (err error) {
	if b.sealed, err = b.seal(p.cfg.Compression, &p.deflater, b.packed); err != nil {
		return err
	}
	if p.cfg.Compression != Uncompressed {
		b.packed = b.sealed
	}
	return nil
}

// addSequence counts up and wraps to 0 after the largest int32, as the broker does.
func addSequence(s int32, n int) int32 {
	return int32((int64(s) + int64(n)) % (1 << 31))
}

func (p *Producer) fail(err error) {
	if p.fatal == nil {
		p.fatal = err
	}
}

// writable is the error that stands against adding and sending records.
func (p *Producer) writable() error {
	if p.fatal != nil {
		return p.fatal
	}
	if p.cfg.TransactionalID != "" && p.state != txnOpen {
		return fmt.Errorf("kafka: producer %s: no open transaction (it is %v)", p.cfg.TransactionalID, p.state)
	}
	return nil
}

// discard forgets everything unsent and reports whether a batch was among it
// that may have been sent, so that the broker's sequence is not known.
func (p *Producer) discard() (sent bool) {
	for _, q := range p.busy {
		sent = sent || len(q.pending) > 0
		for len(q.pending) > 0 {
			p.drop(q)
		}
		if q.open != nil {
			q.pending, q.open = append(q.pending, q.open), nil
			p.drop(q)
		}
	}
	p.busy, p.added = p.busy[:0], 0
	return sent
}

// knownPartitions is the partition count of a topic, looked up once.
func (c *Client) knownPartitions(ctx context.Context, topic string) (int, error) {
	if n := c.partitionCount(topic); n > 0 {
		return n, nil
	}
	if _, err := c.Topics(ctx, topic); err != nil {
		return 0, err
	}
	return cmp.Or(c.partitionCount(topic), 1), nil
}

// initProducerID gets an id, or the next epoch of the one given.
func (c *Client) initProducerID(ctx context.Context, cfg ProducerConfig, old producerID) (id producerID, err error) {
	send := func(ctx context.Context, node int32) error {
		r, err := c.request(ctx, node, 22, 3, true, func(w *writer) {
			w.optional(cfg.TransactionalID)
			w.i32(int32(cfg.TransactionTimeout.Milliseconds()))
			w.i64(old.id)
			w.i16(old.epoch)
			w.tags()
		})
		if err == nil {
			id, err = parseInitProducerID(&r)
		}
		return err
	}
	err = c.retry(ctx, "InitProducerId", func(ctx context.Context) error {
		if cfg.TransactionalID == "" {
			return send(ctx, anyBroker)
		}
		return c.coordinated(ctx, coordinatorKey{cfg.TransactionalID, txnCoordinator}, send)
	})
	return id, err
}

func parseInitProducerID(r *reader) (producerID, error) {
	r.i32()
	code := r.code()
	id := producerID{r.i64(), r.i16()}
	r.tags()
	if r.err == nil && code != None {
		return id, &RequestError{Op: "InitProducerId", Partition: -1, Code: code}
	}
	return id, r.err
}
