package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"streamd/history"
	"streamd/kafka"
	"streamd/replay"
	"streamd/sink"
	"streamd/stream"

	"github.com/spf13/cobra"
)

// replayFlags are the settings of a replay.
type replayFlags struct {
	data         *jobFlags
	formulas     formulaFlags
	out, summary string
	outcomes     string
	speed        float64
}

func replayCommand() *cobra.Command {
	f := &replayFlags{}
	c := &cobra.Command{
		Use:   "replay [-c config.yaml] --data PATH... | --topic T",
		Short: "Send history through the formulas into the configured sinks, or into a file",
		Example: `  streamd replay -c config.yaml --data 'history/*.parquet' -o signals.jsonl
  streamd replay -c config.yaml --topic candles.1m --speed 60`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage{fmt.Errorf("streamd: replay takes its formulas from -c or -f, found %q", args)}
			}
			return runReplay(c, f)
		},
	}
	f.data = addJobFlags(c)
	f.formulas.add(c)
	c.Flags().StringVarP(&f.out, "output", "o", "",
		"jsonl, csv, table, or a path that ends so, instead of the configured sinks")
	c.Flags().StringVar(&f.summary, "summary", "", "file for the summary as JSON")
	c.Flags().StringVar(&f.outcomes, "outcomes", "",
		"file for what became of each signal, as JSON lines, in the order of completion; the configuration's "+
			"outcomes.after says after how many bars")
	c.Flags().Float64Var(&f.speed, "speed", 0, "how much faster than the market; 0 is as fast as possible")
	return variadic(c, "data")
}

func runReplay(c *cobra.Command, f *replayFlags) error {
	if f.speed < 0 || f.data.timeout <= 0 {
		return usage{errors.New("streamd: --speed must not be below 0, --timeout must be above")}
	}
	if f.formulas.file == "" {
		f.formulas.file = f.data.config
	}
	set, err := f.formulas.load(nil, "replay")
	if err == nil {
		err = set.single("replay")
	}
	if err != nil {
		return err
	}
	data, closeData, err := f.data.history(c)
	if err != nil {
		return err
	}
	defer closeData()
	var out signalWriter
	if f.out != "" {
		o, err := openOutput(c, f.out, "jsonl", "csv", "table")
		if err != nil {
			return err
		}
		out = &fileWriter{output: o}
	} else if out, err = newSinkWriter(c.Context(), f.data.config, c.ErrOrStderr()); err != nil {
		return err
	}
	j, b := f.data.start(c, set, replay.TypeScan, data)
	j.Outcomes = set.outcomes
	if f.outcomes != "" && j.Outcomes == nil {
		j.Outcomes = []int{1, 5, 20}
	}
	started := time.Now()
	results, report, err := replay.Scan(c.Context(), j)
	b.stop()
	if err != nil {
		return errors.Join(dataError(err), out.close())
	}
	totals := replay.Aggregate(results, replay.SortTimestamp)
	sent, err := publish(c.Context(), out, totals.Matches, f.speed)
	if err == nil {
		err = f.writeOutcomes(c.Context(), out, totals.Outcomes)
	}
	if err := errors.Join(err, out.close()); err != nil {
		return err
	}
	return finishReplay(c, f, totals, report, sent, time.Since(started))
}

// writeOutcomes writes outcomes to their file, and to their topic where the signals go to
// theirs.
func (f *replayFlags) writeOutcomes(ctx context.Context, out signalWriter, all []stream.MatchOutcome) error {
	if w, ok := out.(*sinkWriter); ok {
		if err := w.writeOutcomes(ctx, all); err != nil {
			return err
		}
	}
	if f.outcomes == "" {
		return nil
	}
	var text []byte
	for i := range all {
		text = append(all[i].AppendJSON(text), '\n')
	}
	if err := os.WriteFile(f.outcomes, text, 0o644); err != nil {
		return fmt.Errorf("streamd: --outcomes: %w", err)
	}
	return nil
}

func finishReplay(c *cobra.Command, f *replayFlags, totals *replay.Totals, report history.Report, sent int,
	took time.Duration,
) error {
	canceled := c.Context().Err() != nil
	summary := totals.Summary(report, canceled, took)
	if f.summary != "" {
		if err := writeJSONFile(f.summary, summary); err != nil {
			return err
		}
	}
	errs := c.ErrOrStderr()
	printErrors(errs, report, summary.Errors)
	fmt.Fprintf(errs, "%d symbols, %d signals, %d of them sent, %d errors in %s\n", summary.Symbols, summary.Matches,
		sent, len(summary.Errors), took.Round(time.Millisecond))
	switch {
	case canceled:
		return interrupted{fmt.Errorf("streamd: interrupted after %d signals", sent)}
	case summary.Symbols == 0:
		return errors.New("streamd: no symbol could be read")
	}
	return nil
}

