package topics

import (
	"context"
	"fmt"
	"regexp"

	"streamd/candle/wire"
	"streamd/kafka"
)

// Source is an input: a name or a pattern, and how its messages are read.
type Source struct {
	Name    string
	Pattern *regexp.Regexp // instead of Name
	Mapping wire.Mapping
	Default wire.Defaults
	// ClosedByNext is set where messages do not say whether a bar is final: the next one
	// closes it.
	ClosedByNext bool
}

// Partitions lists the partitions of topics in their order.
func Partitions(topics []kafka.Topic) []kafka.TopicPartition {
	var all []kafka.TopicPartition
	for _, topic := range topics {
		for _, p := range topic.Partitions {
			all = append(all, kafka.TopicPartition{Topic: topic.Name, Partition: p.ID})
		}
	}
	return all
}

// bounds returns the first and the end offset of records, or of committed ones.
func Bounds(ctx context.Context, client *kafka.Client, all []kafka.TopicPartition, committed bool) (first,
	end map[kafka.TopicPartition]int64, err error,
) {
	if first, err = client.ListOffsets(ctx, all, kafka.Earliest, committed); err != nil {
		return nil, nil, fmt.Errorf("topics: first offsets: %w", err)
	}
	if end, err = client.ListOffsets(ctx, all, kafka.Latest, committed); err != nil {
		return nil, nil, fmt.Errorf("topics: end offsets: %w", err)
	}
	return first, end, nil
}

// topicNames splits topics into names and patterns.
func Names(topics []Source) (names []string, patterns []*regexp.Regexp) {
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
func Of(topics []Source, name string) Source {
	for _, t := range topics {
		if t.Name == name || t.Pattern != nil && t.Pattern.MatchString(name) {
			return t
		}
	}
	panic("topics: topic " + name + " is not configured")
}
