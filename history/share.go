package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"streamd/kafka"
	"streamd/topics"
)

// share joins the group of a shared reading, waits until no further instance has
// come for as long as Gather, and takes the partitions that the group gives to
// this one and nobody took before.
func (t *TopicRange) share(ctx context.Context, end map[kafka.TopicPartition]int64) ([]kafka.TopicPartition, error) {
	names, patterns := topics.Names(t.Topics)
	group, err := t.Client.Group(kafka.GroupConfig{
		ID: t.Group, Topics: names, Patterns: patterns, Except: t.Except,
		SessionTimeout: max(6*time.Second, 2*t.Gather),
	})
	if err != nil {
		return nil, fmt.Errorf("history: group %s: %w", t.Group, err)
	}
	// A member takes its share once and leaves at once: partitions that it is given
	// when another one leaves have been taken already.
	defer func() {
		leave, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer stop()
		_ = group.Close(leave) // the group finds out by the session's end
	}()
	for {
		gen, err := group.Next(ctx)
		if err != nil {
			return nil, fmt.Errorf("history: group %s: %w", t.Group, err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-gen.Done():
			continue // another instance has come
		case <-time.After(t.Gather):
		}
		var own []kafka.TopicPartition
		taken := map[kafka.TopicPartition]int64{}
		for _, a := range gen.Assignments {
			// An empty partition has nothing to be taken.
			if a.Offset < 0 && end[a.TopicPartition] > 0 {
				own = append(own, a.TopicPartition)
				taken[a.TopicPartition] = end[a.TopicPartition]
			}
		}
		if len(own) == 0 {
			return nil, nil
		}
		switch err := gen.Commit(ctx, taken); {
		case errors.Is(err, kafka.ErrGenerationLost):
			continue // another one came at the last moment, nothing is taken
		case err != nil:
			return nil, fmt.Errorf("history: group %s: %w", t.Group, err)
		}
		return own, nil
	}
}
