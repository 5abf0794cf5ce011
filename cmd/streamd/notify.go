package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"streamd/config"
	"streamd/kafka"
	"streamd/notify"
	"streamd/replay"
	"streamd/store"
	"streamd/stream"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func notifyCommand() *cobra.Command {
	var path, listen string
	c := &cobra.Command{
		Use: "notify [-c config.yaml]", Short: "Send signals to people, in a process of its own", Args: unknownCommand,
		Long: `Read the signals topic and send its signals to the receivers in the section notify of
the configuration. ` + "`streamd run`" + ` does the same by itself: use this command to do it in a
process of its own, and leave the section out of the other's configuration.

SIGHUP reads the configuration again and puts its receivers and routes in force.`,
		RunE: func(c *cobra.Command, _ []string) error {
			// As with run, SIGHUP never ends the process.
			hangup := make(chan os.Signal, 1)
			signal.Notify(hangup, syscall.SIGHUP)
			return runNotify(c, path, listen, hangup)
		},
	}
	c.PersistentFlags().StringVarP(&path, "config", "c", "config.yaml", "configuration file")
	c.Flags().StringVar(&listen, "listen", "", "address for /metrics, /healthz and /api/v1/notify, as 127.0.0.1:8081")
	c.AddCommand(notifyTestCommand(&path), notifyRenderCommand(&path))
	return c
}

// loadNotify reads a configuration with a notify section.
func loadNotify(path string) (*config.Configuration, *stream.Rules, error) {
	cfg, rules, err := loadConfig(path, true)
	if err != nil {
		return nil, nil, err
	}
	if cfg.Notify == nil {
		return nil, nil, usage{fmt.Errorf("streamd: %s has no section notify", path)}
	}
	return cfg, rules, nil
}

// newNotifier opens the receivers of a configuration. The rules in force say which signals end.
func newNotifier(cfg *config.Configuration, client *kafka.Client, rules func() *stream.Rules, log zerolog.Logger,
	set *metrics.Set,
) (*notify.Notifier, error) {
	return notify.New(notify.Config{
		Settings: cfg.Notify, Client: client, Topic: cfg.Kafka.Signals, Group: cfg.Kafka.Group,
		SessionTimeout: cfg.SessionTimeout(), PublicURL: cfg.HTTP.PublicURL,
		Log: log, Metrics: set,
		Ends: func(name string) bool {
			f, _, ok := rules().Find(name)
			return ok && (f.Resolve || f.Expires > 0)
		},
	})
}

// reloadReceivers puts the receivers of a configuration that was read again in force.
func reloadReceivers(file *config.Configuration, n *notify.Notifier, client *kafka.Client, log zerolog.Logger) error {
	changed, err := n.Reload(file.Notify)
	if err != nil {
		return fmt.Errorf("streamd: the receivers stay as they were: %w", err)
	}
	if !changed {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), contactBudget)
	defer stop()
	if topic := file.UndeliveredTopic(); topic != "" {
		spec := kafka.TopicSpec{Name: topic, Partitions: -1, Replication: -1}
		if err := ensureTopic(ctx, client, log, spec); err != nil {
			log.Warn().Err(err).Msg("the topic of undelivered signals was not made")
		}
	}
	log.Info().Int("receivers", len(n.Status())).Msg("receivers reloaded")
	return nil
}

func runNotify(c *cobra.Command, path, listen string, hangup <-chan os.Signal) error {
	cfg, first, err := loadNotify(path)
	if err != nil {
		return err
	}
	var rules atomic.Pointer[stream.Rules]
	rules.Store(first)
	log := newLogger(cfg.Log.Level, cfg.Log.Format, c.ErrOrStderr())
	client, err := connect(cfg, warnOfRetries(log))
	if err != nil {
		return err
	}
	defer client.Close()
	set := metrics.NewSet()
	n, err := newNotifier(cfg, client, rules.Load, log, set)
	if err != nil {
		return err
	}
	if err := prepareTopics(c.Context(), cfg, client, log, connectBudget); err != nil {
		return err
	}
	instance, closeIdentity := notifyInstance(cfg, log)
	defer closeIdentity()
	g, ctx := errgroup.WithContext(c.Context())
	if listen != "" {
		l, err := net.Listen("tcp", listen)
		if err != nil {
			return fmt.Errorf("streamd: --listen: %w", err)
		}
		if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
			return errors.Join(usage{fmt.Errorf("streamd: --listen %s is not the loopback", listen)}, l.Close())
		}
		log.Info().Stringer("address", l.Addr()).Msg("listening")
		serveNotify(ctx, g, l, n, set)
	}
	log.Info().Int("receivers", len(cfg.Notify.Receivers)).Msg("started")
	g.Go(func() error { return n.Run(ctx, instance) })
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hangup:
			}
			again, next, err := loadNotify(path)
			if err == nil {
				rules.Store(next)
				err = reloadReceivers(again, n, client, log)
			}
			if err != nil {
				log.Error().Err(config.WithoutLines(err)).Msg("the receivers stay as they are")
			}
		}
	})
	err = g.Wait()
	log.Info().Msg("stopped")
	return err
}

