package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// TopicSpec describes a topic to create. Replication -1 is the broker's default.
type TopicSpec struct {
	Name        string
	Partitions  int32
	Replication int16
	Config      map[string]string // e.g. cleanup.policy: compact
}

// CreateTopic creates a topic and waits until the cluster shows it. A topic
// that exists already is left as it is: errors.Is(err, TopicAlreadyExists).
func (c *Client) CreateTopic(ctx context.Context, spec TopicSpec) error {
	lost := false
	err := c.retry(ctx, "CreateTopics", func(ctx context.Context) error {
		r, err := c.request(ctx, controller, 19, 4, false, func(w *writer) {
			w.array(1)
			w.str(spec.Name)
			w.i32(spec.Partitions)
			w.i16(spec.Replication)
			w.array(0)
			w.array(len(spec.Config))
			for _, k := range slices.Sorted(maps.Keys(spec.Config)) {
				w.str(k)
				w.str(spec.Config[k])
			}
			w.i32(int32(c.cfg.RequestTimeout.Milliseconds()))
			w.bool(false)
		})
		if err == nil {
			err = parseCreateTopics(&r)
		}
		// An attempt without an answer may have created it.
		if lost && errors.Is(err, TopicAlreadyExists) {
			return nil
		}
		lost = lost || err != nil && lostAnswer(err)
		return err
	})
	if err != nil {
		return err
	}
	return c.retry(ctx, "Metadata", func(ctx context.Context) error {
		topics, err := c.fetchMetadata(ctx, []string{spec.Name})
		if err == nil && slices.ContainsFunc(topics[0].Partitions, func(p Partition) bool { return p.Leader < 0 }) {
			return &RequestError{Op: "Metadata", Topic: spec.Name, Partition: -1, Code: LeaderNotAvailable}
		}
		return err
	})
}

// EnsureTopic creates a topic unless it is there already, whatever its settings are.
func (c *Client) EnsureTopic(ctx context.Context, spec TopicSpec) (created bool, err error) {
	if err = c.CreateTopic(ctx, spec); errors.Is(err, TopicAlreadyExists) {
		return false, nil
	}
	return err == nil, err
}

func parseCreateTopics(r *reader) error {
	r.i32()
	var failed error
	for range r.array(6) {
		name, code, detail := r.str(), r.code(), r.str()
		if code != None {
			failed = &RequestError{Op: "CreateTopics", Topic: name, Partition: -1, Code: code, Detail: detail}
		}
	}
	return errors.Join(r.err, failed)
}

// Times that ListOffsets takes besides milliseconds since 1970.
const (
	Latest   int64 = -1 // the offset of the next record
	Earliest int64 = -2 // the oldest record still held
)

// ListOffsets finds, for each partition, the offset of the first record at or
// after a time in milliseconds (or Earliest, Latest). For a time after the
// newest record the offset is -1. With readCommitted, Latest is the last
// stable offset.
func (c *Client) ListOffsets(ctx context.Context, partitions []TopicPartition, atMs int64,
	readCommitted bool,
) (map[TopicPartition]int64, error) {
	found := make(map[TopicPartition]int64, len(partitions))
	err := c.retry(ctx, "ListOffsets", func(ctx context.Context) error {
		var open []TopicPartition
		for _, tp := range partitions {
			if _, ok := found[tp]; !ok {
				open = append(open, tp)
			}
		}
		missing, err := c.byLeader(ctx, open)
		if err != nil {
			return err
		}
		var failed error
		for _, node := range slices.Sorted(maps.Keys(missing)) {
			if err := c.listOffsetsOf(ctx, node, missing[node], atMs, readCommitted, found); err != nil {
				failed = err
				if code := codeOf(err); code.moved() || code == None {
					// The next attempt needs fresh leaders; its own errors matter more.
					_, _ = c.fetchMetadata(ctx, topicNames(missing[node]))
				}
			}
		}
		return failed
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (c *Client) listOffsetsOf(ctx context.Context, node int32, partitions []TopicPartition, atMs int64,
	readCommitted bool, found map[TopicPartition]int64,
) error {
	r, err := c.request(ctx, node, 2, 4, false, func(w *writer) {
		w.i32(-1)
		w.bool(readCommitted)
		writeByTopic(w, partitions, func(tp TopicPartition) {
			w.i32(tp.Partition)
			w.i32(-1)
			w.i64(atMs)
		})
	})
	if err != nil {
		return err
	}
	return parseListOffsets(&r, found)
}

func parseListOffsets(r *reader, found map[TopicPartition]int64) error {
	var failed error
	r.i32()
	for range r.array(6) {
		topic := r.str()
		for range r.array(26) {
			partition, code := r.i32(), r.code()
			r.i64()
			offset := r.i64()
			r.i32()
			if code != None {
				failed = &RequestError{Op: "ListOffsets", Topic: topic, Partition: partition, Code: code}
			} else if r.err == nil {
				found[TopicPartition{topic, partition}] = offset
			}
		}
	}
	return errors.Join(r.err, failed)
}

// topicNames lists the distinct topics, in order.
func topicNames(partitions []TopicPartition) []string {
	names := make([]string, 0, len(partitions))
	for _, tp := range partitions {
		names = append(names, tp.Topic)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// writeByTopic writes the array of topics, each with its array of partitions,
// that most requests hold; it sorts partitions in place. An element that is a
// flexible struct writes its own tags.
func writeByTopic(w *writer, partitions []TopicPartition, each func(TopicPartition)) {
	slices.SortFunc(partitions, TopicPartition.Compare)
	w.array(len(topicNames(partitions)))
	for len(partitions) > 0 {
		n := 1
		for n < len(partitions) && partitions[n].Topic == partitions[0].Topic {
			n++
		}
		w.str(partitions[0].Topic)
		w.array(n)
		for _, tp := range partitions[:n] {
			each(tp)
		}
		w.tags()
		partitions = partitions[n:]
	}
}
