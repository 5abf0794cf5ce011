package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"streamd/kafka"
	"streamd/topics"
	"streamd/web"

	"github.com/rs/zerolog"
)

// tailPause is when a topic that cannot be read is tried again.
const tailPause = time.Second

// followSignals gives the page the signals of the topic, of all instances: first the newest, of which done is told,
// then what comes.
func followSignals(ctx context.Context, client *kafka.Client, topic string, page *web.Signals, log zerolog.Logger,
	done func(),
) {
	for ctx.Err() == nil {
		err := tailSignals(ctx, client, topic, page, done)
		if ctx.Err() != nil {
			return
		}
		log.Warn().Err(err).Str("topic", topic).Msg("the page's signals are read again")
		select {
		case <-ctx.Done():
		case <-time.After(tailPause):
		}
	}
}

func tailSignals(ctx context.Context, client *kafka.Client, topic string, page *web.Signals, done func()) error {
	t, err := topics.OpenTail(ctx, client, topic, web.SignalsMax, func(kafka.TopicPartition, error) {})
	if err != nil {
		return err
	}
	defer t.Close()
	newest, err := t.Newest(ctx)
	if err != nil {
		return err
	}
	page.Follow(topicName(t.ID), keptFrom(t.From, newest))
	for _, r := range newest {
		page.Take(r.Partition, r.Offset, r.Value, true)
	}
	done()
	for {
		if err := t.Next(ctx, func(partition int32, r *kafka.Record) {
			page.Take(partition, r.Offset, bytes.Clone(r.Value), false)
		}); err != nil {
			return fmt.Errorf("streamd: %w", err)
		}
	}
}

// keptFrom returns from where each partition is kept: where records were left out, from the first that was not.
func keptFrom(read []int64, newest []topics.TailRecord) []int64 {
	from := slices.Clone(read)
	seen := map[int32]bool{}
	for _, r := range newest {
		if !seen[r.Partition] && len(newest) == web.SignalsMax && int(r.Partition) < len(from) {
			from[r.Partition] = r.Offset
		}
		seen[r.Partition] = true
	}
	return from
}

// topicName is what ids call a topic: another one made under its name is called otherwise.
func topicName(id kafka.TopicID) string { return hex.EncodeToString(id[:4]) }
