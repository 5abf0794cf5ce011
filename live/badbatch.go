package live

import (
	"errors"
	"time"

	"streamd/kafka"
	"streamd/sink"
)

// BadBatches says what to do with a batch whose records cannot be read: its checksum is
// wrong, or it becomes larger than allowed when it is decompressed.
type BadBatches string

// SkipBatch makes a dead letter of the batch and goes on behind it; HaltAtBatch leaves the
// partition standing before it.
const (
	SkipBatch   BadBatches = "skip"
	HaltAtBatch BadBatches = "halt"
)

// reasonBatch is the reason of the dead letter of a batch.
const reasonBatch = "bad_batch"

// skippable returns what is wrong with a batch that is to be left out.
func (c *Config) skippable(err error) (bad *kafka.CorruptError, ok bool) {
	return bad, c.BadBatches != HaltAtBatch && errors.As(err, &bad) && bad.Next > 0
}

// next reads the next record, over batches that are left out.
func (a *applier) next(f *kafka.Fetched, res *result, now time.Time) bool {
	for !f.Next(&a.record) {
		bad, ok := a.cfg.skippable(f.Err)
		if !ok {
			return false
		}
		a.leaveOut(res, bad, now)
		f.Skip()
	}
	return true
}

// leaveOut makes a dead letter of a batch, with its offsets and what is wrong with it, and
// goes on behind it.
func (a *applier) leaveOut(res *result, bad *kafka.CorruptError, now time.Time) {
	first := max(bad.Offset, a.at.position)
	a.at.position = bad.Next
	if bad.Next <= a.at.silent {
		return
	}
	a.cfg.Metrics.dead(a.at.Topic, reasonBatch)
	if now.Sub(a.badLogged) >= ownLogEvery {
		a.badLogged = now
		a.cfg.Log.Error().Stringer("partition", a.at.TopicPartition).Int64("first", first).Int64("last", bad.Next-1).
			Str("reason", bad.Reason).Msg("a batch cannot be read and is left out")
	}
	if a.cfg.DeadLetters == "" {
		return
	}
	in := sink.InputRecord{Topic: a.at.Topic, Partition: a.at.Partition, Offset: first}
	letter := sink.DeadBatch(a.cfg.DeadLetters, in, bad.Next-1, reasonBatch, bad.Reason, now)
	res.deadLetters = append(res.deadLetters, letter)
}

// leaveOutWhole leaves a batch out that the fetcher stopped at, and hands on where it ends.
func (a *applier) leaveOutWhole(bad *kafka.CorruptError, hand func(result, time.Time)) {
	res, now := result{tp: a.at.TopicPartition}, time.Now()
	a.leaveOut(&res, bad, now)
	hand(res, now)
	a.at.reached()
}
