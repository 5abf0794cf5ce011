package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"streamd/config"
	"streamd/history"
	"streamd/kafka"
	"streamd/replay"
	"streamd/rulebook"
	"streamd/stream"
	"streamd/topics"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
)

func verifyCommand() *cobra.Command {
	data := &dataFlags{}
	var signals, out string
	c := &cobra.Command{
		Use:   "verify [-c config.yaml] [--topic T] [--signals T]",
		Short: "Replay candles from Kafka and compare with what the daemon published, byte for byte",
		Example: `  streamd verify -c config.yaml
  streamd verify -c config.yaml --topic candles.1m --from 2026-01-05 --to 2026-01-06`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := openOutput(c, out, "table", "json")
			if err != nil {
				return err
			}
			return verify(c, data, signals, o)
		},
	}
	data.addTopics(c)
	c.Flags().StringVar(&data.from, "from", "", "first open time to compare, RFC 3339 or a date")
	c.Flags().StringVar(&data.to, "to", "", "end of the open times to compare, exclusive")
	c.Flags().StringVar(&signals, "signals", "", "topic with the signals; that of the configuration by default")
	c.Flags().StringVarP(&out, "output", "o", "table", "table or json")
	data.workers = 4
	return c
}

// verify replays all candles that the group has processed: what is compared
// may be less, but the values on it rest on what came before.
func verify(c *cobra.Command, flags *dataFlags, signals string, out *output) error {
	cfg, _, err := loadConfig(flags.config, false)
	if err != nil {
		return err
	}
	data, closeData, err := flags.history(c)
	if err != nil {
		return err
	}
	defer closeData()
	from, to := data.From, data.To
	data.From, data.To = 0, 0
	if signals == "" {
		signals = cfg.Kafka.Signals
	}
	if data.Topics.Until, err = history.CommittedOffsets(c.Context(), data.Topics, cfg.Kafka.Group); err != nil {
		return err
	}
	live, err := readSignals(c.Context(), data.Topics.Client, signals, data.Topics.Until)
	if err != nil {
		return err
	}
	rules, err := rulesOfDaemon(c.Context(), cfg, data.Topics.Client, c.ErrOrStderr())
	if err != nil {
		return err
	}
	j := setOf(cfg, rules).job(replay.TypeScan, data)
	j.Workers, j.LeftOut = flags.workers, flags.leftOut
	results, report, err := replay.Scan(c.Context(), j)
	if err != nil {
		return dataError(err)
	}
	if c.Context().Err() != nil {
		return interrupted{errors.New("streamd: interrupted")}
	}
	totals := replay.Aggregate(results, "")
	v := replay.Verify(totals.Matches, live, from, to)
	printReport(c.ErrOrStderr(), report, texts(totals.Errors))
	if out.format == "json" {
		err = json.NewEncoder(out).Encode(v)
	} else {
		printVerification(out, v)
	}
	if err := errors.Join(err, out.close()); err != nil {
		return err
	}
	if !v.Equal() {
		return errors.New("streamd: the signals of the replay are not those that were published")
	}
	return nil
}

// readSignals reads the payloads of a signals topic, but for those of candles
// that are not replayed.
func readSignals(ctx context.Context, client *kafka.Client, topic string,
	until map[kafka.TopicPartition]int64,
) ([][]byte, error) {
	var live [][]byte
	err := topics.Read(ctx, client, topic, func(_ kafka.TopicPartition, r *kafka.Record) error {
		name, _ := r.Header("input_topic")
		partition, _ := r.Header("input_partition")
		offset, ok := r.Header("input_offset")
		if ok {
			p, errP := strconv.ParseInt(string(partition), 10, 32)
			o, errO := strconv.ParseInt(string(offset), 10, 64)
			end, known := until[kafka.TopicPartition{Topic: string(name), Partition: int32(p)}]
			if errP == nil && errO == nil && (!known || o >= end) {
				return nil
			}
		}
		live = append(live, append([]byte(nil), r.Value...))
		return nil
	})
	return live, err
}

// shownMax is how many signals of each kind are printed.
const shownMax = 10

func printVerification(w io.Writer, v *replay.Verification) {
	fmt.Fprintf(w, "%d signals replayed, %d published, %d equal to the byte\n", v.Replayed, v.Published, v.Same)
	for _, k := range []struct {
		what string
		ids  []string
	}{
		{"missing: replayed, not published", v.Missing},
		{"unexpected: published, not replayed", v.Unexpected},
		{"different: published with other bytes", v.Different},
		{"twice: published more than once", v.Duplicate},
	} {
		if len(k.ids) == 0 {
			continue
		}
		fmt.Fprintf(w, "%d %s\n", len(k.ids), k.what)
		for i, payload := range k.ids {
			if i == shownMax {
				fmt.Fprintf(w, "  … and %d more; -o json has them all\n", len(k.ids)-i)
				break
			}
			fmt.Fprintf(w, "  %s\n", payload)
		}
	}
}

// rulesOfDaemon returns the formulas that a daemon which starts now has in force, from all places, and prints which it
// has not.
func rulesOfDaemon(ctx context.Context, cfg *config.Configuration, client *kafka.Client,
	stderr io.Writer,
) (*stream.Rules, error) {
	var topic *rulebook.FormulasTopic
	if name := cfg.FormulasTopic; name != "" {
		topic = rulebook.NewFormulasTopic(name, cfg.FormulasMax(), client, zerolog.Nop())
		if err := topic.Read(ctx); err != nil {
			return nil, fmt.Errorf("streamd: %w", err)
		}
	}
	book, err := rulebook.Open(cfg, rulebook.Options{Topic: topic, Log: zerolog.Nop()})
	if err != nil {
		return nil, err
	}
	for _, text := range book.Problems() {
		fmt.Fprintf(stderr, "not in force: %s\n", text)
	}
	return book.Rules(), nil
}
