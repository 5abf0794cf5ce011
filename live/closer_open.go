package live

import (
	"context"
	"fmt"

	"streamd/candle"
	"streamd/closing"
	"streamd/formula/plan"
	"streamd/kafka"
	"streamd/topics"
)

// open takes the role over.
func (k *closer) open(ctx context.Context) error {
	a := &k.cfg.Across
	if err := k.createTopics(ctx); err != nil {
		return err
	}
	var err error
	k.producer, err = k.cfg.Client.Producer(ctx, kafka.ProducerConfig{
		TransactionalID: k.cfg.Group + "-across", TransactionTimeout: txnTimeoutMin,
		Topics:  []string{a.Topic, a.Barriers},
		OnRetry: func(err error) { k.cfg.Retries.Note("Produce", err) },
	})
	if err != nil {
		return fmt.Errorf("live: opening the producer: %w", err)
	}
	k.batch = closerBatch{}
	rules := k.rules
	k.machine = closing.New(a.Config, func(tf candle.Timeframe) []*plan.Need { return rules.Needs(tf) })
	if err := k.restore(ctx); err != nil {
		return err
	}
	k.fetcher = k.cfg.Client.Fetcher(kafka.FetcherConfig{
		ReadCommitted: true, InflatedBytesMax: k.cfg.BatchBytesMax,
		OnRetry: func(_ kafka.TopicPartition, err error) { k.cfg.Retries.Note("Fetch", err) },
	})
	k.inputs = map[kafka.TopicPartition]*closerInput{}
	if err := k.addInputs(ctx); err != nil {
		k.fetcher.Close()
		return err
	}
	k.cfg.Log.Info().Int("partitions", len(k.inputs)).Msg("this instance closes the bars of formulas on other series")
	return nil
}

func (k *closer) createTopics(ctx context.Context) error {
	a := &k.cfg.Across
	for _, spec := range []kafka.TopicSpec{
		{Name: a.Topic, Partitions: 1, Replication: -1, Config: map[string]string{"cleanup.policy": "delete"}},
		{Name: a.Barriers, Partitions: 1, Replication: -1, Config: map[string]string{
			"cleanup.policy": "compact", "segment.bytes": "33554432", "segment.ms": "600000",
			"min.cleanable.dirty.ratio": "0.2",
		}},
	} {
		created, err := k.cfg.Client.EnsureTopic(ctx, spec)
		if err != nil {
			return fmt.Errorf("live: topic %s: %w", spec.Name, err)
		}
		if created {
			k.cfg.Log.Info().Str("topic", spec.Name).Msg("created")
		}
	}
	return nil
}

// restore reads what the closer before has committed: its state, and the newest closed bars.
func (k *closer) restore(ctx context.Context) error {
	a := &k.cfg.Across
	barriers, bars := kafka.TopicPartition{Topic: a.Barriers}, kafka.TopicPartition{Topic: a.Topic}
	first, end, err := topics.Bounds(ctx, k.cfg.Client, []kafka.TopicPartition{barriers, bars}, false)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	var state stateParts
	take := func(r *kafka.Record) error { state.take(r.Value); return nil }
	err = topics.ReadPartition(ctx, k.cfg.Client, barriers, first[barriers], end[barriers], take)
	if err != nil {
		return fmt.Errorf("live: %s: %w", barriers, err)
	}
	from := first[bars]
	if from < end[bars]-tail {
		from = end[bars] - tail
		k.machine.Ledger().Midway()
	}
	err = topics.ReadPartition(ctx, k.cfg.Client, bars, from, end[bars], func(r *kafka.Record) error {
		if err := k.machine.Ledger().Take(r.Value); err != nil {
			k.cfg.Log.Error().Err(err).Int64("offset", r.Offset).Msg("a closed bar is skipped")
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("live: %s: %w", bars, err)
	}
	if whole := state.whole(); whole != nil {
		if err := k.machine.Restore(whole); err != nil {
			return fmt.Errorf("live: %s: %w", barriers, err)
		}
	}
	k.batch.bars = nil
	return nil
}

// addInputs begins to read the partitions that are not read yet, from their beginnings.
func (k *closer) addInputs(ctx context.Context) error {
	all, err := k.inputTopics(ctx)
	if err != nil {
		return err
	}
	var fresh []kafka.TopicPartition
	for _, tp := range topics.Partitions(all) {
		if k.inputs[tp] == nil {
			fresh = append(fresh, tp)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	first, end, err := topics.Bounds(ctx, k.cfg.Client, fresh, true)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	for _, tp := range fresh {
		topic := topics.Of(k.cfg.Topics, tp.Topic)
		reader, err := topic.NewReader()
		if err != nil {
			return fmt.Errorf("live: topic %s: %w", tp.Topic, err)
		}
		in := &closerInput{tp: tp, number: k.machine.AddPartition(), reader: reader, byNext: topic.ClosedByNext}
		k.inputs[tp] = in
		k.machine.SetAtEnd(in.number, first[tp] >= end[tp])
		k.fetcher.Add(tp, first[tp])
	}
	return nil
}