// notifyInstance returns who this process is, the same one after a restart; empty without a state directory, or where
// another process has it.
func notifyInstance(cfg *config.Configuration, log zerolog.Logger) (instance string, done func()) {
	done = func() {}
	if cfg.State.Dir == "" {
		return "", done
	}
	s, err := store.Open(filepath.Join(cfg.State.Dir, "notify"), store.Options{})
	if err == nil {
		done = func() { _ = s.Close() } // it holds nothing but the identity
		var id string
		if id, err = s.Identity(); err == nil {
			return cfg.Kafka.Group + "-" + id, done
		}
	}
	log.Warn().Err(err).Msg("no identity of its own: after a restart the receivers wait for a session timeout")
	return "", done
}

// serveNotify answers what there is to ask.
func serveNotify(ctx context.Context, g *errgroup.Group, l net.Listener, n *notify.Notifier, set *metrics.Set) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		var plain bytes.Buffer
		set.WritePrometheus(&plain)
		buildInfo(&plain)
		describeMetrics(w, &plain)
		metrics.WriteProcessMetrics(w)
	})
	mux.HandleFunc("GET /api/v1/notify", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"receivers": n.Status()}) // the client has gone
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("streamd: %w", err)
		}
		return nil
	})
}

// notifyTestBudget is how long a test may take.
const notifyTestBudget = 30 * time.Second

func notifyTestCommand(path *string) *cobra.Command {
	return &cobra.Command{
		Use: "test RECEIVER", Short: "Send a sample signal to a receiver and show the answer",
		Long: `Send a sample signal to a receiver and show its answer. No broker is needed.

The exit code is 0 if the signal was delivered, 1 if it was not, and 2 if there is
no such receiver.`,
		Example: `  streamd notify test -c config.yaml phone`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage{errors.New("streamd: notify test needs the name of one receiver")}
			}
			cfg, rules, err := loadNotify(*path)
			if err != nil {
				return err
			}
			n, err := newNotifier(cfg, nil, func() *stream.Rules { return rules }, zerolog.Nop(), nil)
			if err != nil {
				return err
			}
			ctx, stop := context.WithTimeout(c.Context(), notifyTestBudget)
			defer stop()
			answer, err := n.Test(ctx, args[0])
			var unknown *notify.UnknownReceiverError
			switch {
			case errors.As(err, &unknown):
				return usage{fmt.Errorf("streamd: %w", unknown)}
			case err != nil:
				return fmt.Errorf("streamd: %s: not delivered: %w", args[0], err)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: delivered, %s\n", args[0], answer)
			return err
		},
	}
}

func notifyRenderCommand(path *string) *cobra.Command {
	var f *jobFlags
	c := &cobra.Command{
		Use: "render --data FILE...", Short: "Show which messages the signals on candles would make, and for whom",
		Long: `Run the formulas on candles and print the message that each receiver would get of each
signal: a line with the receiver's name, then the message. Nothing is sent, nothing is
joined by group or rate, and no broker is needed.`,
		Example: `  streamd notify render -c config.yaml --data candles.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := noArguments(c, args); err != nil {
				return err
			}
			cfg, rules, err := loadNotify(*path)
			if err != nil {
				return err
			}
			return renderSignals(c, f, cfg, rules)
		},
	}
	f = &jobFlags{dataFlags: addDataFlags(c), timeout: replay.TimeoutDefault}
	return variadic(c, "data")
}

func renderSignals(c *cobra.Command, f *jobFlags, cfg *config.Configuration, rules *stream.Rules) error {
	n, err := newNotifier(cfg, nil, func() *stream.Rules { return rules }, zerolog.Nop(), nil)
	if err != nil {
		return err
	}
	data, err := f.selection(c)
	if err != nil {
		return err
	}
	j := setOf(cfg, rules).job(replay.TypeScan, data)
	j.Workers, j.Timeout = f.workers, f.timeout
	results, report, err := replay.Scan(c.Context(), j)
	if err != nil {
		return dataError(err)
	}
	totals := replay.Aggregate(results, replay.SortTimestamp)
	out, r := c.OutOrStdout(), n.Renderer()
	for i := range totals.Matches {
		all, err := r.Render(totals.Matches[i].AppendJSON(nil))
		if err != nil {
			return err
		}
		for _, one := range all {
			if _, err := fmt.Fprintf(out, "%s:\n  %s\n", one.Receiver,
				strings.ReplaceAll(one.Text, "\n", "\n  ")); err != nil {
				return err
			}
		}
	}
	printReport(c.ErrOrStderr(), report, texts(totals.Errors))
	return ended(c, totals.Symbols)
}
