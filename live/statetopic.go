package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"streamd/kafka"
	"streamd/store"
	"streamd/stream"
	"streamd/topics"
)

// stateTopic reads the group's compacted topic of records. A partition of it is
// read once, though it holds the state of several input partitions.
type stateTopic struct {
	client     *kafka.Client
	name       string
	partitions int32 // 0 while the topic is not there
	id         kafka.TopicID

	mu    sync.Mutex
	reads map[int32]*stateRead
}

type stateRead struct {
	once  sync.Once
	found map[kafka.TopicPartition]*store.Content
	end   int64
	err   error
}

// open makes the topic if there is none (any more), with as many partitions as the input
// has. Compaction leaves alone what is in the newest segment, so that is to be small.
func (t *stateTopic) open(ctx context.Context, partitions int32) (created bool, err error) {
	t.mu.Lock()
	t.reads = map[int32]*stateRead{}
	t.mu.Unlock()
	if t.name == "" {
		return false, nil
	}
	topics, err := t.client.Topics(ctx, t.name)
	if errors.Is(err, kafka.UnknownTopicOrPartition) {
		created, topics, err = t.create(ctx, partitions)
	}
	if err != nil {
		return created, fmt.Errorf("live: state topic %s: %w", t.name, err)
	}
	for _, topic := range topics {
		t.partitions, t.id = int32(len(topic.Partitions)), topic.ID
	}
	return created, nil
}

func (t *stateTopic) create(ctx context.Context, partitions int32) (created bool, topics []kafka.Topic, err error) {
	created, err = t.client.EnsureTopic(ctx, kafka.TopicSpec{
		Name: t.name, Partitions: partitions, Replication: -1,
		Config: map[string]string{
			"cleanup.policy": "compact", "segment.bytes": "33554432", "segment.ms": "600000",
			"min.cleanable.dirty.ratio": "0.2",
		},
	})
	if err == nil {
		topics, err = t.client.Topics(ctx, t.name)
	}
	return created, topics, err
}

// partitionOf returns where the state of an input partition is, -1 for nowhere.
func (t *stateTopic) partitionOf(tp kafka.TopicPartition) int32 {
	if t.partitions == 0 {
		return -1
	}
	return tp.Partition % t.partitions
}

// content returns what the topic holds of an input partition from an offset on, and
// where it ends. Of all of it a worker that finds another one reading waits for it.
func (t *stateTopic) content(ctx context.Context, tp kafka.TopicPartition, from int64) (*store.Content, int64, error) {
	at := t.partitionOf(tp)
	if at < 0 {
		return &store.Content{}, 0, nil
	}
	if from > 0 {
		found, end, err := t.read(ctx, at, from)
		return contentOf(found, tp), end, err
	}
	t.mu.Lock()
	r := t.reads[at]
	if r == nil {
		r = &stateRead{}
		t.reads[at] = r
	}
	t.mu.Unlock()
	r.once.Do(func() { r.found, r.end, r.err = t.read(ctx, at, 0) })
	return contentOf(r.found, tp), r.end, r.err
}

func contentOf(found map[kafka.TopicPartition]*store.Content, tp kafka.TopicPartition) *store.Content {
	if c := found[tp]; c != nil {
		return c
	}
	return &store.Content{}
}

// read takes the newest record of every series of one partition of the topic, and
// returns where that ends. It waits for transactions that are not decided there yet:
// the input's offsets may be committed already of one whose records are not.
func (t *stateTopic) read(ctx context.Context, partition int32, from int64) (map[kafka.TopicPartition]*store.Content,
	int64, error,
) {
	tp := kafka.TopicPartition{Topic: t.name, Partition: partition}
	first, end, err := topics.Bounds(ctx, t.client, []kafka.TopicPartition{tp}, false)
	if err != nil {
		return nil, 0, err
	}
	if from > end[tp] {
		from = 0 // the topic has lost its end
	}
	found := map[kafka.TopicPartition]*store.Content{}
	err = topics.ReadPartition(ctx, t.client, tp, max(first[tp], from), end[tp], func(r *kafka.Record) error {
		topic, partition, ok := store.PartitionOfKey(r.Key)
		of := kafka.TopicPartition{Topic: topic, Partition: partition}
		if !ok || r.Value == nil {
			return nil
		}
		c := found[of]
		if c == nil {
			c = &store.Content{}
			found[of] = c
		}
		err := c.Take(store.Origin{Topic: of.Topic, Partition: of.Partition}, string(r.Key), bytes.Clone(r.Value))
		if errors.Is(err, stream.ErrDamaged) {
			return nil // nobody of ours wrote it; the checkpoint finds out what is missing
		}
		return err
	})
	return found, end[tp], err
}

// forget lets go of what was read.
func (t *stateTopic) forget() {
	t.mu.Lock()
	clear(t.reads)
	t.mu.Unlock()
}
