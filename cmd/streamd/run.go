package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/kafka"
	"streamd/live"
	"streamd/sink"
	"streamd/stream"
	"streamd/web"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func runCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "run [-c config.yaml]", Short: "Run the daemon", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadBase(path)
			if err != nil {
				return err
			}
			d, err := newDaemon(cfg, path, c.ErrOrStderr())
			if err != nil {
				return err
			}
			return d.run(c.Context())
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "config.yaml", "configuration file")
	return c
}

// daemon is everything that `run` starts.
type daemon struct {
	cfg      *loaded
	path     string // of the configuration
	log      zerolog.Logger
	set      *metrics.Set
	consumer *live.Consumer
	client   *kafka.Client
	sinks    []sink.Sink
	signals  *web.Signals

	topic     *formulasTopic           // nil for none
	book      atomic.Pointer[ruleBook] // in force
	reloading sync.Mutex               // held while the book is changed
}

// connectBudget is how long the first contact with the brokers is tried.
const connectBudget = 15 * time.Second

func newDaemon(cfg *loaded, path string, stderr io.Writer) (*daemon, error) {
	d := &daemon{
		cfg: cfg, path: path, set: metrics.NewSet(), log: newLogger(cfg.Log, stderr),
	}
	d.book.Store(&ruleBook{base: cfg})
	k, err := cfg.clientConfig()
	if err != nil {
		return nil, err
	}
	k.OnRetry = func(op string, err error) {
		d.log.Warn().Str("request", op).Err(err).Msg("request failed, trying again")
	}
	d.signals = web.NewSignals(d.set)
	if d.client, err = kafka.Open(k); err != nil {
		return nil, usage{err}
	}
	for _, s := range cfg.Sinks {
		opened, err := s.Open()
		if err != nil {
			return nil, err
		}
		d.sinks = append(d.sinks, opened)
	}
	return d, nil
}

// logTime is how the log writes times.
const logTime = "2006-01-02T15:04:05.000Z07:00"

