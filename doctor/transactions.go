package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"streamd/kafka"
)

const (
	// heldMost is how old an open transaction may be.
	heldMost  = 15 * time.Second
	clockMost = time.Second
)

// askTransactions looks for open transactions that hold up readers, and tries one. Where none is wanted the group's
// rights are asked for alone.
func (e *examination) askTransactions(ctx context.Context) {
	e.stable(ctx)
	switch {
	case e.ExactlyOnce && e.Try:
		e.try(ctx)
	case !e.ExactlyOnce:
		e.askGroup(ctx)
	}
}

// stable compares the last stable offsets with the ends, and names what lies between.
func (e *examination) stable(ctx context.Context) {
	ctx, stop := e.within(ctx)
	defer stop()
	topics, err := e.inputs(ctx)
	if err != nil {
		return // said with the topics
	}
	for _, o := range e.own() {
		if t, err := e.Client.Topics(ctx, o.name); err == nil {
			topics = append(topics, t...)
		}
	}
	var all []kafka.TopicPartition
	for _, t := range topics {
		for _, p := range t.Partitions {
			all = append(all, kafka.TopicPartition{Topic: t.Name, Partition: p.ID})
		}
	}
	if len(all) == 0 {
		return
	}
	end, err := e.Client.ListOffsets(ctx, all, kafka.Latest, false)
	stable, stableErr := e.Client.ListOffsets(ctx, all, kafka.Latest, true)
	if err != nil || stableErr != nil {
		e.note(Broken, "the ends of the topics are not known: %v", firstOf(err, stableErr))
		return
	}
	open, listed := e.open(ctx)
	for _, tp := range all {
		behind := end[tp] - stable[tp]
		if behind <= 0 {
			continue
		}
		named := false
		for _, t := range open {
			if age := time.Since(t.Started); slices.Contains(t.Partitions, tp) && age > heldMost {
				named = true
				e.note(Broken, "%s: who reads committed has waited %v at offset %d for transaction %q (%s)%s", tp,
					age.Round(time.Second), stable[tp], t.ID, t.State, advice(t))
			}
		}
		if !named && !listed {
			e.note(Warning, "%s: the last stable offset is %d behind the end; open transactions could not be listed",
				tp, behind)
		}
	}
}

// advice says what to do about an open transaction.
func advice(t kafka.OpenTransaction) string {
	if t.State != "Ongoing" {
		return "; its end is decided and its markers are missing: a broker is away, or KAFKA-19999 " +
			"(transaction.version 2 before December 2025)"
	}
	return fmt.Sprintf("; streamd doctor --abort %s ends it", t.ID)
}

// open lists the open transactions of all brokers.
func (e *examination) open(ctx context.Context) (open []kafka.OpenTransaction, all bool) {
	all = true
	for _, b := range e.brokers {
		its, err := e.Client.OpenTransactions(ctx, b.ID)
		if err != nil {
			e.note(Warning, "the open transactions of broker %d are not known: %v", b.ID, err)
			all = false
		}
		open = append(open, its...)
	}
	slices.SortFunc(open, func(a, b kafka.OpenTransaction) int { return strings.Compare(a.ID, b.ID) })
	return open, all
}

// askGroup asks for the group's offsets. Brokers refuse it without READ or DESCRIBE on the group.
func (e *examination) askGroup(ctx context.Context) {
	ctx, stop := e.within(ctx)
	defer stop()
	if _, err := e.Client.CommittedOffsets(ctx, e.Group, nil); errors.Is(err, kafka.GroupDenied) {
		e.noteGroup(err)
	}
}

func (e *examination) noteGroup(err error) {
	e.refused = true
	e.note(Broken, "missing ACL: READ on group %s: %v", e.Group, err)
}

// try makes a transaction of no consequence.
func (e *examination) try(ctx context.Context) {
	ctx, stop := e.within(ctx)
	defer stop()
	id := e.Group + "-doctor"
	ahead, err := e.Client.TryTransaction(ctx, id, e.Group)
	e.refused = e.refused || err != nil && !errors.Is(err, kafka.ErrFenced)
	switch {
	case errors.Is(err, kafka.GroupDenied):
		e.noteGroup(err)
	case kafka.Denied(err):
		e.askGroup(ctx) // the transaction did not come to it
		e.note(Broken, "missing ACL: WRITE on the transactional ids %s-…: only at_least_once works (%v)", e.Group, err)
	case errors.Is(err, kafka.ErrFenced):
		e.note(Warning, "the trial transaction was fenced: another doctor is at work")
	case err != nil:
		e.note(Broken, "a transaction could not be made and ended: %v", err)
	case ahead.Abs() > clockMost:
		e.note(Warning, "the clock of a broker is %v ahead of this one", ahead.Round(time.Millisecond))
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
