package live

import (
	"context"
	"errors"
	"sync"

	"streamd/kafka"
	"streamd/topics"
)

// ownTopics finds topics that a pattern of kafka.topics matches and that hold what streamd
// writes: signals, dead letters and state of this group or another. Read as candles, the dead
// letters of two groups would go round for ever. They are told by their records, not by their
// names: by the first and the last ones of a partition, so that a topic of candles into which
// somebody puts dead letters back stays an input.
type ownTopics struct {
	cfg *Config

	mu    sync.Mutex
	known map[kafka.TopicID]bool // topics that were looked at, and whether they are streamd's own
}

// ownSample is how many records are looked at at either end.
const ownSample = 8

// skip reports whether a topic that a pattern matches is no input. An empty topic is looked at
// again the next time.
func (o *ownTopics) skip(ctx context.Context, t kafka.Topic) bool {
	o.mu.Lock()
	own, looked := o.known[t.ID]
	o.mu.Unlock()
	if looked {
		return own
	}
	own, some, err := o.look(ctx, t)
	if err != nil || !some {
		return false // it is read, and records of our own are skipped one by one
	}
	o.mu.Lock()
	o.known[t.ID] = own
	o.mu.Unlock()
	if own {
		o.cfg.Log.Warn().Str("topic", t.Name).Msg("a pattern of kafka.topics matches a topic that streamd writes " +
			"(signals, dead letters or state): it is not read")
	}
	return own
}

// look reads the ends of the first partition that holds records.
func (o *ownTopics) look(ctx context.Context, t kafka.Topic) (own, some bool, err error) {
	all := topics.Partitions([]kafka.Topic{t})
	first, end, err := topics.Bounds(ctx, o.cfg.Client, all, true)
	if err != nil {
		return false, false, err
	}
	for _, tp := range all {
		if first[tp] >= end[tp] {
			continue
		}
		own = true
		for _, from := range []int64{first[tp], max(first[tp], end[tp]-2*ownSample)} {
			seen := 0
			err = topics.ReadPartition(ctx, o.cfg.Client, tp, from, end[tp], func(r *kafka.Record) error {
				if some, own = true, own && topics.Own(r); seen == ownSample || !own {
					return errSeen
				}
				seen++
				return nil
			})
			if err != nil && !errors.Is(err, errSeen) {
				return false, false, err
			}
		}
		if some {
			return own, true, nil
		}
	}
	return false, false, nil
}

var errSeen = errors.New("enough was seen")
