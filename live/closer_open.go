package live

import (
	"bytes"
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
		OnAck:   k.acknowledged,
	})
	if err != nil {
		return fmt.Errorf("live: opening the producer: %w", err)
	}
	k.batch, k.round = closerBatch{}, closerRound{}
	if err := k.restore(ctx); err != nil {
		return err
	}
	k.fetcher = k.cfg.Client.Fetcher(kafka.FetcherConfig{
		ReadCommitted: true, InflatedBytesMax: k.cfg.BatchBytesMax,
		OnRetry: func(_ kafka.TopicPartition, err error) { k.cfg.Retries.Note("Fetch", err) },
	})
	k.inputs = map[kafka.TopicPartition]*closerInput{}
	records, err := k.addInputs(ctx)
	if err != nil {
		k.fetcher.Close()
		return err
	}
	k.cfg.Log.Info().Int("partitions", len(k.inputs)).Int64("records", records).
		Msg("this instance closes the bars of formulas on other series")
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

// stored is what the closer before has committed.
type stored struct {
	state  stateParts
	resume *closing.Resume
	series map[string][]byte // records by their keys
}

// restore reads what the closer before has committed: its state, its series, and the newest closed bars.
func (k *closer) restore(ctx context.Context) error {
	a := &k.cfg.Across
	barriers, bars := kafka.TopicPartition{Topic: a.Barriers}, kafka.TopicPartition{Topic: a.Topic}
	first, end, err := topics.Bounds(ctx, k.cfg.Client, []kafka.TopicPartition{barriers, bars}, false)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	before := stored{series: map[string][]byte{}}
	take := func(r *kafka.Record) error { before.take(r); return nil }
	err = topics.ReadPartition(ctx, k.cfg.Client, barriers, first[barriers], end[barriers], take)
	if err != nil {
		return fmt.Errorf("live: %s: %w", barriers, err)
	}
	if err := k.build(ctx, &before); err != nil {
		return fmt.Errorf("live: %s: %w", barriers, err)
	}
	from := end[bars] - tail
	if k.resume != nil {
		from = min(from, k.resume.Bars-tail/8)
	}
	if from = max(from, first[bars]); from > first[bars] {
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
	k.round.barsNext = end[bars]
	return nil
}

func (s *stored) take(r *kafka.Record) {
	switch resume, ok := closing.ParseResume(r.Value); {
	case ok:
		s.resume = &resume
	case bytes.HasPrefix(r.Value, []byte(closing.SeriesMagic)):
		s.series[string(r.Key)] = bytes.Clone(r.Value)
	default:
		s.state.take(r.Value)
	}
}

// build makes the machine. Where the series that are stored lack something that formulas need, it reads the input from
// its beginning.
func (k *closer) build(ctx context.Context, before *stored) error {
	rules := k.rules
	make := func() error {
		k.machine = closing.New(k.cfg.Across.Config, func(tf candle.Timeframe) []*plan.Need { return rules.Needs(tf) })
		if whole := before.state.whole(); whole != nil {
			return k.machine.Restore(whole)
		}
		return nil
	}
	if err := make(); err != nil {
		return err
	}
	k.resume = nil
	if before.resume == nil || !before.resume.Holds(k.machine) {
		k.round.void = true
		return nil
	}
	all, err := k.inputTopics(ctx)
	if err != nil {
		return err
	}
	for _, tp := range topics.Partitions(all) {
		k.machine.AddPartition(tp.String())
	}
	for key, record := range before.series {
		if err := k.machine.RestoreSeries(record); err != nil {
			k.cfg.Log.Warn().Err(err).Str("record", key).
				Msg("the closed bars' state does not fit the formulas, the input is read from its beginning")
			k.round.void = true
			return make()
		}
	}
	k.resume = before.resume
	return nil
}

// addInputs begins to read the partitions that are not read yet, and says how many records there are to be read.
func (k *closer) addInputs(ctx context.Context) (records int64, err error) {
	all, err := k.inputTopics(ctx)
	if err != nil {
		return 0, err
	}
	var fresh []kafka.TopicPartition
	for _, tp := range topics.Partitions(all) {
		if k.inputs[tp] == nil {
			fresh = append(fresh, tp)
		}
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	first, end, err := topics.Bounds(ctx, k.cfg.Client, fresh, true)
	if err != nil {
		return 0, fmt.Errorf("live: %w", err)
	}
	for _, tp := range fresh {
		topic := topics.Of(k.cfg.Topics, tp.Topic)
		reader, err := topic.NewReader()
		if err != nil {
			return 0, fmt.Errorf("live: topic %s: %w", tp.Topic, err)
		}
		from := k.begin(tp, first[tp], end[tp])
		in := &closerInput{
			tp: tp, number: k.machine.AddPartition(tp.String()), reader: reader, byNext: topic.ClosedByNext,
			at: from - 1, next: from,
		}
		k.inputs[tp] = in
		k.machine.SetAtEnd(in.number, from >= end[tp])
		k.fetcher.Add(tp, from)
		records += end[tp] - from
	}
	return records, nil
}

// begin returns from where on a partition is to be read.
func (k *closer) begin(tp kafka.TopicPartition, first, end int64) int64 {
	if k.resume == nil {
		return first
	}
	switch at, ok := k.resume.At(tp.Topic, tp.Partition); {
	case !ok || at > end:
		return first
	case at < first:
		k.cfg.Log.Warn().Stringer("partition", tp).Int64("offset", at).Int64("first", first).
			Msg("candles have expired that the closed bars' state does not hold")
		return first
	default:
		return at
	}
}
