package kafka

import (
	"context"
	"errors"
	"slices"
)

// CommittedOffsets reads the group's committed positions without being a
// member; -1 where there is none.
func (c *Client) CommittedOffsets(ctx context.Context, group string,
	partitions []TopicPartition,
) (map[TopicPartition]int64, error) {
	found := make(map[TopicPartition]int64, len(partitions))
	err := c.retry(ctx, "OffsetFetch", func(ctx context.Context) error {
		return c.coordinated(ctx, coordinatorKey{group, groupCoordinator},
			func(ctx context.Context, node int32) error {
				return c.fetchCommitted(ctx, node, group, partitions, found)
			})
	})
	if errors.Is(err, GroupIDNotFound) { // nobody was ever in it; some brokers give -1, others say so
		for _, tp := range partitions {
			found[tp] = -1
		}
		return found, nil
	}
	return found, err
}

func (c *Client) fetchCommitted(ctx context.Context, node int32, group string, partitions []TopicPartition,
	found map[TopicPartition]int64,
) error {
	r, err := c.request(ctx, node, 9, 7, true, func(w *writer) {
		w.str(group)
		writeByTopic(w, slices.Clone(partitions), func(tp TopicPartition) { w.i32(tp.Partition) })
		// Stable: wait for offsets inside a transaction that is not decided
		// yet, else its signals would be made a second time (KIP-447).
		w.bool(true)
		w.tags()
	})
	if err != nil {
		return err
	}
	return parseOffsetFetch(&r, found)
}
