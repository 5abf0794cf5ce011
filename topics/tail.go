package topics

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"streamd/kafka"
)

// Tail reads the newest records of a topic, and goes on as it grows, as nobody's member.
type Tail struct {
	// ID is the topic's, and From where each of its partitions is read from.
	ID   kafka.TopicID
	From []int64

	fetcher *kafka.Fetcher
	behind  map[kafka.TopicPartition]int64 // ends that were there at first and are not reached yet
	most    int
}

// TailRecord is a record with memory of its own.
type TailRecord struct {
	Partition   int32
	Offset      int64
	TimestampMs int64
	Value       []byte

	order int64 // the greatest timestamp of its partition so far: its place among the others'
}

// OpenTail begins so many records before the ends of the partitions. Offsets count markers of
// transactions, too, as many as there are transactions: so it begins at twice the distance.
func OpenTail(ctx context.Context, client *kafka.Client, topic string, most int,
	onRetry func(kafka.TopicPartition, error),
) (*Tail, error) {
	found, err := client.Topics(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("topics: topic %s: %w", topic, err)
	}
	all := Partitions(found)
	first, end, err := Bounds(ctx, client, all, true)
	if err != nil {
		return nil, err
	}
	t := &Tail{
		most: most, behind: map[kafka.TopicPartition]int64{}, From: make([]int64, len(all)),
		fetcher: client.Fetcher(kafka.FetcherConfig{
			ReadCommitted: true, MaxWait: 500 * time.Millisecond, MaxBytes: 4 << 20, OnRetry: onRetry,
		}),
	}
	for _, f := range found {
		t.ID = f.ID
	}
	for _, tp := range all {
		from := max(first[tp], end[tp]-2*int64(most))
		if int(tp.Partition) < len(t.From) {
			t.From[tp.Partition] = from
		}
		if from < end[tp] {
			t.behind[tp] = end[tp]
		}
		t.fetcher.Add(tp, from)
	}
	return t, nil
}

// Newest returns the newest records by their time, up to what was the end at first, oldest first
// and those of a partition in their order.
func (t *Tail) Newest(ctx context.Context) ([]TailRecord, error) {
	var all []TailRecord
	greatest := map[int32]int64{}
	for len(t.behind) > 0 {
		if err := t.Next(ctx, func(partition int32, r *kafka.Record) {
			greatest[partition] = max(greatest[partition], r.TimestampMs)
			all = append(all, TailRecord{
				Partition: partition, Offset: r.Offset, TimestampMs: r.TimestampMs, Value: bytes.Clone(r.Value),
				order: greatest[partition],
			})
		}); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b TailRecord) int { return int(a.order - b.order) })
	return all[max(0, len(all)-t.most):], nil
}

// Next waits for further records and calls take for each; a record is valid until take returns.
func (t *Tail) Next(ctx context.Context, take func(partition int32, r *kafka.Record)) error {
	part, err := t.fetcher.Poll(ctx)
	if err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	defer part.Release()
	var r kafka.Record
	for part.Next(&r) {
		take(part.Partition, &r)
	}
	if part.Err != nil {
		return fmt.Errorf("topics: %s: %w", part.TopicPartition, part.Err)
	}
	if part.NextOffset >= t.behind[part.TopicPartition] {
		delete(t.behind, part.TopicPartition)
	}
	return nil
}

// Close ends the reading.
func (t *Tail) Close() { t.fetcher.Close() }
