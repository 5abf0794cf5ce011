package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/closing"
	"streamd/kafka"
	"streamd/stream"
	"streamd/topics"
)

// closer is the role of the instance that owns the first partition of the input: it reads all partitions, and closes
// the bars that formulas on other series need. Closed bars, decisions and its state are written in one transaction,
// under a transactional id that the group shares. Whoever takes over fences the one before, reads what that has
// committed, and goes on there.
type closer struct {
	consumer *Consumer
	cfg      *Config
	leading  atomic.Bool
	waits    atomic.Pointer[string] // for whom bars wait, nil for nobody
	pending  atomic.Int64
	series   atomic.Int64 // that are waited for

	// Of one term of office.
	machine  *closing.Machine
	resume   *closing.Resume // from where on the input is read; nil for its beginning
	producer *kafka.Producer
	fetcher  *kafka.Fetcher
	inputs   map[kafka.TopicPartition]*closerInput
	rules    *stream.Rules
	needs    string // of the formulas, see needsOf
	batch    closerBatch
	round    closerRound
}

// closerInput is a partition that the closer reads.
type closerInput struct {
	tp      kafka.TopicPartition
	number  int32 // of the machine's partition
	reader  *topics.Reader
	byNext  bool
	parts   []*kafka.Fetched // fetched and not done with
	waiting []candle.Message // of the record at hand, that are not taken
	at      int64            // offset of the record at hand
	next    int64            // behind everything that was taken
}

// closerBatch is what the next transaction holds.
type closerBatch struct {
	bars, decisions []closing.BarRecord
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
			if _, err := k.addInputs(ctx); err != nil {
				return err
			}
		}
	}
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
			of := []kafka.TopicPartition{part.TopicPartition}
			first, _, err := topics.Bounds(context.Background(), k.cfg.Client, of, true)
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
			in.next = max(in.next, in.at+1)
			if !part.Next(&record) {
				break
			}
			in.at = record.Offset
			in.waiting = k.read(in, &record)
		}
		k.machine.SetAtEnd(in.number, part.NextOffset >= part.LastStable)
		in.next = part.NextOffset
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
		k.round.bars++
		k.add(c.Records, c.Decisions)
	}
	if late := k.machine.Decisions(); len(late) > 0 {
		k.add(nil, late)
	}
	k.cfg.Metrics.barrierLate.Add(k.machine.Late())
}

// tell says for whom bars wait.
func (k *closer) tell() {
	waits, text, series := k.machine.Waits(), "", 0
	for _, w := range waits {
		series += len(w.Symbols)
		whom := some(w.Symbols)
		if whom == "" {
			whom = k.partitions(w.Partitions)
		}
		if whom == "" {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += barAt{w.Timeframe, w.At}.String() + " waits for " + whom
		if w.Full {
			text += ", and the input waits for it"
		}
	}
	k.pending.Store(int64(k.machine.Pending()))
	k.series.Store(int64(series))
	k.waits.Store(&text)
}

// partitions names partitions of the input of which nothing is known on a bar.
func (k *closer) partitions(numbers []int32) string {
	var names []string
	for tp, in := range k.inputs {
		if slices.Contains(numbers, in.number) {
			names = append(names, tp.String())
		}
	}
	slices.Sort(names)
	return some(names)
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
