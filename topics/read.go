package topics

import (
	"context"
	"fmt"
	"time"

	"streamd/kafka"
)

// Read calls f for every committed record of a topic, partition by
// partition, up to what is the end when the reading begins. A record is valid
// until f returns.
func Read(ctx context.Context, client *kafka.Client, topic string,
	f func(kafka.TopicPartition, *kafka.Record) error,
) error {
	topics, err := client.Topics(ctx, topic)
	if err != nil {
		return fmt.Errorf("topics: topic %s: %w", topic, err)
	}
	all := Partitions(topics)
	if len(all) == 0 {
		return fmt.Errorf("topics: no topic %s", topic)
	}
	first, end, err := Bounds(ctx, client, all, true)
	if err != nil {
		return err
	}
	for _, tp := range all {
		if err := ReadPartition(ctx, client, tp, first[tp], end[tp],
			func(r *kafka.Record) error { return f(tp, r) }); err != nil {
			return err
		}
	}
	return nil
}

// ReadPartition calls f for the committed records from an offset up to another.
func ReadPartition(ctx context.Context, client *kafka.Client, tp kafka.TopicPartition, from, to int64,
	f func(*kafka.Record) error,
) error {
	if from >= to {
		return nil
	}
	fetcher := client.Fetcher(kafka.FetcherConfig{ReadCommitted: true, MaxWait: 100 * time.Millisecond})
	defer fetcher.Close()
	fetcher.Add(tp, from)
	var record kafka.Record
	for position := from; position < to; {
		part, err := fetcher.Poll(ctx)
		if err != nil {
			return fmt.Errorf("topics: %s: %w", tp, err)
		}
		for err == nil && part.Next(&record) && record.Offset < to {
			err = f(&record)
		}
		if err == nil && part.Err != nil {
			err = fmt.Errorf("topics: %s: %w", tp, part.Err)
		}
		position = part.NextOffset
		part.Release()
		if err != nil {
			return err
		}
	}
	return nil
}
