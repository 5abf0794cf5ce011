package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"

	"streamd/config"
	"streamd/kafka"
	"streamd/live"
	"streamd/notify"
	"streamd/rulebook"
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
	var failFast bool
	c := &cobra.Command{
		Use: "run [-c config.yaml]", Short: "Run the daemon", Args: noArguments,
		Long: `Run the daemon.

Brokers that do not answer at the start are waited for; /readyz says why. With
--fail-fast the daemon ends after 15 s instead, for a supervisor that starts it again.`,
		RunE: func(c *cobra.Command, _ []string) error {
			// A supervisor may ask for a reload at any time: to the end of the process, the signal never kills it.
			hangup := make(chan os.Signal, 1)
			signal.Notify(hangup, syscall.SIGHUP)
			cfg, _, err := loadConfig(path, false)
			if err != nil {
				return err
			}
			d, err := newDaemon(cfg, path, hangup, c.ErrOrStderr())
			if err != nil {
				return err
			}
			d.failFast = failFast
			return d.run(c.Context())
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "config.yaml", "configuration file")
	c.Flags().BoolVar(&failFast, "fail-fast", false, "end where the brokers do not answer at the start")
	return c
}

// daemon is everything that `run` starts.
type daemon struct {
	cfg      *config.Configuration
	path     string // of the configuration
	hangup   <-chan os.Signal
	log      zerolog.Logger
	set      *metrics.Set
	consumer *live.Consumer
	client   *kafka.Client
	sinks    []sink.Sink
	signals  *web.Signals
	notifier *notify.Notifier
	outcomes *web.Outcomes // nil for none
	book     *rulebook.Book
	// listening is told the address of the server; nil for nobody.
	listening func(net.Addr)

	failFast  bool                     // end where the brokers do not answer at the start
	starting  atomic.Pointer[string]   // why nothing runs yet; nil once it does
	missing   atomic.Pointer[string]   // which input topics do not exist, see watchInputs
	advice    atomic.Pointer[[]string] // what the brokers cannot promise, see examine
	budget    *stream.Budget
	tracer    *tracer // nil for none
	retries   *live.Retries
	remembers atomic.Bool // the page has the newest signals
}

func newDaemon(cfg *config.Configuration, path string, hangup <-chan os.Signal, stderr io.Writer) (*daemon, error) {
	d := &daemon{
		cfg: cfg, path: path, hangup: hangup, set: metrics.NewSet(),
		log: newLogger(cfg.Log.Level, cfg.Log.Format, stderr),
	}
	d.retries = live.NewRetries(d.set, d.log)
	d.signals = web.NewSignals(d.set)
	if cfg.OutcomesTopic() != "" {
		d.outcomes = &web.Outcomes{}
	}
	if address := cfg.Tracing.Endpoint; address != "" {
		d.tracer = newTracer(address, cfg.Kafka.Group, d.log, d.set)
	}
	var err error
	if d.client, err = connect(cfg, d.retries.Note); err != nil {
		return nil, err
	}
	if d.sinks, err = openSinks(cfg); err != nil {
		return nil, err
	}
	rules := func() *stream.Rules { return d.book.Rules() }
	if d.notifier, err = newNotifier(cfg, d.client, rules, d.log, d.set); err != nil {
		return nil, errors.Join(err, closeSinks(d.sinks))
	}
	return d, nil
}

