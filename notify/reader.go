package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"streamd/kafka"
	"streamd/topics"
)

const (
	commitEvery = 200 * time.Millisecond
	rejoinPause = time.Second
	placePause  = 100 * time.Millisecond
	// recallMax is how many records before its position of a partition are read at the start, for
	// the signals that a RESOLVE may end.
	recallMax        = 2000
	lastCommitBudget = time.Second
)

// run serves the receiver as a member of its group until ctx ends or the receiver is gone.
func (c *courier) run(ctx context.Context, instance string) {
	defer c.addGauges()()
	for ctx.Err() == nil && !c.isOff() {
		err := c.member(ctx, instance)
		if ctx.Err() != nil || c.isOff() {
			break
		}
		c.log.Error().Err(err).Msg("the receiver's group has ended, joining it again")
		select {
		case <-ctx.Done():
		case <-time.After(rejoinPause):
		}
	}
	if err := c.receiver.Close(); err != nil {
		c.log.Warn().Err(err).Msg("closing the receiver")
	}
}

func (c *courier) isOff() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off
}

// group is the consumer group of the receiver.
func (c *courier) group() string { return c.cfg.Group + "-notify-" + c.settings.Name }

// member joins the group and serves one generation after the other.
func (c *courier) member(ctx context.Context, instance string) error {
	if instance != "" {
		instance += "-notify-" + c.settings.Name
	}
	g, err := c.cfg.Client.Group(kafka.GroupConfig{
		ID: c.group(), InstanceID: instance, Topics: []string{c.cfg.Topic}, SessionTimeout: c.cfg.SessionTimeout,
		OnRetry: func(err error) { c.log.Warn().Err(err).Msg("group request failed, trying again") },
	})
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	defer func() {
		leave, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer stop()
		end := g.Close
		if c.isOff() {
			end = g.Leave // another instance may try
		}
		if err := end(leave); err != nil {
			c.log.Warn().Err(err).Msg("the group was not told of our leaving")
		}
	}()
	for {
		gen, err := g.Next(ctx)
		if err != nil {
			return fmt.Errorf("notify: joining group %s: %w", c.group(), err)
		}
		err = c.serve(ctx, gen)
		switch {
		case ctx.Err() != nil || c.isOff():
			return nil
		case err != nil && !errors.Is(err, kafka.ErrGenerationLost):
			return err
		}
	}
}

// serve reads and delivers the partitions of a generation until it ends, and commits what was
// delivered.
func (c *courier) serve(ctx context.Context, gen *kafka.Generation) error {
	work, stop := gen.Context(ctx)
	defer stop()
	positions, err := c.place(work, gen)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.queue.reset()
	clear(c.lag)
	for tp, offset := range positions {
		c.queue.assign(tp, offset)
	}
	c.mu.Unlock()
	if err := c.recall(work, positions); err != nil {
		return err
	}
	var wait sync.WaitGroup
	wait.Go(func() { c.send(work); stop() })
	var readErr error
	wait.Go(func() { readErr = c.read(work, positions); stop() })
	err = c.commits(work, gen, positions)
	stop()
	wait.Wait()
	last, stopLast := context.WithTimeout(context.WithoutCancel(ctx), lastCommitBudget)
	defer stopLast()
	return errors.Join(err, readErr, c.commit(last, gen, positions))
}

// place returns where to begin with each partition. When a group begins, it has no position at all:
// the end of every partition (or its beginning, where the settings say so) is committed before
// anything is delivered, by the leader alone, so that what comes from then on is not lost. A
// partition that the topic gets later begins at its beginning.
func (c *courier) place(ctx context.Context, gen *kafka.Generation) (map[kafka.TopicPartition]int64, error) {
	positions := map[kafka.TopicPartition]int64{}
	missing := false
	for _, a := range gen.Assignments {
		positions[a.TopicPartition] = a.Offset
		missing = missing || a.Offset < 0
	}
	if !missing && !gen.Leader {
		return positions, nil
	}
	found, err := c.cfg.Client.Topics(ctx, c.cfg.Topic)
	if err != nil {
		return nil, fmt.Errorf("notify: topic %s: %w", c.cfg.Topic, err)
	}
	all := topics.Partitions(found)
	if gen.Leader {
		if err := c.placeAll(ctx, gen, all); err != nil {
			return nil, err
		}
	}
	for {
		committed, err := c.cfg.Client.CommittedOffsets(ctx, c.group(), all)
		if err != nil {
			return nil, fmt.Errorf("notify: positions of %s: %w", c.group(), err)
		}
		missing = false
		for tp := range positions {
			positions[tp] = committed[tp]
			missing = missing || committed[tp] < 0
		}
		if !missing {
			return positions, nil
		}
		select { // until the leader has committed them
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(placePause):
		}
	}
}

