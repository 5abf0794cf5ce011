package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/history"
	"streamd/kafka"
	"streamd/topics"

	"github.com/twmb/franz-go/pkg/kfake"
)

const replayYAML = `
kafka:
  brokers: [%q]
  group: replayed
  topics: [{name: candles.1m, timeframe: 1m}]
  signals: %s
  dead_letters: candles.dlq
formulas:
  - {name: golden_cross, expression: "crossover(sma(close, 50), sma(close, 200))", signal_type: ENTRY}
  - {name: oversold, expression: "close > sma(close, 200) and rsi(close, 2) < 5", signal_type: ENTRY, cooldown: 60}
  - {name: spike, expression: "volume > 4 * sma(volume, 20)", mode: edge, metadata: {desk: crypto}}
log: {level: error}
`

// command runs streamd in this process and returns what it printed and how it
// ended.
func command(ctx context.Context, args ...string) (string, int) {
	c := root()
	var out, errs bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&errs)
	c.SetArgs(args)
	code := exitCode(c.ExecuteContext(ctx))
	return out.String(), code
}

// TestOneHistoryOneSetOfSignals sends the same candles through the daemon, a
// scan of a file, a replay of the file and one of the topic: the same bytes,
// sorted. Verify says so, and finds one signal that was altered, one that was
// lost and one that came twice.
func TestOneHistoryOneSetOfSignals(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "candles.1m"),
		kfake.SeedTopics(1, "signals", "replayed", "tampered", "candles.dlq"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	dir := t.TempDir()
	t.Chdir(dir)
	config := filepath.Join(dir, "config.yaml")
	write := func(signals string) {
		if err := os.WriteFile(config, fmt.Appendf(nil, replayYAML, cluster.ListenAddrs()[0], signals),
			0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("signals")
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	history := produceSample(t, client)
	live := runDaemon(t, config, client, "signals")
	if len(live) < 100 {
		t.Fatalf("only %d signals", len(live))
	}
	want := slices.Clone(live)
	slices.Sort(want)

	for _, args := range [][]string{
		{"scan", "-f", config, "--data", history, "-o", "jsonl"},
		{"replay", "-c", config, "--data", history, "-o", "jsonl"},
		{"replay", "-c", config, "--topic", "candles.1m", "-o", "jsonl"},
		{"scan", "-f", config, "-c", config, "--topic", "candles.1m", "-o", "jsonl"},
	} {
		out, code := command(t.Context(), args...)
		got := strings.Split(strings.TrimSpace(out), "\n")
		slices.Sort(got)
		if code != 0 || !slices.Equal(got, want) {
			t.Errorf("%v: exit %d, %d signals, live has %d, or other bytes", args, code, len(got), len(want))
		}
	}
	if out, code := command(t.Context(), "verify", "-c", config); code != 0 ||
		!strings.Contains(out, fmt.Sprintf("%d equal to the byte", len(want))) {
		t.Errorf("verify: exit %d\n%s", code, out)
	}

	write("replayed")
	if _, code := command(t.Context(), "replay", "-c", config, "--data", history); code != 0 {
		t.Fatalf("replay into the signals topic: exit %d", code)
	}
	got := readAll(t, client, "replayed")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the replay published %d signals, live %d, or other bytes", len(got), len(want))
	}

	tampered := slices.Clone(live[1:])
	tampered[0] = strings.Replace(tampered[0], `"volume":`, `"volume":1`, 1)
	publishAll(t, client, "tampered", append(tampered, live[5]))
	out, code := command(t.Context(), "verify", "-c", config, "--signals", "tampered")
	for _, text := range []string{"1 missing", "1 different", "1 twice"} {
		if code != 1 || !strings.Contains(out, text) {
			t.Errorf("verify of tampered signals: exit %d, no %q in\n%s", code, text, out)
		}
	}
}

// TestScanIsSharedByAGroup runs three instances with one group: together they
// find what one alone finds, nothing twice, and who comes later finds it taken.
func TestScanIsSharedByAGroup(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "candles.1m"),
		kfake.SeedTopics(1, "signals", "candles.dlq"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.yaml", fmt.Appendf(nil, replayYAML, cluster.ListenAddrs()[0], "signals"),
		0o600); err != nil {
		t.Fatal(err)
	}
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	produceSample(t, client)
	scanned := func(more ...string) []string {
		out, _ := command(t.Context(), append([]string{
			"scan", "-f", "config.yaml", "--topic", "candles.1m", "-o",
			"jsonl",
		}, more...)...)
		return strings.Fields(strings.ReplaceAll(out, " ", ""))
	}
	want := scanned()
	parts := make([][]string, 3)
	var group sync.WaitGroup
	for i := range parts {
		group.Go(func() { parts[i] = scanned("--group", "shared", "--gather", "1500ms") })
	}
	group.Wait()
	got := slices.Concat(parts...)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("%d, %d and %d signals, alone %d", len(parts[0]), len(parts[1]), len(parts[2]), len(want))
	}
	if late := scanned("--group", "shared", "--gather", "100ms"); len(late) != 0 {
		t.Errorf("a late one found %d signals", len(late))
	}
	if first := scanned("--offsets", "..500"); len(first) == 0 || len(first) >= len(want) {
		t.Errorf("%d signals in the first 500 candles of each partition", len(first))
	}
}

