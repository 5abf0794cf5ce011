package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"time"

	"streamd/config"
	"streamd/history"

	_ "embed"
	"streamd/kafka"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kfake"
	"golang.org/x/sync/errgroup"
)

//go:embed sample/crypto-minute.csv.gz
var sampleCandles []byte

// demoYAML is the configuration of the demo: a user's own looks the same.
const demoYAML = `
kafka:
  brokers: [%q]
  group: streamd-demo
  topics: [{name: candles.1m, timeframe: 1m, format: flat}]
  signals: signals
  dead_letters: candles.dlq
formulas:
  - {name: golden_cross, expression: "crossover(sma(close, 50), sma(close, 200))", signal_type: ENTRY}
  - {name: death_cross, expression: "crossunder(sma(close, 50), sma(close, 200))", signal_type: EXIT}
  - {name: oversold, expression: "close > sma(close, 200) and rsi(close, 2) < 5", signal_type: ENTRY, cooldown: 60}
  - {name: volume_spike, expression: "volume > 8 * sma(volume, 20) and close > open", cooldown: 60}
  - {name: breakout, expression: "close > highest(high, 240)[1]", mode: edge, cooldown: 120}
http: {listen: %q}
log: {level: warn}
`

const demoSpeed = 12_000 // three days in about twenty seconds

// demoFlags are the settings of demo.
type demoFlags struct {
	listen             string
	speed              float64
	once, loop, noOpen bool
}