// run works until the context ends, then drains, commits and leaves.
func (d *daemon) run(ctx context.Context) error {
	defer d.client.Close()
	defer func() {
		if err := closeSinks(d.sinks); err != nil {
			d.log.Error().Err(err).Msg("closing the sinks")
		}
	}()
	waiting := "connecting to " + strings.Join(d.cfg.Kafka.Brokers, ", ")
	d.starting.Store(&waiting)
	g, ctx := errgroup.WithContext(ctx)
	if d.cfg.HTTP.Listen != "" {
		l, err := net.Listen("tcp", d.cfg.HTTP.Listen)
		if err != nil {
			return fmt.Errorf("streamd: http.listen: %w", err)
		}
		d.log.Info().Stringer("address", l.Addr()).Msg("listening")
		if d.listening != nil {
			d.listening(l.Addr())
		}
		server := d.web(l.Addr())
		g.Go(func() error { return server.Serve(ctx, l) })
	}
	var state live.StateConfig
	g.Go(func() (err error) {
		state, err = d.start(ctx, g)
		if err != nil && ctx.Err() != nil {
			return nil
		}
		return err
	})
	err := g.Wait()
	if state.Store != nil {
		if err := state.Store.Close(); err != nil {
			d.log.Error().Err(err).Msg("closing the state directory")
		}
	}
	d.log.Info().Msg("stopped")
	return err
}

// start waits for the brokers, then starts everything that needs them in the group.
func (d *daemon) start(ctx context.Context, g *errgroup.Group) (live.StateConfig, error) {
	d.budget = limitMemory(d.cfg, d.log) // the formulas of the start must fit into it
	follow, err := d.awaitBrokers(ctx)
	if err != nil {
		return live.StateConfig{}, err
	}
	state, id, err := openState(d.cfg)
	if err != nil {
		return live.StateConfig{}, err
	}
	d.consumer = live.New(d.liveConfig(state, id))
	d.starting.Store(nil)
	g.Go(func() error { return follow(ctx) })
	g.Go(func() error { d.book.Watch(ctx); return nil })
	g.Go(func() error { d.reloads(ctx); return nil })
	g.Go(func() error { return d.consumer.Run(ctx) })
	g.Go(func() error { return d.examine(ctx) })
	g.Go(func() error {
		to := signalsTail{d.signals, func() { d.remembers.Store(true) }}
		followTopic(ctx, d.client, d.cfg.Kafka.Signals, d.log, to)
		return nil
	})
	if d.tracer != nil {
		g.Go(func() error { d.tracer.run(ctx); return nil })
	}
	if d.outcomes != nil {
		g.Go(func() error {
			followTopic(ctx, d.client, d.cfg.OutcomesTopic(), d.log, outcomesTail{d.outcomes})
			return nil
		})
	}
	g.Go(func() error { return d.notifier.Run(ctx, d.liveConfig(state, id).InstanceID) })
	g.Go(func() error { d.watchInputs(ctx); return nil })
	d.log.Info().Str("group", d.cfg.Kafka.Group).Int("formulas", d.book.Rules().Len()).Str("delivery",
		string(d.delivery())).Msg("started")
	return state, nil
}

// prepare makes the first contact with the brokers, creates the topics that are missing, and puts the formulas in
// force. It returns what follows the topic of formulas.
func (d *daemon) prepare(ctx context.Context) (follow func(context.Context) error, err error) {
	budget := contactBudget
	if d.failFast {
		budget = connectBudget
	}
	if err := prepareTopics(ctx, d.cfg, d.client, d.log, budget); err != nil {
		return nil, err
	}
	follow = func(context.Context) error { return nil }
	options := rulebook.Options{
		Path: d.path, Log: d.log,
		Change: func(r *stream.Rules) { d.consumer.Reload(r) },
		Fits:   d.fits,
		Reread: func(file *config.Configuration) error { return reloadReceivers(file, d.notifier, d.client, d.log) },
	}
	if name := d.cfg.FormulasTopic; name != "" {
		options.Topic = rulebook.NewFormulasTopic(name, d.cfg.FormulasMax(), d.client, d.log)
		f, err := options.Topic.Open(ctx)
		if err != nil {
			return nil, contactError{fmt.Errorf("streamd: %w", err)}
		}
		follow = func(ctx context.Context) error { options.Topic.Follow(ctx, f); return nil }
	}
	if d.book, err = rulebook.Open(d.cfg, options); err != nil {
		return nil, fmt.Errorf("streamd: %w", err)
	}
	d.book.Count(d.set)
	return follow, nil
}

