package live

import (
	"context"
	"errors"
	"maps"
	"time"

	"streamd/kafka"
)

// acknowledged sends, waits for the acknowledgements, and then commits.
func (d *delivery) acknowledged(ctx context.Context, gen *kafka.Generation) error {
	h := &d.held
	if err := d.add(ctx, &h.signals, &h.deadLetters, &h.outcomes); err != nil {
		return err
	}
	if err := d.tolerate(d.producer.Flush(ctx)); err != nil {
		return err
	}
	maps.Copy(d.acknowledgedTo, h.offsets)
	for _, snap := range h.snapshots {
		d.settled = append(d.settled, snap)
		if !time.Now().Before(d.refused.stateAt) {
			snap.inTopic = true
			d.settledState.add(snap.w.TopicPartition, snap.messages(time.Now()))
		}
	}
	h.snapshots = h.snapshots[:0] // a further attempt does not settle them twice
	if time.Since(d.committedAt) < offsetsWait {
		return nil
	}
	return d.commitAcknowledged(ctx, gen)
}

// commitAcknowledged commits the offsets whose messages are acknowledged, which
// at_least_once does only now and then: a commit costs as much as the messages.
func (d *delivery) commitAcknowledged(ctx context.Context, gen *kafka.Generation) error {
	for len(d.acknowledgedTo) > 0 {
		err := gen.Commit(ctx, d.acknowledgedTo)
		if err == nil {
			break
		}
		topic, offsets := refusedOf(err)
		if !offsets {
			return err
		}
		d.parkAcknowledged(topic, err)
	}
	if len(d.acknowledgedTo) == 0 {
		return nil
	}
	d.failing.Store(nil)
	d.goOn()
	clear(d.acknowledgedTo)
	d.committedAt = time.Now()
	return d.keepSettled(ctx)
}

// keepSettled writes the records whose offsets are committed by themselves.
func (d *delivery) keepSettled(ctx context.Context) error {
	if len(d.settled) == 0 {
		return nil
	}
	if err := d.add(ctx, &d.settledState); err != nil {
		return err
	}
	if err := d.tolerate(d.producer.Flush(ctx)); err != nil {
		return err
	}
	d.settledState.reset()
	d.keep(d.settled)
	clear(d.settled)
	d.settled = d.settled[:0]
	return nil
}

const inDoubtPause = 500 * time.Millisecond

// transaction sends messages and offsets in one transaction. In doubt, Commit is
// repeated: that tells the outcome.
func (d *delivery) transaction(ctx context.Context, gen *kafka.Generation) error {
	if !d.begun {
		if err := d.producer.Begin(); err != nil {
			return err
		}
		d.begun = true
		if err := d.producer.SendOffsets(gen.GroupMember, d.held.offsets); err != nil {
			return err
		}
	}
	if err := d.add(ctx, &d.held.signals, &d.held.deadLetters, &d.held.outcomes, &d.held.state); err != nil {
		return err
	}
	for {
		err := d.producer.Commit(ctx)
		switch {
		case err == nil:
			d.begun = false
			return nil
		case d.tolerate(err) == nil:
			// Commit again, without the dropped message.
		case errors.Is(err, kafka.ErrInDoubt) && ctx.Err() == nil:
			// Commit again, to learn the outcome. It may be refused at once each time.
			d.cfg.Log.Error().Err(err).Msg("whether signals are out is not known yet")
			select {
			case <-ctx.Done():
			case <-time.After(inDoubtPause):
			}
		default:
			return err
		}
	}
}

// add hands over what the producer does not hold yet.
func (d *delivery) add(ctx context.Context, all ...*outgoing) error {
	for _, o := range all {
		for o.sent < len(o.messages) {
			err := d.tolerate(d.producer.Add(ctx, &o.messages[o.sent]))
			if errors.Is(err, kafka.ErrBufferFull) {
				err = d.tolerate(d.producer.Flush(ctx))
			} else if err == nil {
				o.sent++
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