func demoCommand() *cobra.Command {
	f := &demoFlags{}
	c := &cobra.Command{
		Use: "demo", Short: "Real candles through an embedded broker, signals on the terminal; needs nothing installed",
		Long: `Real candles through an embedded broker: signals on the terminal and a page, whose
address stands in the first line. On a desktop the page is opened. On a terminal it
stays after the last candle, until Ctrl-C.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.speed <= 0:
				return usage{fmt.Errorf("streamd: --speed %v is not above 0", f.speed)}
			case f.once && f.loop:
				return usage{errors.New("streamd: --once and --loop exclude each other")}
			}
			return demo(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), f)
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the page, the API and /metrics")
	c.Flags().Float64Var(&f.speed, "speed", demoSpeed, "how much faster than the market")
	c.Flags().BoolVar(&f.once, "once", false, "end after the last candle, on a terminal too")
	c.Flags().BoolVar(&f.loop, "loop", false, "begin again after the last candle, in later days")
	c.Flags().BoolVar(&f.noOpen, "no-open", false, "do not open the page in a browser")
	return c
}

// show is a running demo.
type show struct {
	client   *kafka.Client
	out      io.Writer
	feed     sender
	signals  atomic.Int64
	started  time.Time
	produced chan struct{} // closed when all candles are in the topic
	stay     bool          // keep the page alive when they are through
}

func demo(ctx context.Context, out, stderr io.Writer, f *demoFlags) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "candles.1m"),
		kfake.SeedTopics(1, "signals", "candles.dlq"))
	if err != nil {
		return fmt.Errorf("streamd: embedded broker: %w", err)
	}
	defer cluster.Close()
	cfg, err := demoConfig(cluster.ListenAddrs()[0], f.listen)
	if err != nil {
		return err
	}
	d, err := newDaemon(cfg, "", nil, stderr)
	if err != nil {
		return err
	}
	d.failFast = true
	addressed := make(chan struct{})
	d.listening = func(address net.Addr) {
		fmt.Fprintf(out, "http://%s/\n", address)
		if !f.noOpen && isTerminal(out) {
			openPage("http://" + address.String() + "/")
		}
		close(addressed)
	}
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs(), ClientID: "demo"})
	if err != nil {
		return err
	}
	defer client.Close()
	s := &show{
		client: client, out: out, started: time.Now(), produced: make(chan struct{}),
		feed: sender{topic: "candles.1m", format: "flat", speed: f.speed, loop: f.loop},
		stay: isTerminal(out) && !f.once,
	}
	g, ctx := errgroup.WithContext(ctx)
	daemonCtx, stopDaemon := context.WithCancel(ctx)
	g.Go(func() error { return d.run(daemonCtx) })
	g.Go(func() error { return s.produce(ctx) })
	g.Go(func() error {
		defer stopDaemon()
		select {
		case <-addressed: // which stands in the first line
		case <-ctx.Done():
			return nil
		}
		return s.print(ctx)
	})
	err = g.Wait()
	fmt.Fprintf(out, "%d candles, %d signals in %s\n", s.feed.sent.Load(), s.signals.Load(),
		time.Since(s.started).Round(100*time.Millisecond))
	return err
}

// openPage opens an address in the browser of a desktop, where there is one. That it does not open is no fault.
func openPage(address string) {
	name := "xdg-open"
	switch {
	case runtime.GOOS == "darwin":
		name = "open"
	case runtime.GOOS == "windows":
		name = "explorer"
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return
	}
	c := exec.Command(name, address)
	if c.Start() == nil {
		go func() { _ = c.Wait() }()
	}
}

// demoConfig reads the demo's configuration as that of a user is read.
func demoConfig(broker, listen string) (*config.Configuration, error) {
	doc, err := config.Parse("the demo", fmt.Appendf(nil, demoYAML, broker, listen))
	if err != nil {
		return nil, err
	}
	file, err := config.ConfigurationOf(doc)
	if file == nil {
		return nil, usage{err}
	}
	file, _, err = compileConfig(file, err, false)
	return file, err
}

// sample returns the embedded candles.
func sample(ctx context.Context) ([]history.Tape, error) {
	z, err := gzip.NewReader(bytes.NewReader(sampleCandles))
	if err != nil {
		return nil, fmt.Errorf("streamd: sample: %w", err)
	}
	tapes, _, err := history.Data{Paths: []string{"-"}, Stdin: z}.Collect(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("streamd: sample: %w", err)
	}
	return tapes, nil
}

// produce sends the sample as a feed would, each minute of the market in its turn.
func (s *show) produce(ctx context.Context) error {
	tapes, err := sample(ctx)
	if err != nil {
		return ignoreStop(ctx, err)
	}
	if s.feed.producer, err = s.client.Producer(ctx, kafka.ProducerConfig{}); err != nil {
		return ignoreStop(ctx, err)
	}
	if err := s.feed.send(ctx, tapes); err != nil || ctx.Err() != nil {
		return ignoreStop(ctx, err)
	}
	close(s.produced)
	return nil
}

func ignoreStop(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// print shows the signals as a foreign reader sees them, until all candles are
// through or the context ends.
func (s *show) print(ctx context.Context) error {
	f := s.client.Fetcher(kafka.FetcherConfig{ReadCommitted: true, MaxWait: 100 * time.Millisecond})
	defer f.Close()
	signals := kafka.TopicPartition{Topic: "signals"}
	f.Add(signals, 0)
	next := int64(0)
	for {
		poll, stop := context.WithTimeout(ctx, 200*time.Millisecond)
		part, err := f.Poll(poll)
		stop()
		if err != nil {
			if ctx.Err() == nil && !s.through(ctx, signals, next) {
				continue
			}
			if s.stay && ctx.Err() == nil {
				fmt.Fprintln(s.out, "All candles are through. The page stays until Ctrl-C.")
				<-ctx.Done()
			}
			return nil
		}
		var r kafka.Record
		for part.Next(&r) {
			if err := s.line(r.Value); err != nil {
				return err
			}
		}
		next = part.NextOffset
		part.Release()
	}
}

// through reports whether every candle is in, its offset committed, and every
// signal printed.
func (s *show) through(ctx context.Context, signals kafka.TopicPartition, next int64) bool {
	select {
	case <-s.produced:
	default:
		return false
	}
	var partitions []kafka.TopicPartition
	for p := range int32(4) {
		partitions = append(partitions, kafka.TopicPartition{Topic: "candles.1m", Partition: p})
	}
	committed, err := s.client.CommittedOffsets(ctx, "streamd-demo", partitions)
	if err != nil {
		return false
	}
	end, err := s.client.ListOffsets(ctx, append(partitions, signals), -1, true)
	if err != nil {
		return false
	}
	for _, tp := range partitions {
		if committed[tp] < end[tp] && end[tp] > 0 {
			return false
		}
	}
	return next >= end[signals]
}

// line prints one signal: time, symbol, formula, signal type.
func (s *show) line(payload []byte) error {
	var m struct {
		Timestamp  string `json:"timestamp"`
		Symbol     string `json:"symbol"`
		Formula    string `json:"formula"`
		SignalType string `json:"signal_type"`
		Candle     struct{ Close float64 }
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return fmt.Errorf("streamd: signal %q: %w", payload, err)
	}
	s.signals.Add(1)
	colours, kind := paletteOf(s.out), fmt.Sprintf("%-8s", m.SignalType)
	switch m.SignalType {
	case "ENTRY":
		kind = colours.green(kind)
	case "EXIT":
		kind = colours.red(kind)
	}
	_, err := fmt.Fprintf(s.out, "%s  %-7s %-13s %s close %s\n", m.Timestamp, m.Symbol, m.Formula, kind,
		plain(float64(m.Candle.Close)))
	return err
}
