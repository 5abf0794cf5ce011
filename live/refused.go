package live

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"streamd/kafka"
)

// What brokers refuse for good stops only what it concerns:
//
//   - dead letters: they are counted and dropped, signals go on;
//   - the state topic: state is kept in the local directory alone, until the topic is
//     tried again;
//   - the offsets of an input: its partitions stand still with what is held of them, and
//     are tried again;
//   - signals: everything waits, and Ready says why.
type refusals struct {
	log map[string]time.Time // when the refusal of a topic was last logged

	// Held of inputs whose offsets are refused, by partition; and those that are tried
	// again in the next commit.
	parked  map[kafka.TopicPartition]*held
	retried map[kafka.TopicPartition]bool
	retryAt time.Time // of what is parked

	stateRefused bool      // since the last commit
	stateAt      time.Time // when the state topic is tried again; zero if it is not refused
}

func newRefusals() refusals {
	return refusals{
		log: map[string]time.Time{}, parked: map[kafka.TopicPartition]*held{},
		retried: map[kafka.TopicPartition]bool{},
	}
}

const (
	refusedLogEvery = time.Minute
	// stateRefusedPause is when the state topic is tried again: then everything is written
	// to it again.
	stateRefusedPause = time.Minute
)

// tolerate counts and logs messages that no retry brings out, and lets the rest go on.
func (d *delivery) tolerate(err error) error {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var tooLarge *kafka.TooLargeError
		var refused *kafka.RefusedError
		switch {
		case errors.As(err, &tooLarge):
			d.cfg.Metrics.oversize.Inc()
			d.logRefusal(tooLarge.Topic, err, "message dropped: larger than the broker takes")
		case errors.As(err, &refused):
			d.cfg.Metrics.refused(refused.Topic, refused.Records)
			d.logRefusal(refused.Topic, err, "messages dropped: the broker refuses them")
			if refused.Topic == d.cfg.State.Topic {
				d.refused.stateRefused, d.refused.stateAt = true, time.Now().Add(stateRefusedPause)
			}
		default:
			return err
		}
	}
	return nil
}

// logRefusal logs the first refusal of a topic, and then one now and then.
func (d *delivery) logRefusal(topic string, err error, message string) {
	if now := time.Now(); now.Sub(d.refused.log[topic]) >= refusedLogEvery {
		d.refused.log[topic] = now
		d.cfg.Log.Error().Str("topic", topic).Err(err).Msg(message)
	}
}

// stateGoesOut reports whether records of series go to the state topic with their offsets.
func (d *delivery) stateGoesOut() bool {
	return d.cfg.Delivery == ExactlyOnce && !time.Now().Before(d.refused.stateAt)
}

// refusedOf returns the topic that a request was refused for; "" for none.
func refusedOf(err error) (topic string, offsets bool) {
	var refused *kafka.RequestError
	if !errors.As(err, &refused) || !refused.Code.RefusesTopic() {
		return "", false
	}
	return refused.Topic, strings.HasSuffix(refused.Op, "OffsetCommit")
}

// park sets aside what is held of an input whose offsets are refused, with its messages:
// without their offsets they would come twice. Its partitions stand still.
func (d *delivery) park(topic string, cause error) {
	for tp := range d.held.offsets {
		if tp.Topic != topic {
			continue
		}
		aside := newHeld()
		d.held.moveTo(&aside, tp)
		d.setAside(tp, &aside, cause)
	}
}

// parkAcknowledged is park for at_least_once, whose messages are out already.
func (d *delivery) parkAcknowledged(topic string, cause error) {
	for tp, offset := range d.acknowledgedTo {
		if tp.Topic != topic {
			continue
		}
		aside := newHeld()
		aside.offsets[tp], aside.since = offset, time.Now()
		delete(d.acknowledgedTo, tp)
		var dropped outgoing
		d.settledState.moveTo(&dropped, tp)
		kept := d.settled[:0]
		for _, s := range d.settled {
			if s.w.TopicPartition == tp {
				s.w.saver.done(true) // its state is taken again
			} else {
				kept = append(kept, s)
			}
		}
		clear(d.settled[len(kept):])
		d.settled = kept
		d.setAside(tp, &aside, cause)
	}
}

func (d *delivery) setAside(tp kafka.TopicPartition, aside *held, cause error) {
	r := &d.refused
	if len(r.parked) == 0 {
		r.retryAt = time.Now().Add(d.cfg.refusedPause)
	}
	r.parked[tp] = aside
	delete(r.retried, tp)
	if d.standStill != nil {
		d.standStill(tp, cause)
	}
}

// takeParked has what was set aside tried again when it is time.
func (d *delivery) takeParked() {
	r := &d.refused
	if len(r.parked) == 0 || time.Now().Before(r.retryAt) {
		return
	}
	for tp, aside := range r.parked {
		aside.moveTo(&d.held, tp)
		r.retried[tp] = true
	}
	clear(r.parked)
}

// goOn lets partitions go on whose offsets are committed after all.
func (d *delivery) goOn() {
	for tp := range d.refused.retried {
		if d.goesOn != nil {
			d.goesOn(tp)
		}
	}
	clear(d.refused.retried)
}

// abort undoes the open transaction, so that all of it can be sent in another one.
func (d *delivery) abort(ctx context.Context) error {
	if !d.begun {
		return nil
	}
	if err := d.producer.Abort(ctx); err != nil {
		return fmt.Errorf("live: aborting: %w", err)
	}
	d.begun = false
	d.held.unsent()
	return nil
}

// sendAnew aborts a transaction that the brokers cannot commit, so that the same messages go
// into another one.
func (d *delivery) sendAnew(ctx context.Context, cause error) error {
	d.cfg.Retries.Note("Produce", cause)
	return d.abort(ctx)
}

// waitForSignals waits, without a transaction, before signals are tried again whose topic
// is refused. The input waits, too.
func (d *delivery) waitForSignals(ctx context.Context, cause error) error {
	d.blame(cause)
	d.logRefusal(d.cfg.Signals, cause, "signals wait: the broker refuses their topic")
	if err := d.abort(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(d.cfg.refusedPause):
	}
	return nil
}

// blame has Ready say why nothing gets out, until a commit succeeds.
func (d *delivery) blame(err error) { d.failing.Store(&err) }
