package live

import (
	"context"
	"fmt"

	"streamd/kafka"
	"streamd/topics"
)

// assign keeps the workers of partitions that stay, drops the others, and makes
// new ones.
func (c *Consumer) assign(ctx context.Context, gen *kafka.Generation) error {
	c.forget(gen)
	var fresh []kafka.Assignment
	for _, a := range gen.Assignments {
		if c.workers[a.TopicPartition] == nil {
			fresh = append(fresh, a)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := c.openStateTopic(ctx); err != nil {
		return err
	}
	for _, a := range fresh {
		if err := c.add(a); err != nil {
			return err
		}
	}
	return nil
}

// add makes a worker, so that no rules that are put in force meanwhile miss it.
func (c *Consumer) add(a kafka.Assignment) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, err := c.newWorker(a)
	if err != nil {
		return err
	}
	c.workers[a.TopicPartition] = w
	return nil
}

// forget drops the workers whose partitions are not in the generation, or whose
// state is not that of the committed offset.
func (c *Consumer) forget(gen *kafka.Generation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := map[kafka.TopicPartition]kafka.Assignment{}
	if gen != nil {
		for _, a := range gen.Assignments {
			kept[a.TopicPartition] = a
		}
	}
	for tp, w := range c.workers {
		a, ok := kept[tp]
		if ok && w.restoredAlready() && w.phase() != halted && a.TopicID == w.topicID &&
			(a.Offset == max(w.position, w.silent) || a.Offset < 0 && w.pristine()) {
			continue
		}
		w.close()
		c.places.forget(tp)
		delete(c.workers, tp)
	}
}

// openStateTopic makes the group's topic of records, as wide as the widest input.
func (c *Consumer) openStateTopic(ctx context.Context) error {
	if c.cfg.State.Topic == "" {
		return nil
	}
	names, patterns := topics.Names(c.cfg.Topics)
	topics, err := c.cfg.Client.MatchTopics(ctx, names, patterns, c.cfg.except())
	if err != nil {
		return fmt.Errorf("live: topics: %w", err)
	}
	widest := 1
	for _, t := range topics {
		widest = max(widest, len(t.Partitions))
	}
	created, err := c.states.open(ctx, int32(widest))
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		// A broker that does not let us is no reason to stand still: the local
		// store and the retained input are there.
		c.cfg.Log.Error().Err(err).Msg("no state topic: a partition that moves to another instance is rebuilt from " +
			"the retained input")
	case created:
		c.cfg.Log.Info().Str("topic", c.cfg.State.Topic).Int32("partitions", c.states.partitions).Msg("created")
	case int(c.states.partitions) != widest:
		c.cfg.Log.Warn().Str("topic", c.cfg.State.Topic).Int32("partitions", c.states.partitions).Int("input", widest).
			Msg("the input has another number of partitions than when the state topic was made: symbols that moved " +
				"to other partitions start over there")
	}
	return nil
}