// fits asks whether the memory suffices for rules. The first ones are read before there is a consumer, which knows the
// series: they must suffice for one.
func (d *daemon) fits(r *stream.Rules) error {
	if d.consumer == nil {
		return live.FitsOne(r, d.engineOptions())
	}
	return d.consumer.Fits(r)
}

func (d *daemon) engineOptions() stream.Options {
	return stream.Options{
		Buffer: d.cfg.Buffer, Gaps: stream.GapPolicy(d.cfg.Candles.Gaps), SeriesMax: d.cfg.MaxSeries,
		Outcomes: d.cfg.OutcomesAfter(),
		Expire:   d.cfg.SeriesExpiry(), Budget: d.budget,
	}
}

func (d *daemon) delivery() live.Delivery {
	if d.cfg.Kafka.Delivery == "" {
		return live.ExactlyOnce
	}
	return live.Delivery(d.cfg.Kafka.Delivery)
}

// liveConfig says what the consumer reads, writes and keeps. Only an instance with a state directory is the same after
// a restart, so only it is a static member of the group.
func (d *daemon) liveConfig(state live.StateConfig, id string) live.Config {
	k := &d.cfg.Kafka
	instance := ""
	if state.Store != nil {
		instance = k.Group + "-" + id
	}
	var traced func(live.Committed)
	if d.tracer != nil {
		traced = d.tracer.note
	}
	return live.Config{
		Traced: traced, Client: d.client, Group: k.Group, TransactionalID: k.Group + "-" + id, InstanceID: instance,
		Leave: k.LeaveOnStop, Topics: d.cfg.Inputs(), Except: d.cfg.Outputs(), Latest: k.Start == "latest",
		Delivery: d.delivery(), Signals: k.Signals, DeadLetters: k.DeadLetters, Outcomes: d.cfg.OutcomesTopic(),
		SessionTimeout: d.cfg.SessionTimeout(), OffsetsLost: live.OffsetsLost(k.OffsetsLost), State: state,
		AheadMax: d.cfg.AheadMax(), BadBatches: live.BadBatches(k.BadBatches), BatchBytesMax: k.BatchMaxMB << 20,
		Across: acrossConfig(d.cfg),
		Rules:  d.book.Rules(), Engine: d.engineOptions(),
		Sinks: d.sinks, Log: d.log, Metrics: live.NewMetrics(d.set),
		Retries: d.retries,
	}
}

// reloads reads the configuration again at each SIGHUP.
func (d *daemon) reloads(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.hangup:
			if err := d.book.Reload(); err != nil {
				d.log.Error().Err(err).Msg("not everything is reloaded")
			}
		}
	}
}

// web makes the HTTP server for an address that is listened on.
func (d *daemon) web(address net.Addr) *web.Server {
	tcp, ok := address.(*net.TCPAddr)
	return web.New(web.Config{
		Listen: d.cfg.HTTP.Listen, Loopback: ok && tcp.IP.IsLoopback(), Token: d.cfg.HTTP.Token, Signals: d.signals,
		Starting: d.waitsFor, Ready: d.ready,
		Rules:    func() *stream.Rules { return d.book.Rules() },
		Formulas: func(q rulebook.Query) rulebook.Listing { return d.book.Show(q) },
		Visit: func(ctx context.Context, f func(live.View)) error {
			return d.consumer.Visit(ctx, f)
		},
		Metrics: d.writeMetrics,
		Reload:  func() error { return d.book.Reload() },
		Check:   func(expression string) any { return d.book.Check(expression) },
		Put:     func(name string, settings []byte) error { return d.book.Put(name, settings) },
		Delete:  func(name string) error { return d.book.Delete(name) },
		Reset: func(ctx context.Context, symbol, timeframe string) (int, error) {
			return d.consumer.Reset(ctx, symbol, timeframe)
		},
		Draft:      func(name string, settings []byte) (stream.Formula, error) { return d.book.Draft(name, settings) },
		Rejections: func() []live.Rejection { return d.consumer.Rejections() }, Advice: d.adviceNow, Version: version(),
		Notify: d.notifier, Outcomes: d.outcomes, Admission: d.cfg.Admission(),
	})
}
