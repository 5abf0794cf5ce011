package source

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/kafka"
)

// TopicRange is the history that topics hold: every record that is retained
// when the reading begins.
type TopicRange struct {
	Client *kafka.Client
	Topics []Topic
	Except []string // topics that no pattern means: those that the daemon writes
	// Offsets bounds the records of every partition, From inclusive and To
	// exclusive; a To of 0 is the end at the beginning of the reading.
	OffsetFrom, OffsetTo int64
	// Until ends the reading of single partitions before an offset.
	Until map[kafka.TopicPartition]int64
	// Group shares the reading among the instances that name the same one and
	// come within Gather: each reads the partitions that the group gives it. The
	// group's offsets say what is taken, so that who comes later takes nothing,
	// and another scan wants another group.
	Group  string
	Gather time.Duration
}

// addTopics reads the partitions of topics, so many at a time, up to what was
// their end when it began. Candles are taken as the daemon takes them: closed
// ones, in the order of their partition; bad ones are skipped and counted.
func (h *history) addTopics(ctx context.Context, t *TopicRange, workers int) error {
	names, patterns := topicNames(t.Topics)
	topics, err := t.Client.MatchTopics(ctx, names, patterns, t.Except)
	if err != nil {
		return fmt.Errorf("source: topics: %w", err)
	}
	all := partitionsOf(topics)
	if len(all) == 0 {
		return fmt.Errorf("source: no topic %s", strings.Join(names, ", "))
	}
	first, end, err := bounds(ctx, t.Client, all, true)
	if err != nil {
		return err
	}
	if t.Group != "" {
		if all, err = t.share(ctx, end); err != nil {
			return err
		}
	}
	read := make([]*contents, len(all))
	errs := make([]error, len(all))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, len(all)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				tp := all[i]
				from, to := max(first[tp], t.OffsetFrom), end[tp]
				if t.OffsetTo > 0 {
					to = min(to, t.OffsetTo)
				}
				if until, ok := t.Until[tp]; ok {
					to = min(to, until)
				}
				read[i], errs[i] = h.data.collectPartition(ctx, tp, from, to)
			}
		})
	}
	group.Wait()
	for i, tp := range all {
		if errs[i] != nil {
			return errs[i]
		}
		h.add(&input{name: tp.String()}, read[i], nil)
	}
	return nil
}

// collectPartition reads a partition from an offset up to another.
func (d *Data) collectPartition(ctx context.Context, tp kafka.TopicPartition, from, to int64) (*contents, error) {
	topic := topicOf(d.Topics.Topics, tp.Topic)
	decoder, err := candle.NewDecoder(topic.Mapping, topic.Default)
	if err != nil {
		return nil, fmt.Errorf("source: topic %s: %w", tp.Topic, err)
	}
	into := newCollector(d.wants)
	var msgs []candle.Message
	err = readPartition(ctx, d.Topics.Client, tp, from, to, func(record *kafka.Record) error {
		var err error
		if msgs, err = decoder.Decode(msgs[:0], record.Key, record.Value); err != nil {
			into.c.skipped++
			return nil
		}
		for i := range msgs {
			if m := &msgs[i]; m.Closed {
				into.add(m.Symbol, m.Timeframe, &m.Candle)
			}
		}
		return nil
	})
	return &into.c, err
}

// CommittedOffsets returns up to where a group has dealt with the partitions of
// the range; 0 for those of which it has committed nothing.
func CommittedOffsets(ctx context.Context, t *TopicRange, group string) (map[kafka.TopicPartition]int64, error) {
	names, patterns := topicNames(t.Topics)
	topics, err := t.Client.MatchTopics(ctx, names, patterns, t.Except)
	if err != nil {
		return nil, fmt.Errorf("source: topics: %w", err)
	}
	offsets, err := t.Client.CommittedOffsets(ctx, group, partitionsOf(topics))
	if err != nil {
		return nil, fmt.Errorf("source: offsets of group %s: %w", group, err)
	}
	for tp, o := range offsets {
		offsets[tp] = max(o, 0)
	}
	return offsets, nil
}

// ReadTopic calls f for every committed record of a topic, partition by
// partition, up to what is the end when the reading begins. A record is valid
// until f returns.
func ReadTopic(ctx context.Context, client *kafka.Client, topic string, f func(kafka.TopicPartition, *kafka.Record) error) error {
	topics, err := client.Topics(ctx, topic)
	if err != nil {
		return fmt.Errorf("source: topic %s: %w", topic, err)
	}
	all := partitionsOf(topics)
	if len(all) == 0 {
		return fmt.Errorf("source: no topic %s", topic)
	}
	first, end, err := bounds(ctx, client, all, true)
	if err != nil {
		return err
	}
	for _, tp := range all {
		if err := readPartition(ctx, client, tp, first[tp], end[tp], func(r *kafka.Record) error { return f(tp, r) }); err != nil {
			return err
		}
	}
	return nil
}

// readPartition calls f for the committed records from an offset up to another.
func readPartition(ctx context.Context, client *kafka.Client, tp kafka.TopicPartition, from, to int64, f func(*kafka.Record) error) error {
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
			return fmt.Errorf("source: %s: %w", tp, err)
		}
		for err == nil && part.Next(&record) && record.Offset < to {
			err = f(&record)
		}
		if err == nil && part.Err != nil {
			err = fmt.Errorf("source: %s: %w", tp, part.Err)
		}
		position = part.NextOffset
		part.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

func partitionsOf(topics []kafka.Topic) []kafka.TopicPartition {
	var all []kafka.TopicPartition
	for _, topic := range topics {
		for _, p := range topic.Partitions {
			all = append(all, kafka.TopicPartition{Topic: topic.Name, Partition: p.ID})
		}
	}
	return all
}

// bounds returns the first and the end offset of records, or of committed ones.
func bounds(ctx context.Context, client *kafka.Client, all []kafka.TopicPartition, committed bool) (first, end map[kafka.TopicPartition]int64, err error) {
	if first, err = client.ListOffsets(ctx, all, kafka.Earliest, committed); err != nil {
		return nil, nil, fmt.Errorf("source: first offsets: %w", err)
	}
	if end, err = client.ListOffsets(ctx, all, kafka.Latest, committed); err != nil {
		return nil, nil, fmt.Errorf("source: end offsets: %w", err)
	}
	return first, end, nil
}

// topicNames splits topics into names and patterns.
func topicNames(topics []Topic) (names []string, patterns []*regexp.Regexp) {
	for _, t := range topics {
		if t.Pattern != nil {
			patterns = append(patterns, t.Pattern)
		} else {
			names = append(names, t.Name)
		}
	}
	return names, patterns
}

// topicOf returns the configured topic that a topic of the cluster is.
func topicOf(topics []Topic, name string) Topic {
	for _, t := range topics {
		if t.Name == name || t.Pattern != nil && t.Pattern.MatchString(name) {
			return t
		}
	}
	panic("source: topic " + name + " is not configured")
}
