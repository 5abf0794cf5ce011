package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"streamd/config"
	"streamd/kafka"
	"streamd/rulebook"
	"streamd/sink"

	"github.com/rs/zerolog"
)

// connect returns a client of the configured brokers, which tells of requests that fail and are repeated. It opens no
// connection yet.
func connect(cfg *config.Configuration, onRetry func(request string, err error)) (*kafka.Client, error) {
	k, err := cfg.Client()
	if err != nil {
		return nil, fmt.Errorf("streamd: %w", err)
	}
	k.OnRetry = onRetry
	client, err := kafka.Open(k)
	if err != nil {
		return nil, usage{err}
	}
	return client, nil
}

// warnOfRetries logs every request of a command that fails and is repeated.
func warnOfRetries(log zerolog.Logger) func(string, error) {
	return func(request string, err error) {
		log.Warn().Str("request", request).Err(err).Msg("request failed, trying again")
	}
}

// errContact marks an error of the first contact with the brokers, which may pass with time.
var errContact = errors.New("first contact")

// contactError is such an error. Its text is that of its cause.
type contactError struct{ error }

func (e contactError) Unwrap() []error { return []error{e.error, errContact} }

// connectBudget is how long the first contact with the brokers is tried; contactBudget, by a daemon that tries again.
const (
	connectBudget = 15 * time.Second
	contactBudget = 5 * time.Second
)

// prepareTopics makes the first contact, and creates the topics of a daemon that do not exist: the broker may not do
// it by itself.
func prepareTopics(ctx context.Context, cfg *config.Configuration, client *kafka.Client, log zerolog.Logger,
	budget time.Duration,
) error {
	first, stop := context.WithTimeout(ctx, budget)
	defer stop()
	brokers := strings.Join(cfg.Kafka.Brokers, ", ")
	// This request goes to the configured addresses and brings back the real cause of a failure: a refused login, a
	// certificate, no connection.
	if _, err := client.ClusterID(first); err != nil {
		return contactError{fmt.Errorf("streamd: no connection to %s: %w", brokers, err)}
	}
	if err := client.CheckVersions(first); err != nil {
		return contactError{fmt.Errorf("streamd: %s: %w", brokers, err)}
	}
	specs := []kafka.TopicSpec{
		{Name: cfg.Kafka.Signals, Partitions: -1, Replication: -1},
		{Name: cfg.Kafka.DeadLetters, Partitions: -1, Replication: -1},
		{Name: cfg.OutcomesTopic(), Partitions: -1, Replication: -1},
		{Name: cfg.UndeliveredTopic(), Partitions: -1, Replication: -1},
		rulebook.TopicSpec(cfg.FormulasTopic),
	}
	for _, spec := range specs {
		if spec.Name == "" {
			continue
		}
		if err := ensureTopic(first, client, log, spec); err != nil {
			return err
		}
	}
	return nil
}

// ensureTopic creates a topic if it is missing. An instance that may not create it may still find it there, so only
// the end of the context is an error.
func ensureTopic(ctx context.Context, client *kafka.Client, log zerolog.Logger, spec kafka.TopicSpec) error {
	created, err := client.EnsureTopic(ctx, spec)
	switch {
	case created:
		log.Info().Str("topic", spec.Name).Msg("created")
	case err != nil && ctx.Err() != nil:
		return contactError{fmt.Errorf("streamd: topic %s: %w", spec.Name, err)}
	case err != nil:
		log.Warn().Str("topic", spec.Name).Err(err).Msg("not created; going on as if it exists")
	}
	return nil
}

// openSinks opens the configured sinks.
func openSinks(cfg *config.Configuration) ([]sink.Sink, error) {
	var all []sink.Sink
	for _, s := range cfg.Sinks {
		opened, err := s.Open()
		if err != nil {
			return nil, errors.Join(err, closeSinks(all))
		}
		all = append(all, opened)
	}
	return all, nil
}

func closeSinks(all []sink.Sink) error {
	var err error
	for _, s := range all {
		err = errors.Join(err, s.Close())
	}
	return err
}
