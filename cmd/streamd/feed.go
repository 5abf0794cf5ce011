package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"streamd/candle/wire"
	"streamd/history"
	"streamd/kafka"

	"github.com/spf13/cobra"
)

// feedFlags are the settings of a feed.
type feedFlags struct {
	data          *dataFlags
	config        string
	brokers       []string
	topic, format string
	speed         float64
	loop, create  bool
}

func feedCommand() *cobra.Command {
	f := &feedFlags{}
	c := &cobra.Command{
		Use:   "feed --data FILE... --topic T [--speed 60] [--loop] [--format flat]",
		Short: "Send candles from files to a topic, as a live feed would",
		Long: `Send candles from files to a topic, as a live feed would: in the order of time, keyed
by symbol, each of them once. It is the way to try anything live.

--speed 60 sends an hour of the market in a minute; without it all is sent at once.
--loop begins again at the end, with times that are whole days later.

The brokers are those of -c (config.yaml where there is one), or of --brokers. All
candles are held in memory, 48 bytes each.`,
		Example: `  streamd feed --data candles.csv --topic candles.1m
  streamd feed --data 'history/*.parquet' --topic candles.1m --speed 60 --loop
  streamd feed --data candles.csv --topic kline --format binance-kline --brokers kafka:9092 --create`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage{fmt.Errorf("streamd: feed takes its files with --data, found %q", args)}
			}
			return runFeed(c, f)
		},
	}
	f.data = addDataFlagsAs(c, "data-format")
	c.Flags().StringVarP(&f.config, "config", "c", "config.yaml", "configuration file that says where the brokers are")
	c.Flags().StringSliceVar(&f.brokers, "brokers", nil, "addresses host:port of brokers, instead of a configuration")
	c.Flags().StringVar(&f.topic, "topic", "", "the topic")
	c.Flags().StringVar(&f.format, "format", "flat",
		"format of the messages: "+strings.Join(wire.Encoded(), ", "))
	c.Flags().Float64Var(&f.speed, "speed", 0, "how much faster than the market; 0 is as fast as possible")
	c.Flags().BoolVar(&f.loop, "loop", false, "begin again at the end, in later days, until stopped")
	c.Flags().BoolVar(&f.create, "create", false, "make the topic if it is missing")
	return variadic(c, "data")
}

func runFeed(c *cobra.Command, f *feedFlags) error {
	data, err := f.data.data(c)
	switch {
	case err != nil:
		return err
	case f.topic == "":
		return usage{errors.New("streamd: feed needs --topic T")}
	case f.speed < 0:
		return usage{fmt.Errorf("streamd: --speed %v is below 0", f.speed)}
	case f.loop && f.speed == 0:
		return usage{errors.New("streamd: --loop needs --speed, or it would fill the disk")}
	case !slices.Contains(wire.Encoded(), f.format):
		return usage{fmt.Errorf("streamd: --format %s: feed writes %s", f.format, strings.Join(wire.Encoded(), ", "))}
	}
	k, err := f.connection(c)
	if err != nil {
		return err
	}
	ctx := c.Context()
	tapes, report, err := data.Collect(ctx, f.data.workers)
	if err != nil {
		return dataError(err)
	}
	for _, file := range slices.Sorted(maps.Keys(report.Errors)) {
		fmt.Fprintf(c.ErrOrStderr(), "%s: %v\n", file, report.Errors[file])
	}
	for _, file := range slices.Sorted(maps.Keys(report.Skipped)) {
		fmt.Fprintf(c.ErrOrStderr(), "%s: %d bad candles are left out\n", file, report.Skipped[file])
	}
	if slices.ContainsFunc(tapes, func(t history.Tape) bool { return t.Key.Timeframe.IsZero() }) && f.format != "flat" {
		return usage{fmt.Errorf("streamd: --format %s names the timeframe, which the data does not say: "+
			"give --timeframe", f.format)}
	}
	client, err := kafka.Open(k)
	if err != nil {
		return usage{err}
	}
	defer client.Close()
	return f.send(c, client, tapes)
}

// connection says how the brokers are reached: by --brokers, by -c, by the config.yaml that lies here, or as
// config.yaml has it by default.
func (f *feedFlags) connection(c *cobra.Command) (kafka.Config, error) {
	named := c.Flags().Changed("config")
	if len(f.brokers) > 0 {
		if named {
			return kafka.Config{}, usage{errors.New("streamd: --brokers or -c, not both")}
		}
		return kafka.Config{Brokers: f.brokers}, nil
	}
	if _, err := os.Stat(f.config); err != nil && !named {
		return kafka.Config{}, usage{errors.New("streamd: feed needs --brokers HOST:PORT, or -c config.yaml")}
	}
	cfg, _, err := loadConfig(f.config, false)
	if err != nil {
		return kafka.Config{}, err
	}
	return cfg.Client()
}

func (f *feedFlags) send(c *cobra.Command, client *kafka.Client, tapes []history.Tape) error {
	ctx := c.Context()
	if err := f.findTopic(ctx, client); err != nil {
		return err
	}
	open, stop := context.WithTimeout(ctx, connectBudget)
	producer, err := client.Producer(open, kafka.ProducerConfig{})
	stop()
	if err != nil {
		return fmt.Errorf("streamd: %w", err)
	}
	s := &sender{producer: producer, topic: f.topic, format: f.format, speed: f.speed, loop: f.loop}
	started := time.Now()
	if err := s.send(ctx, tapes); err != nil {
		return fmt.Errorf("streamd: %w", err)
	}
	_, err = fmt.Fprintf(c.ErrOrStderr(), "%d candles of %d series to %s in %s\n", s.sent.Load(), len(tapes), f.topic,
		time.Since(started).Round(100*time.Millisecond))
	return err
}

// findTopic makes the topic where that is wanted, and says what to do where it is missing.
func (f *feedFlags) findTopic(ctx context.Context, client *kafka.Client) error {
	ctx, stop := context.WithTimeout(ctx, connectBudget)
	defer stop()
	if f.create {
		spec := kafka.TopicSpec{Name: f.topic, Partitions: -1, Replication: -1}
		if _, err := client.EnsureTopic(ctx, spec); err != nil {
			return fmt.Errorf("streamd: topic %s: %w", f.topic, err)
		}
		return nil
	}
	_, err := client.Topics(ctx, f.topic)
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		return fmt.Errorf("streamd: topic %s does not exist; --create makes it", f.topic)
	case err != nil:
		return fmt.Errorf("streamd: %w", err)
	}
	return nil
}