// publish hands the matches on in their order, at the pace of the market times
// speed, or at once for 0. It returns how many it handed on.
func publish(ctx context.Context, out signalWriter, matches []stream.Match, speed float64) (sent int, err error) {
	started := time.Now()
	for i := range matches {
		m := &matches[i]
		if speed > 0 {
			due := started.Add(time.Duration(float64(m.Candle.Time-matches[0].Candle.Time) / speed))
			if wait := time.Until(due); wait > 0 {
				if err := out.flush(ctx); err != nil {
					return sent, err
				}
				select {
				case <-ctx.Done():
				case <-time.After(wait):
				}
			}
		}
		if ctx.Err() != nil {
			return sent, nil
		}
		if err := out.write(ctx, m); err != nil {
			return sent, err
		}
		if !m.IsResolve() {
			sent++
		}
	}
	return sent, out.flush(ctx)
}

// signalWriter is where a replay's signals go: a file, or the daemon's sinks.
type signalWriter interface {
	write(ctx context.Context, m *stream.Match) error
	flush(ctx context.Context) error
	close() error
}

// fileWriter writes JSON lines at once, and other formats when all matches are
// there.
type fileWriter struct {
	*output
	line []byte
	all  []stream.Match
}

func (w *fileWriter) write(_ context.Context, m *stream.Match) error {
	if w.format != "jsonl" {
		w.all = append(w.all, *m)
		return nil
	}
	w.line = append(m.AppendJSON(w.line[:0]), '\n')
	_, err := w.Write(w.line)
	return err
}

func (w *fileWriter) flush(context.Context) error {
	if err := w.Flush(); err != nil {
		return fmt.Errorf("streamd: output: %w", err)
	}
	return nil
}

func (w *fileWriter) close() error {
	var err error
	switch w.format {
	case "csv":
		err = matchesCSV(w.output, w.all)
	case "table":
		newest := w.all[max(0, len(w.all)-scanTableDefault):]
		slices.Reverse(newest)
		matchesTable(w, newest)
		if n := len(w.all) - len(newest); n > 0 {
			fmt.Fprintf(w, "… and %d older ones: -o jsonl writes them all\n", n)
		}
	}
	return errors.Join(err, w.output.close())
}

// sinkWriter writes to the signals topic and the configured sinks.
type sinkWriter struct {
	client   *kafka.Client
	producer *kafka.Producer
	topic    string
	outcomes string // topic
	sinks    []sink.Sink
	batch    [][]byte
	bytes    int // in the batch
}

// sinkBatchBytes is how much the sinks get at once.
const sinkBatchBytes = 64 << 10

// newSinkWriter opens what the daemon of a configuration would write to.
func newSinkWriter(ctx context.Context, path string, stderr io.Writer) (*sinkWriter, error) {
	cfg, _, err := loadConfig(path, true)
	if err != nil {
		return nil, err
	}
	log := newLogger(cfg.Log.Level, cfg.Log.Format, stderr)
	w := &sinkWriter{topic: cfg.Kafka.Signals, outcomes: cfg.OutcomesTopic()}
	if w.client, err = connect(cfg, warnOfRetries(log)); err != nil {
		return nil, err
	}
	if err := prepareTopics(ctx, cfg, w.client, log, connectBudget); err != nil {
		return nil, err
	}
	if w.sinks, err = openSinks(cfg); err != nil {
		return nil, err
	}
	w.producer, err = w.client.Producer(ctx, kafka.ProducerConfig{})
	return w, err
}

func (w *sinkWriter) write(ctx context.Context, m *stream.Match) error {
	message, _ := sink.Signal(w.topic, m, sink.InputRecord{}, time.Now(), nil)
	w.batch = append(w.batch, message.Value)
	if w.bytes += len(message.Value); w.bytes >= sinkBatchBytes {
		if err := w.writeBatch(ctx); err != nil {
			return err
		}
	}
	return w.add(ctx, &message)
}

func (w *sinkWriter) add(ctx context.Context, message *kafka.ProducerRecord) error {
	err := w.producer.Add(ctx, message)
	if errors.Is(err, kafka.ErrBufferFull) {
		if err = w.producer.Flush(ctx); err == nil {
			err = w.producer.Add(ctx, message)
		}
	}
	return err
}

// writeOutcomes writes outcomes to their topic, if there is one.
func (w *sinkWriter) writeOutcomes(ctx context.Context, all []stream.MatchOutcome) error {
	if w.outcomes == "" {
		return nil
	}
	for i := range all {
		message, _ := sink.Outcome(w.outcomes, &all[i], sink.InputRecord{}, time.Now(), nil)
		if err := w.add(ctx, &message); err != nil {
			return err
		}
	}
	return w.producer.Flush(context.WithoutCancel(ctx))
}

func (w *sinkWriter) flush(ctx context.Context) error {
	return errors.Join(w.producer.Flush(context.WithoutCancel(ctx)), w.writeBatch(ctx))
}

// writeBatch writes what waits to the configured sinks.
func (w *sinkWriter) writeBatch(ctx context.Context) error {
	for _, s := range w.sinks {
		if err := s.Write(ctx, w.batch); err != nil {
			return err
		}
	}
	w.batch, w.bytes = w.batch[:0], 0
	return nil
}

func (w *sinkWriter) close() error {
	w.client.Close()
	return closeSinks(w.sinks)
}
