package topics

import (
	"context"
	"fmt"
	"time"

	"streamd/kafka"
)

// Following reads a topic from its beginning and goes on as it grows, as nobody's
// member.
type Following struct {
	fetcher *kafka.Fetcher
	behind  map[kafka.TopicPartition]int64 // ends that were there at first and are not reached yet
}

// Follow begins with the committed records of all partitions of a topic. It tells of
// faults that it deals with itself.
func Follow(ctx context.Context, client *kafka.Client, topic string,
	onRetry func(kafka.TopicPartition, error),
) (*Following, error) {
	topics, err := client.Topics(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("topics: topic %s: %w", topic, err)
	}
	all := Partitions(topics)
	first, end, err := Bounds(ctx, client, all, true)
	if err != nil {
		return nil, err
	}
	f := &Following{fetcher: client.Fetcher(kafka.FetcherConfig{
		ReadCommitted: true, MaxWait: 500 * time.Millisecond,
		OnRetry: onRetry,
	}), behind: map[kafka.TopicPartition]int64{}}
	for _, tp := range all {
		if first[tp] < end[tp] {
			f.behind[tp] = end[tp]
		}
		f.fetcher.Add(tp, first[tp])
	}
	return f, nil
}

// ToEnd calls take for the records up to what was the end at first.
func (f *Following) ToEnd(ctx context.Context, take func(*kafka.Record)) error {
	for len(f.behind) > 0 {
		if err := f.Next(ctx, take); err != nil {
			return err
		}
	}
	return nil
}

// Next waits for further records and calls take for each; a record is valid until
// take returns.
func (f *Following) Next(ctx context.Context, take func(*kafka.Record)) error {
	part, err := f.fetcher.Poll(ctx)
	if err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	defer part.Release()
	var r kafka.Record
	for part.Next(&r) {
		take(&r)
	}
	if part.Err != nil {
		return fmt.Errorf("topics: %s: %w", part.TopicPartition, part.Err)
	}
	if part.NextOffset >= f.behind[part.TopicPartition] {
		delete(f.behind, part.TopicPartition)
	}
	return nil
}

// Close ends the reading.
func (f *Following) Close() { f.fetcher.Close() }