// produceSample sends the sample through Kafka and returns it as a file too.
func produceSample(t *testing.T, client *kafka.Client) string {
	t.Helper()
	tapes, err := sample(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	for _, at := range turns(tapes) {
		key := tapes[at.tape].Key
		value, _ := wire.Encode(nil, "flat", &candle.Message{
			Symbol: []byte(key.Symbol), Timeframe: key.Timeframe, Candle: tapes[at.tape].Block.At(int(at.bar)), Closed: true,
		})
		file.Write(append(value, '\n'))
		add(t, p, &kafka.ProducerRecord{
			Topic: "candles.1m", Partition: kafka.AnyPartition,
			TimestampMs: time.Now().UnixMilli(), Key: []byte(key.Symbol), Value: value,
		})
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("history.jsonl", file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return "history.jsonl"
}

func add(t *testing.T, p *kafka.Producer, m *kafka.ProducerRecord) {
	t.Helper()
	err := p.Add(t.Context(), m)
	if errors.Is(err, kafka.ErrBufferFull) {
		if err = p.Flush(t.Context()); err == nil {
			err = p.Add(t.Context(), m)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func publishAll(t *testing.T, client *kafka.Client, topic string, payloads []string) {
	t.Helper()
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range payloads {
		add(t, p, &kafka.ProducerRecord{
			Topic: topic, Partition: kafka.AnyPartition, TimestampMs: time.Now().UnixMilli(),
			Key: []byte("k"), Value: []byte(payload),
		})
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func readAll(t *testing.T, client *kafka.Client, topic string) []string {
	t.Helper()
	var all []string
	err := topics.Read(t.Context(), client, topic, func(_ kafka.TopicPartition, r *kafka.Record) error {
		all = append(all, string(r.Value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// runDaemon runs the daemon until its group has committed all candles, and
// returns the signals.
func runDaemon(t *testing.T, config string, client *kafka.Client, signals string) []string {
	t.Helper()
	cfg, _, err := loadConfig(config, true)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(cfg, config, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	topics := &history.TopicRange{Client: client, Topics: cfg.Inputs(), Except: cfg.Outputs()}
	for {
		time.Sleep(50 * time.Millisecond)
		committed, err := history.CommittedOffsets(ctx, topics, cfg.Kafka.Group)
		if err != nil {
			t.Fatal(err)
		}
		var parts []kafka.TopicPartition
		for p := range int32(4) {
			parts = append(parts, kafka.TopicPartition{Topic: "candles.1m", Partition: p})
		}
		end, err := client.ListOffsets(ctx, parts, -1, true)
		if err != nil {
			t.Fatal(err)
		}
		done := true
		for _, tp := range parts {
			done = done && committed[tp] == end[tp]
		}
		if done {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return readAll(t, client, signals)
}
