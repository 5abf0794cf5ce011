package history

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/kafka"
	"streamd/topics"
)

// TopicRange is the history that topics hold: every record that is retained
// when the reading begins.
type TopicRange struct {
	Client *kafka.Client
	Topics []topics.Source
	Except []string // topics that no pattern means: those that the daemon writes
	// Offsets bounds the records of every partition, From inclusive and To
	// exclusive; a To of 0 is the end at the beginning of the reading.
	OffsetFrom, OffsetTo int64
	// AheadMax rejects candles as live.Config.AheadMax does.
	AheadMax time.Duration
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
	names, patterns := topics.Names(t.Topics)
	found, err := t.Client.MatchTopics(ctx, names, patterns, t.Except)
	if err != nil {
		return fmt.Errorf("history: topics: %w", err)
	}
	all := topics.Partitions(found)
	if len(all) == 0 {
		return fmt.Errorf("history: no topic %s", strings.Join(names, ", "))
	}
	first, end, err := topics.Bounds(ctx, t.Client, all, true)
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
		h.add(&input{name: tp.String(), topic: true}, read[i], nil)
	}
	return nil
}

// collectPartition reads a partition from an offset up to another.
func (d *Data) collectPartition(ctx context.Context, tp kafka.TopicPartition, from, to int64) (*contents, error) {
	topic := topics.Of(d.Topics.Topics, tp.Topic)
	reader, err := topic.NewReader()
	if err != nil {
		return nil, fmt.Errorf("history: topic %s: %w", tp.Topic, err)
	}
	into := newCollector(d)
	var msgs []candle.Message
	var closer topics.Closer
	err = topics.ReadPartition(ctx, d.Topics.Client, tp, from, to, func(record *kafka.Record) error {
		var err error
		if msgs, err = reader.Read(msgs[:0], record); err != nil {
			var defect *candle.Defect
			if errors.As(err, &defect) {
				into.leave(reasonNoCandle)
			}
			return nil
		}
		for i := range msgs {
			switch m := &msgs[i]; {
			case topics.Ahead(m, record, d.Topics.AheadMax):
				into.leave("ahead of its record")
			case topic.ClosedByNext:
				if closed, ok := closer.Take(m); ok {
					into.add(m.Symbol, m.Timeframe, &closed)
				}
			case m.Closed:
				into.add(m.Symbol, m.Timeframe, &m.Candle)
			}
		}
		return nil
	})
	return &into.c, err
}

// CommittedOffsets returns up to where a group has processed the partitions of
// the range; 0 for those of which it has committed nothing.
func CommittedOffsets(ctx context.Context, t *TopicRange, group string) (map[kafka.TopicPartition]int64, error) {
	names, patterns := topics.Names(t.Topics)
	found, err := t.Client.MatchTopics(ctx, names, patterns, t.Except)
	if err != nil {
		return nil, fmt.Errorf("history: topics: %w", err)
	}
	offsets, err := t.Client.CommittedOffsets(ctx, group, topics.Partitions(found))
	if err != nil {
		return nil, fmt.Errorf("history: offsets of group %s: %w", group, err)
	}
	for tp, o := range offsets {
		offsets[tp] = max(o, 0)
	}
	return offsets, nil
}