// placeAll commits a position for the partitions that have none.
func (c *courier) placeAll(ctx context.Context, gen *kafka.Generation, all []kafka.TopicPartition) error {
	committed, err := c.cfg.Client.CommittedOffsets(ctx, c.group(), all)
	if err != nil {
		return fmt.Errorf("notify: positions of %s: %w", c.group(), err)
	}
	var lacking []kafka.TopicPartition
	for _, tp := range all {
		if committed[tp] < 0 {
			lacking = append(lacking, tp)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	first, end, err := topics.Bounds(ctx, c.cfg.Client, lacking, true)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	if begins := len(lacking) == len(all); begins && c.settings.Start != "earliest" {
		first = end
	}
	return gen.Commit(ctx, first)
}

// recall reads what was delivered before, for the signals that a RESOLVE may end.
func (c *courier) recall(ctx context.Context, positions map[kafka.TopicPartition]int64) error {
	r, repeats := c.receiver.(repeater)
	own := make([]kafka.TopicPartition, 0, len(positions))
	for tp := range positions {
		own = append(own, tp)
	}
	first, _, err := topics.Bounds(ctx, c.cfg.Client, own, true)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	for _, tp := range own {
		from := max(first[tp], positions[tp]-recallMax)
		err := topics.ReadPartition(ctx, c.cfg.Client, tp, from, positions[tp], func(record *kafka.Record) error {
			s, err := readRecord(record)
			if err != nil {
				return nil //nolint:nilerr // it was reported when it was read first
			}
			c.mu.Lock()
			c.openers.note(s)
			mine := routeTo(c.routes, c.settings.Name, s) != nil
			c.mu.Unlock()
			if repeats && mine {
				r.recall(s)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("notify: %w", err)
		}
	}
	return nil
}

func readRecord(r *kafka.Record) (*Signal, error) {
	s, err := ReadSignal(slices.Clone(r.Value))
	if err != nil {
		return nil, err
	}
	s.Key, s.Written = slices.Clone(r.Key), time.UnixMilli(r.TimestampMs)
	return s, nil
}

// read puts the signals of the partitions into the queue, as far as there is room.
func (c *courier) read(ctx context.Context, positions map[kafka.TopicPartition]int64) error {
	f := c.cfg.Client.Fetcher(kafka.FetcherConfig{
		ReadCommitted: true, MaxBytes: 4 << 20,
		OnRetry: func(tp kafka.TopicPartition, err error) {
			c.log.Warn().Stringer("partition", tp).Err(err).Msg("fetch failed, trying again")
		},
	})
	defer f.Close()
	for tp, offset := range positions {
		f.Add(tp, offset)
	}
	for {
		part, err := f.Poll(ctx)
		if ctx.Err() != nil {
			if err == nil {
				part.Release()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("notify: %w", err)
		}
		err = c.readPart(ctx, part)
		var expired *kafka.OffsetOutOfRangeError
		if errors.As(err, &expired) {
			err = c.skipExpired(ctx, f, part.TopicPartition, err)
		}
		part.Release()
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("notify: %s: %w", part.TopicPartition, err)
		}
	}
}

func (c *courier) readPart(ctx context.Context, part *kafka.Fetched) error {
	var record kafka.Record
	for part.Next(&record) {
		if !c.waitForRoom(ctx) {
			return nil
		}
		s, err := readRecord(&record)
		if err != nil {
			c.log.Error().Err(err).Stringer("partition", part.TopicPartition).Int64("offset", record.Offset).
				Msg("a record of the topic is no signal, it is skipped")
			continue
		}
		c.take(s, part.TopicPartition, record.Offset)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lag[part.TopicPartition] = part.HighWatermark - part.NextOffset
	if part.Err != nil {
		return part.Err
	}
	c.queue.skip(part.TopicPartition, part.NextOffset)
	return nil
}

// skipExpired goes on with a partition whose position has expired, at its beginning.
func (c *courier) skipExpired(ctx context.Context, f *kafka.Fetcher, tp kafka.TopicPartition, why error) error {
	first, _, err := topics.Bounds(ctx, c.cfg.Client, []kafka.TopicPartition{tp}, true)
	if err != nil {
		return err
	}
	c.log.Error().Err(why).Int64("from", first[tp]).Msg("signals have expired undelivered, going on with the oldest")
	c.mu.Lock()
	c.queue.assign(tp, first[tp])
	c.mu.Unlock()
	f.Add(tp, first[tp])
	return nil
}

// waitForRoom waits until the queue takes a signal; it is false when ctx ends before.
func (c *courier) waitForRoom(ctx context.Context) bool {
	for {
		c.mu.Lock()
		full := c.queue.full()
		c.mu.Unlock()
		if !full {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-c.room:
		}
	}
}

// commits commits what is delivered, now and then, until ctx ends.
func (c *courier) commits(ctx context.Context, gen *kafka.Generation, committed map[kafka.TopicPartition]int64) error {
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := c.commit(ctx, gen, committed); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// commit commits the positions that have moved.
func (c *courier) commit(ctx context.Context, gen *kafka.Generation, committed map[kafka.TopicPartition]int64) error {
	moved := map[kafka.TopicPartition]int64{}
	c.mu.Lock()
	for tp, t := range c.queue.tracks {
		if low := t.low(); low != committed[tp] {
			moved[tp] = low
		}
	}
	c.mu.Unlock()
	if err := gen.Commit(ctx, moved); err != nil {
		return fmt.Errorf("notify: committing positions of %s: %w", c.group(), err)
	}
	for tp, low := range moved {
		committed[tp] = low
	}
	return nil
}
