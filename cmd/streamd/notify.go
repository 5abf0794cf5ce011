package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
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
		Use: "notify [-c config.yaml]", Short: "Bring signals to people, as a process of its own", Args: noArguments,
		Long: `Bring the signals of the topic to the receivers of the configuration's notify
section, as ` + "`run`" + ` does where there is one, but as a process of its own.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return runNotify(c, path, listen)
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

// newNotifier opens the receivers of a configuration; nil where there are none. The rules in force say which signals
// end.
func newNotifier(cfg *config.Configuration, client *kafka.Client, rules func() *stream.Rules, log zerolog.Logger,
	set *metrics.Set,
) (*notify.Notifier, error) {
	if cfg.Notify == nil {
		return nil, nil
	}
	return notify.New(notify.Config{
		Settings: cfg.Notify, Client: client, Topic: cfg.Kafka.Signals, Group: cfg.Kafka.Group,
		SessionTimeout: cfg.SessionTimeout(), Undelivered: cfg.UndeliveredTopic(), PublicURL: cfg.HTTP.PublicURL,
		Log: log, Metrics: set,
		Ends: func(name string) bool {
			for _, f := range rules().Formulas() {
				if f.Name == name {
					return f.Resolve || f.Expires > 0
				}
			}
			return false
		},
	})
}

func runNotify(c *cobra.Command, path, listen string) error {
	cfg, rules, err := loadNotify(path)
	if err != nil {
		return err
	}
	log := newLogger(cfg.Log.Level, cfg.Log.Format, c.ErrOrStderr())
	client, err := connect(cfg, warnOfRetries(log))
	if err != nil {
		return err
	}
	defer client.Close()
	set := metrics.NewSet()
	n, err := newNotifier(cfg, client, func() *stream.Rules { return rules }, log, set)
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
		set.WritePrometheus(w)
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
		Long: `Send a sample signal to a receiver and show the answer. Exit 0 where it was
delivered, 1 where it was refused, 2 where there is no such receiver.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
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
				return usage{fmt.Errorf("streamd: no receiver %q", unknown.Name)}
			case err != nil:
				return fmt.Errorf("streamd: %s refused it: %w", args[0], err)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: delivered, %s\n", args[0], answer)
			return err
		},
	}
}

func notifyRenderCommand(path *string) *cobra.Command {
	var f *jobFlags
	c := &cobra.Command{
		Use: "render --data FILE...", Short: "Show what would be sent of the signals on candles, and to whom",
		Long: `Show what each receiver would get of every signal that the formulas give on the
candles: a line with the receiver, then the text below it. Nothing is sent.`,
		Example: `  streamd notify render -c config.yaml --data candles.csv`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
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
