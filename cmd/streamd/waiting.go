package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"streamd/kafka"
	"streamd/topics"
)

// contactPauseMax is the longest pause between two attempts to reach the brokers.
const contactPauseMax = 15 * time.Second

// awaitBrokers makes the first contact, again and again until it succeeds. It logs a reason once, and /readyz says it.
// A broker that is too old ends the daemon, as everything does with --fail-fast.
func (d *daemon) awaitBrokers(ctx context.Context) (follow func(context.Context) error, err error) {
	said := ""
	for pause := time.Second; ; pause = min(2*pause, contactPauseMax) {
		if follow, err = d.prepare(ctx); err == nil {
			if said != "" {
				d.log.Info().Msg("the brokers answer")
			}
			return follow, nil
		}
		var tooOld *kafka.TooOldError
		if d.failFast || ctx.Err() != nil || errors.As(err, &tooOld) || !errors.Is(err, errContact) {
			return nil, err
		}
		why := plainly(err)
		d.starting.Store(&why)
		if why != said {
			said = why
			d.log.Error().Msg(why + "; trying again")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// waitsFor says what a daemon that has not started waits for.
func (d *daemon) waitsFor() string {
	if why := d.starting.Load(); why != nil {
		return *why
	}
	return ""
}

// inputsEvery is how often a daemon looks for input topics that are missing.
const inputsEvery = 3 * time.Second

// watchInputs names input topics that do not exist, in the log and in /readyz, until they do. It makes them if
// kafka.create_topics says so.
func (d *daemon) watchInputs(ctx context.Context) {
	names, _ := topics.Names(d.cfg.Inputs())
	for said := ""; ; {
		text := d.missingInputs(ctx, names)
		switch {
		case ctx.Err() != nil:
			return
		case text == "" && said != "":
			d.log.Info().Msg("all input topics exist")
		case text != said:
			d.log.Warn().Msg(text)
		}
		said = text
		d.missing.Store(&text)
		if text == "" {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(inputsEvery):
		}
	}
}

// missingInputs says which of the topics do not exist, after trying to make them where that is wanted.
func (d *daemon) missingInputs(ctx context.Context, names []string) string {
	var missing []string
	for _, name := range names {
		if _, err := d.client.Topics(ctx, name); !errors.Is(err, kafka.UnknownTopicOrPartition) {
			continue // it exists, or it is another fault, which the consumer reports
		}
		if d.cfg.Kafka.CreateTopics {
			_, err := d.client.EnsureTopic(ctx, kafka.TopicSpec{Name: name, Partitions: -1, Replication: -1})
			if err == nil {
				d.log.Info().Str("topic", name).Msg("created")
				continue
			}
			name = fmt.Sprintf("%s (not created: %v)", name, err)
		}
		missing = append(missing, name)
	}
	if len(missing) == 0 {
		return ""
	}
	text := "missing input topics: " + strings.Join(missing, ", ")
	if !d.cfg.Kafka.CreateTopics {
		text += "; make them, or set kafka.create_topics: true"
	}
	return text
}
