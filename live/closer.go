package live

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/closing"
	"streamd/formula/plan"
	"streamd/kafka"
	"streamd/stream"
	"streamd/topics"
)

// closer is the role of the instance that owns the first partition of the input: it reads all partitions, and closes the
// bars that formulas on other series need. Closed bars, decisions and its state are written in one transaction, under a
// transactional id that the group shares. Whoever takes over fences the one before, reads what that has committed, and
// goes on there.
type closer struct {
	consumer *Consumer
	cfg      *Config
	leading  atomic.Bool
	waits    atomic.Pointer[string] // for whom bars wait, nil for nobody
	pending  atomic.Int64
	series   atomic.Int64 // that are waited for

	// Of one term of office.
	machine  *closing.Machine
	producer *kafka.Producer
	fetcher  *kafka.Fetcher
	inputs   map[kafka.TopicPartition]*closerInput
	rules    *stream.Rules
	needs    string // of the formulas, see needsOf
	batch    closerBatch
}

// closerInput is a partition that the closer reads.
type closerInput struct {
	tp      kafka.TopicPartition
	number  int32 // of the machine's partition
	reader  *topics.Reader
	byNext  bool
	parts   []*kafka.Fetched // fetched and not done with
	waiting []candle.Message // of the record at hand, that are not taken
}

// closerBatch is what the next transaction holds.
type closerBatch struct {
	bars, decisions []closing.Record
	bytes           int
	since           time.Time
}

const (
	closerTick = 50 * time.Millisecond
	// closerBatchBytes is when a transaction is ended though more bars can be closed at once.
	closerBatchBytes = 4 << 20
	closerRestart    = time.Second
	inputsEvery      = 5 * time.Second
)

// needsOf tells apart what sets of formulas need of other series.
func needsOf(r *stream.Rules) string {
	var keys []string
	for _, n := range r.NeedsAnywhere() {
		keys = append(keys, n.Of.Canon)
	}
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), "\n")
}