func newLogger(c logConfig, w io.Writer) zerolog.Logger {
	zerolog.TimeFieldFormat = logTime
	if c.Format != "json" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: logTime, NoColor: os.Getenv("NO_COLOR") != "" || !isTerminal(w)}
	}
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil || c.Level == "" {
		level = zerolog.InfoLevel
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// run works until the context ends, then drains, commits and leaves.
func (d *daemon) run(ctx context.Context) error {
	defer d.client.Close()
	defer d.close()
	if err := d.prepareTopics(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	follow, err := d.openFormulas(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	state, id, err := d.openState()
	if err != nil {
		return err
	}
	if state.Store != nil {
		defer func() {
			if err := state.Store.Close(); err != nil {
				d.log.Error().Err(err).Msg("closing the state directory")
			}
		}()
	}
	instance := ""
	if state.Store != nil {
		instance = d.cfg.Kafka.Group + "-" + id
	}
	delivery := live.Delivery(d.cfg.Kafka.Delivery)
	if delivery == "" {
		delivery = live.ExactlyOnce
	}
	d.consumer = live.New(live.Config{
		Client: d.client, Group: d.cfg.Kafka.Group, TransactionalID: d.cfg.Kafka.Group + "-" + id,
		InstanceID: instance, Leave: d.cfg.Kafka.LeaveOnStop,
		Topics: d.cfg.topics, Except: d.cfg.others(), Latest: d.cfg.Kafka.Start == "latest", Delivery: delivery,
		Signals: d.cfg.Kafka.Signals, DeadLetters: d.cfg.Kafka.DeadLetters, SessionTimeout: d.cfg.session,
		OffsetsLost: live.OffsetsLost(d.cfg.Kafka.OffsetsLost), State: state,
		Rules: d.book.Load().rules, Engine: stream.Options{
			Buffer: d.cfg.Buffer,
			Gaps:   stream.GapPolicy(d.cfg.Candles.Gaps), SeriesMax: d.cfg.MaxSeries,
		},
		Sinks: d.sinks, Published: d.signals.Publish, Log: d.log, Metrics: live.NewMetrics(d.set),
	})
	g, ctx := errgroup.WithContext(ctx)
	if d.cfg.HTTP.Listen != "" {
		l, err := net.Listen("tcp", d.cfg.HTTP.Listen)
		if err != nil {
			return fmt.Errorf("streamd: http.listen: %w", err)
		}
		d.log.Info().Stringer("address", l.Addr()).Msg("listening")
		server := d.web(l.Addr())
		g.Go(func() error { return server.Serve(ctx, l) })
	}
	g.Go(func() error { return d.reloads(ctx) })
	g.Go(func() error { return follow(ctx) })
	g.Go(func() error { return d.consumer.Run(ctx) })
	d.log.Info().Str("group", d.cfg.Kafka.Group).Int("formulas", len(d.book.Load().inForce)).Str("delivery",
		string(delivery)).Msg("started")
	err = g.Wait()
	if errors.Is(err, errStopped) {
		err = nil
	}
	d.log.Info().Msg("stopped")
	return err
}

var errStopped = errors.New("stopped")

func (d *daemon) close() {
	for _, s := range d.sinks {
		if err := s.Close(); err != nil {
			d.log.Error().Err(err).Msg("closing a sink")
		}
	}
}

// prepareTopics makes the first contact, and creates the output topics that do
// not exist: the broker may not do it by itself.
func (d *daemon) prepareTopics(ctx context.Context) error {
	first, stop := context.WithTimeout(ctx, connectBudget)
	defer stop()
	// This request goes to the configured addresses and brings back what really
	// stands in the way: a refused login, a certificate, no connection.
	if _, err := d.client.ClusterID(first); err != nil {
		return fmt.Errorf("streamd: no connection to %s: %w", strings.Join(d.cfg.Kafka.Brokers, ", "), err)
	}
	if err := d.client.CheckVersions(first); err != nil {
		return fmt.Errorf("streamd: %s: %w", strings.Join(d.cfg.Kafka.Brokers, ", "), err)
	}
	for _, name := range []string{d.cfg.Kafka.Signals, d.cfg.Kafka.DeadLetters} {
		if name == "" {
			continue
		}
		if err := ensureTopic(first, d.client, d.log,
			kafka.TopicSpec{Name: name, Partitions: -1, Replication: -1}); err != nil {
			return err
		}
	}
	return nil
}

// ensureTopic creates a topic if it is missing. Who may not create it may find it there,
// so only the end of the context is an error.
func ensureTopic(ctx context.Context, client *kafka.Client, log zerolog.Logger, spec kafka.TopicSpec) error {
	created, err := client.EnsureTopic(ctx, spec)
	switch {
	case created:
		log.Info().Str("topic", spec.Name).Msg("created")
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("streamd: topic %s: %w", spec.Name, err)
	case err != nil:
		log.Warn().Str("topic", spec.Name).Err(err).Msg("not created; going on as if it exists")
	}
	return nil
}

// web makes the HTTP server for an address that is listened on.
func (d *daemon) web(address net.Addr) *web.Server {
	tcp, ok := address.(*net.TCPAddr)
	c := web.Config{
		Listen: d.cfg.HTTP.Listen, Loopback: ok && tcp.IP.IsLoopback(),
		Token: d.cfg.HTTP.Token, Signals: d.signals, Rules: func() *stream.Rules { return d.book.Load().rules },
		Formulas: func() ([]web.Formula, []web.Fault) { return d.book.Load().show() }, Visit: d.consumer.Visit,
		Ready: d.consumer.Ready,
		Metrics: func(w io.Writer) {
			d.set.WritePrometheus(w)
			metrics.WriteProcessMetrics(w)
		},
		Reload: d.reload,
		Check:  d.checkFormula,
		Put:    d.putNamed, Delete: d.deleteFormula,
	}
	return web.New(c)
}

// checkFormula judges an expression with the indicators and the buffer of the
// configuration.
func (d *daemon) checkFormula(expression string) any {
	set := formulaSet{indicators: d.book.Load().base.named, buffer: d.cfg.Buffer}
	return formula.NewBuilder(set.env(candle.Timeframe{})).Check(expression)
}
