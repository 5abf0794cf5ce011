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

// tail is who gets the newest records of a topic, and then what comes.
type tail interface {
	begin(t *topics.Tail, newest []topics.TailRecord)
	take(partition int32, offset int64, value []byte)
}

// signalsTail gives them to the page, and tells done that it has the newest.
type signalsTail struct {
	page *web.Signals
	done func()
}

func (s signalsTail) begin(t *topics.Tail, newest []topics.TailRecord) {
	s.page.Follow(topicName(t.ID), keptFrom(t.From, newest))
	for _, r := range newest {
		s.page.Take(r.Partition, r.Offset, r.Value, true)
	}
	s.done()
}

func (s signalsTail) take(partition int32, offset int64, value []byte) {
	s.page.Take(partition, offset, value, false)
}

// outcomesTail counts outcomes.
type outcomesTail struct{ outcomes *web.Outcomes }

func (o outcomesTail) begin(_ *topics.Tail, newest []topics.TailRecord) {
	o.outcomes.Reset()
	for _, r := range newest {
		o.outcomes.Take(r.Value)
	}
}

func (o outcomesTail) take(_ int32, _ int64, value []byte) { o.outcomes.Take(value) }

// followTopic gives the records of a topic, of all instances, until ctx ends.
func followTopic(ctx context.Context, client *kafka.Client, topic string, log zerolog.Logger, to tail) {
	for ctx.Err() == nil {
		err := readTail(ctx, client, topic, to)
		if ctx.Err() != nil {
			return
		}
		log.Warn().Err(err).Str("topic", topic).Msg("the topic's newest records are read again")
		select {
		case <-ctx.Done():
		case <-time.After(tailPause):
		}
	}
}

func readTail(ctx context.Context, client *kafka.Client, topic string, to tail) error {
	t, err := topics.OpenTail(ctx, client, topic, web.SignalsMax, func(kafka.TopicPartition, error) {})
	if err != nil {
		return err
	}
	defer t.Close()
	newest, err := t.Newest(ctx)
	if err != nil {
		return err
	}
	to.begin(t, newest)
	for {
		if err := t.Next(ctx, func(partition int32, r *kafka.Record) {
			to.take(partition, r.Offset, bytes.Clone(r.Value))
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