// run holds the role whenever this instance is to have it.
func (k *closer) run(ctx context.Context) {
	for ctx.Err() == nil {
		if rules := k.consumer.inForce(); rules.NeedOthers() && k.leads(ctx) {
			k.rules, k.needs = rules, needsOf(rules)
			k.leading.Store(true)
			err := k.term(ctx)
			k.leading.Store(false)
			k.waits.Store(nil)
			k.pending.Store(0)
			k.series.Store(0)
			if err != nil && ctx.Err() == nil {
				k.cfg.Log.Warn().Err(err).Msg("closing bars for formulas on other series ended, starting afresh")
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(closerRestart / 2):
		}
	}
}

// leads reports whether the first partition of the input is this instance's.
func (k *closer) leads(ctx context.Context) bool {
	if !k.consumer.joined.Load() {
		return false
	}
	all, err := k.inputTopics(ctx)
	if err != nil || len(all) == 0 {
		return false
	}
	return k.consumer.owns(kafka.TopicPartition{Topic: all[0].Name})
}

func (k *closer) inputTopics(ctx context.Context) ([]kafka.Topic, error) {
	names, patterns := topics.Names(k.cfg.Topics)
	all, err := k.cfg.Client.MatchTopics(ctx, names, patterns, k.cfg.except())
	if err != nil {
		return nil, fmt.Errorf("live: topics: %w", err)
	}
	all = slices.DeleteFunc(all, func(t kafka.Topic) bool { return k.consumer.own.skip(ctx, t) })
	slices.SortFunc(all, func(a, b kafka.Topic) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// term holds the role until it is another's, the formulas need something else, or something fails.
func (k *closer) term(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := k.open(ctx); err != nil {
		return err
	}
	defer k.fetcher.Close()
	defer k.release()
	began := time.Now()
	looked, ticked := began, began
	for {
		poll, stop := context.WithTimeout(ctx, closerTick)
		part, err := k.fetcher.Poll(poll)
		stop()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, context.DeadlineExceeded):
		case err != nil:
			return fmt.Errorf("live: %w", err)
		default:
			if err := k.receive(part); err != nil {
				return err
			}
		}
		now := time.Now()
		if now.Sub(ticked) >= closerTick {
			ticked = now
			k.drain(now)
			k.tell()
			if rules := k.consumer.inForce(); rules != k.rules {
				if !rules.NeedOthers() || needsOf(rules) != k.needs {
					return nil
				}
				k.rules = rules
			}
		}
		if err := k.commit(ctx, now); err != nil {
			return err
		}
		if now.Sub(looked) >= inputsEvery || now.Sub(looked) >= closerRestart && !k.consumer.joined.Load() {
			looked = now
			if !k.consumer.joined.Load() {
				continue
			}
			if !k.leads(ctx) {
				return nil
			}
			if err := k.addInputs(ctx); err != nil {
				return err
			}
		}
	}
}

// open takes the role over.
func (k *closer) open(ctx context.Context) error {
	a := &k.cfg.Across
	if err := k.createTopics(ctx); err != nil {
		return err
	}
	var err error
	k.producer, err = k.cfg.Client.Producer(ctx, kafka.ProducerConfig{
		TransactionalID: k.cfg.Group + "-across", TransactionTimeout: txnTimeoutMin, Topics: []string{a.Topic, a.Barriers},
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
	err = topics.ReadPartition(ctx, k.cfg.Client, barriers, first[barriers], end[barriers], func(r *kafka.Record) error {
		state.take(r.Value)
		return nil
	})
	if err != nil {
		return fmt.Errorf("live: %s: %w", barriers, err)
	}
	from := first[bars]
	if from < end[bars]-tail {
		from = end[bars] - tail
		k.machine.Book().Midway()
	}
	err = topics.ReadPartition(ctx, k.cfg.Client, bars, from, end[bars], func(r *kafka.Record) error {
		if err := k.machine.Book().Take(r.Value); err != nil {
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

// receive takes a part of a partition.
func (k *closer) receive(part *kafka.Fetched) error {
	if part.Err != nil {
		if bad, ok := k.cfg.skippable(part.Err); ok {
			k.fetcher.Add(part.TopicPartition, bad.Next)
			part.Release()
			return nil
		}
		var lost *kafka.OffsetOutOfRangeError
		if errors.As(part.Err, &lost) { // it has expired meanwhile
			first, _, err := topics.Bounds(context.Background(), k.cfg.Client, []kafka.TopicPartition{part.TopicPartition}, true)
			if err == nil {
				k.fetcher.Add(part.TopicPartition, first[part.TopicPartition])
				part.Release()
				return nil
			}
		}
		err := part.Err
		part.Release()
		return fmt.Errorf("live: %s: %w", part.TopicPartition, err)
	}
	in := k.inputs[part.TopicPartition]
	in.parts = append(in.parts, part)
	k.machine.SetAtEnd(in.number, false)
	k.work(in)
	return nil
}

// work takes what is fetched of a partition, as far as bars may wait for it.
func (k *closer) work(in *closerInput) {
	var record kafka.Record
	for len(in.parts) > 0 {
		part := in.parts[0]
		for {
			for len(in.waiting) > 0 {
				if !k.machine.Take(in.number, &in.waiting[0], in.byNext) {
					if k.closeAll(0); !k.machine.Take(in.number, &in.waiting[0], in.byNext) {
						return
					}
				}
				in.waiting = in.waiting[1:]
				k.closeAll(0)
			}
			if !part.Next(&record) {
				break
			}
			in.waiting = k.read(in, &record)
		}
		k.machine.SetAtEnd(in.number, part.NextOffset >= part.LastStable)
		in.parts = in.parts[1:]
		part.Release()
	}
	k.closeAll(0)
}

// read decodes a record. What cannot be read is the workers' to reject.
func (k *closer) read(in *closerInput, record *kafka.Record) []candle.Message {
	msgs, err := in.reader.Read(nil, record)
	if err != nil {
		return nil
	}
	msgs = slices.DeleteFunc(msgs, func(m candle.Message) bool { return topics.Ahead(&m, record, k.cfg.AheadMax) })
	for i := range msgs {
		msgs[i].Symbol = slices.Clone(msgs[i].Symbol)
	}
	return msgs
}

// drain looks at the clock, and goes on with what was waiting.
func (k *closer) drain(now time.Time) {
	k.closeAll(now.UnixNano())
	for _, in := range k.inputs {
		if len(in.parts) > 0 {
			k.work(in)
		}
	}
}

// closeAll closes the bars that are complete.
func (k *closer) closeAll(nowNs int64) {
	for c := k.machine.Close(nowNs); c != nil; c = k.machine.Close(nowNs) {
		k.cfg.Metrics.closedBars.Inc()
		k.add(c.Records, c.Decisions)
	}
	if late := k.machine.Decisions(); len(late) > 0 {
		k.add(nil, late)
	}
	k.cfg.Metrics.barrierLate.Add(k.machine.Late())
}

func (k *closer) add(bars []closing.Record, decisions []closing.Decision) {
	b := &k.batch
	if len(b.bars)+len(b.decisions) == 0 {
		b.since = time.Now()
	}
	for _, r := range bars {
		b.bytes += len(r.Value)
	}
	b.bars = append(b.bars, bars...)
	for i := range decisions {
		k.cfg.Metrics.leftOut.Add(max(1, len(decisions[i].LeftOut)))
		b.decisions = append(b.decisions, decisions[i].Record())
	}
}

// commit writes what is closed.
func (k *closer) commit(ctx context.Context, now time.Time) error {
	b := &k.batch
	if len(b.bars)+len(b.decisions) == 0 {
		return nil
	}
	if err := k.producer.Begin(); err != nil {
		return fmt.Errorf("live: %w", err)
	}
	send := func(topic string, r closing.Record) error {
		m := kafka.ProducerRecord{
			Topic: topic, Key: r.Key, Value: r.Value, TimestampMs: now.UnixMilli(),
			Headers: []kafka.Header{{Key: "ce_source", Value: []byte("streamd")}},
		}
		err := k.producer.Add(ctx, &m)
		if errors.Is(err, kafka.ErrBufferFull) {
			if err = k.producer.Flush(ctx); err == nil {
				err = k.producer.Add(ctx, &m)
			}
		}
		return err
	}
	var err error
	for i := 0; i < len(b.decisions) && err == nil; i++ {
		err = send(k.cfg.Across.Barriers, b.decisions[i])
	}
	for i, parts := 0, partsOf(k.machine.AppendState(nil)); i < len(parts) && err == nil; i++ {
		err = send(k.cfg.Across.Barriers, parts[i])
	}
	for i := 0; i < len(b.bars) && err == nil; i++ {
		err = send(k.cfg.Across.Topic, b.bars[i])
	}
	for err == nil {
		err = k.producer.Commit(ctx)
		if !errors.Is(err, kafka.ErrInDoubt) && !errors.Is(err, kafka.ErrRetriesExhausted) || ctx.Err() != nil {
			break
		}
		k.cfg.Log.Error().Err(err).Msg("closed bars wait for the brokers")
		err = nil
	}
	if err != nil {
		return fmt.Errorf("live: writing %d closed bars: %w", len(b.bars), err)
	}
	k.batch = closerBatch{}
	return nil
}

// statePartBytes bounds a record of the state.
const statePartBytes = 900_000

// partsOf cuts a state into records: "sdAS", how many parts there are, which one it is, and its bytes.
func partsOf(state []byte) []closing.Record {
	var all []closing.Record
	count := max(1, (len(state)+statePartBytes-1)/statePartBytes)
	for i := range count {
		value := append([]byte(closing.StateMagic), byte(count), byte(i))
		value = binary.LittleEndian.AppendUint32(value, uint32(len(state)))
		value = append(value, state[i*statePartBytes:min(len(state), (i+1)*statePartBytes)]...)
		all = append(all, closing.Record{Key: fmt.Appendf(nil, "state/%d", i), Value: value})
	}
	return all
}

// stateParts puts a state together again. All parts of it were written in one transaction.
type stateParts struct{ parts [][]byte }

func (s *stateParts) take(value []byte) {
	const head = len(closing.StateMagic) + 6
	if len(value) < head || string(value[:len(closing.StateMagic)]) != closing.StateMagic {
		return
	}
	count, i := int(value[len(closing.StateMagic)]), int(value[len(closing.StateMagic)+1])
	if i == 0 || len(s.parts) != count {
		s.parts = make([][]byte, count)
	}
	if i < count {
		s.parts[i] = slices.Clone(value[head:])
	}
}

func (s *stateParts) whole() []byte {
	if len(s.parts) == 0 {
		return nil
	}
	return slices.Concat(s.parts...)
}

// tell says for whom bars wait.
func (k *closer) tell() {
	waits, text, series := k.machine.Waits(), "", 0
	for _, w := range waits {
		series += len(w.Symbols)
		if len(w.Symbols) == 0 {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += barAt{w.Timeframe, w.At}.String() + " waits for " + some(w.Symbols)
		if w.Full {
			text += ", and the input waits for it"
		}
	}
	k.pending.Store(int64(k.machine.Pending()))
	k.series.Store(int64(series))
	k.waits.Store(&text)
}

// some lists the first symbols and says how many there are.
func some(symbols []string) string {
	const shown = 5
	if len(symbols) <= shown {
		return strings.Join(symbols, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(symbols[:shown], ", "), len(symbols)-shown)
}

func (k *closer) release() {
	for _, in := range k.inputs {
		for _, part := range in.parts {
			part.Release()
		}
	}
	k.machine, k.inputs = nil, nil
}
