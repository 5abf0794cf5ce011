package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/config"
	"streamd/doctor"
	"streamd/kafka"
	"streamd/live"
	"streamd/topics"

	"github.com/spf13/cobra"
)

func doctorCommand() *cobra.Command {
	var path, abort string
	var yes, create bool
	c := &cobra.Command{
		Use:   "doctor [-c config.yaml] [--create-topics] [--abort ID [--yes]]",
		Short: "Ask the brokers whether they can keep what the configuration promises",
		Long: `Ask the brokers whether they can keep what the configuration promises: versions and
features, replicas, retention, message sizes, rights, topics that are missing, open
transactions that hold up readers, clocks. Each answer is a line. It ends with 1 when
a promise of the configured delivery does not hold, or a broker does not answer
within 15 s.

With --create-topics, first make the topics of the configuration that are missing, with
the brokers' default numbers of partitions and replicas.

With --abort, end the open transaction of a transactional id, after asking. Its
producer is fenced.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := loadConfig(path, false)
			if err != nil {
				return err
			}
			k, err := cfg.Client()
			if err != nil {
				return fmt.Errorf("streamd: %w", err)
			}
			client, err := kafka.Open(k)
			if err != nil {
				return usage{err}
			}
			defer client.Close()
			if abort != "" {
				return abortTransaction(c, client, abort, yes)
			}
			if create {
				if err := createTopics(c, cfg, client); err != nil {
					return err
				}
			}
			questions := questionsOf(cfg, client)
			questions.Try = true
			findings := doctor.Examine(c.Context(), questions)
			for _, f := range findings {
				if _, err := fmt.Fprintln(c.OutOrStdout(), f); err != nil {
					return err
				}
			}
			if doctor.Worst(findings) >= doctor.Broken {
				return errors.New("streamd: not everything that the configuration promises holds here")
			}
			return nil
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "config.yaml", "configuration file")
	c.Flags().BoolVar(&create, "create-topics", false, "first make the topics that are missing")
	c.Flags().StringVar(&abort, "abort", "", "end the open transaction of this transactional id")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask before that")
	return c
}

// createTopics makes the topics of candles, signals and dead letters that are missing. streamd makes its other topics
// itself, since they have settings of their own.
func createTopics(c *cobra.Command, cfg *config.Configuration, client *kafka.Client) error {
	ctx, stop := context.WithTimeout(c.Context(), connectBudget)
	defer stop()
	names, _ := topics.Names(cfg.Inputs())
	for _, name := range append(names, cfg.Kafka.Signals, cfg.Kafka.DeadLetters) {
		if name == "" {
			continue
		}
		created, err := client.EnsureTopic(ctx, kafka.TopicSpec{Name: name, Partitions: -1, Replication: -1})
		if err != nil {
			return fmt.Errorf("streamd: topic %s: %w", name, err)
		}
		if created {
			fmt.Fprintln(c.OutOrStdout(), "created  topic", name)
		}
	}
	return nil
}

// abortTransaction ends a transaction after asking the person.
func abortTransaction(c *cobra.Command, client *kafka.Client, id string, yes bool) error {
	if err := mustBeOpen(c.Context(), client, id); err != nil {
		return err
	}
	if !yes {
		fmt.Fprintf(c.ErrOrStderr(), "abort the open transaction of %q, and fence its producer? [y/N] ", id)
		answer, err := bufio.NewReader(io.LimitReader(os.Stdin, 100)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
			return errors.New("streamd: nothing was aborted")
		}
	}
	ctx, stop := context.WithTimeout(c.Context(), connectBudget)
	defer stop()
	if err := client.EndTransaction(ctx, id); err != nil {
		return fmt.Errorf("streamd: aborting the transaction of %q: %w", id, err)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "aborted the transaction of %q\n", id)
	return err
}

// mustBeOpen is an error where no transaction of the id is open: to end it would take the id from who uses it next, and
// say that something was ended. Where brokers do not list theirs, it may be open there.
func mustBeOpen(ctx context.Context, client *kafka.Client, id string) error {
	ctx, stop := context.WithTimeout(ctx, connectBudget)
	defer stop()
	brokers, err := client.Brokers(ctx)
	if err != nil {
		return fmt.Errorf("streamd: open transactions: %w", err)
	}
	var others []string
	for _, b := range brokers {
		open, err := client.OpenTransactions(ctx, b.ID)
		if err != nil {
			return nil
		}
		for _, t := range open {
			if t.ID == id {
				return nil
			}
			others = append(others, strconv.Quote(t.ID))
		}
	}
	if len(others) == 0 {
		return fmt.Errorf("streamd: no transaction of %q is open, and none of another id", id)
	}
	slices.Sort(others)
	return fmt.Errorf("streamd: no transaction of %q is open; open are those of %s", id,
		strings.Join(others[:min(len(others), 20)], ", "))
}

// questionsOf are what the configuration wants of the brokers.
func questionsOf(cfg *config.Configuration, client *kafka.Client) doctor.Config {
	k := &cfg.Kafka
	names, patterns := topics.Names(cfg.Inputs())
	return doctor.Config{
		Client: client, Addresses: k.Brokers, Group: k.Group, Inputs: names, Patterns: patterns,
		Except: cfg.Outputs(), Signals: k.Signals,
		DeadLetters: k.DeadLetters, State: cfg.StateTopic(), StateDir: cfg.State.Dir != "",
		ExactlyOnce:   k.Delivery == "" || live.Delivery(k.Delivery) == live.ExactlyOnce,
		SnapshotEvery: cfg.SnapshotEvery(), SessionTimeout: cfg.SessionTimeout(),
	}
}

// startBudget is how long a question at the start may take.
const startBudget = 5 * time.Second

// examine asks the brokers the doctor's questions once, beside the daemon's start. It
// ends the daemon where signals would be lost, and warns of everything else.
func (d *daemon) examine(ctx context.Context) error {
	questions := questionsOf(d.cfg, d.client)
	questions.AnswerTime = startBudget
	questions.Await = true // see watchInputs
	var advice []string
	for _, f := range doctor.Examine(ctx, questions) {
		switch {
		case ctx.Err() != nil:
			return nil
		case f.Level == doctor.Fatal:
			return fmt.Errorf("streamd: %s", f.Text)
		case f.Level == doctor.Broken:
			advice = append(advice, f.Text)
			d.log.Warn().Msg(f.Text)
		case f.Level == doctor.Warning:
			d.log.Info().Msg(f.Text)
		}
	}
	d.advice.Store(&advice)
	return nil
}

// adviceNow is what the brokers cannot promise, as far as they have been asked.
func (d *daemon) adviceNow() []string {
	if advice := d.advice.Load(); advice != nil {
		return *advice
	}
	return nil
}

// ready is the consumer's state with what the brokers cannot promise.
func (d *daemon) ready() (bool, string) {
	if why := d.waitsFor(); why != "" {
		return false, why
	}
	ready, why := d.consumer.Ready()
	if ready && !d.remembers.Load() {
		ready, why = false, "reading the newest signals"
	}
	if missing := d.missing.Load(); missing != nil && *missing != "" {
		ready, why = false, *missing
	}
	if advice := d.adviceNow(); len(advice) > 0 {
		why += "; " + strings.Join(advice, "; ")
	}
	return ready, why
}
