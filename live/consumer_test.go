package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/candle/wire"
	"streamd/kafka"
	"streamd/stream"
	"streamd/topics"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
)

// rig is an embedded broker with candles in it.
type rig struct {
	t      *testing.T
	client *kafka.Client
	rules  *stream.Rules
	sent   []string // messages, in order

	cluster    *kfake.Cluster
	addresses  []string
	partitions int32
}

func newRig(t *testing.T, partitions int32, opts ...kfake.Opt) *rig {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{
		kfake.NumBrokers(1), kfake.SeedTopics(partitions, "candles"), kfake.SeedTopics(1, "signals", "dead"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: []stream.Formula{
		{Name: "above", Expression: "close > ema(close, 10)", Mode: stream.Edge},
		{Name: "spike", Expression: "volume > 1.5 * sma(volume, 20)"},
	}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	return &rig{
		t: t, client: client, rules: rules, cluster: cluster, addresses: cluster.ListenAddrs(),
		partitions: partitions,
	}
}

func (r *rig) produce(messages []string) {
	r.t.Helper()
	r.produceTo(kafka.AnyPartition, messages)
}

func (r *rig) produceTo(partition int32, messages []string) {
	r.t.Helper()
	ctx := r.t.Context()
	p, err := r.client.Producer(ctx, kafka.ProducerConfig{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range messages {
		key, value, _ := strings.Cut(m, "|")
		if err := p.Add(ctx, &kafka.ProducerRecord{
			Topic: "candles", Partition: partition, Key: []byte(key),
			Value: []byte(value), TimestampMs: time.Now().UnixMilli(),
		}); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		r.t.Fatal(err)
	}
	r.sent = append(r.sent, messages...)
}

func testMessages(n int) []string {
	rng := rand.New(rand.NewPCG(1, 1))
	price := [4]float64{100, 200, 300, 400}
	var all []string
	for i := range n {
		for s := range price {
			price[s] *= 1 + rng.NormFloat64()*0.01
			c := price[s]
			at := time.Date(2024, 1, 2, 0, i, 0, 0, time.UTC).Format(time.RFC3339)
			all = append(all, fmt.Sprintf(`S%d|{"symbol":"S%d","timeframe":"1m","timestamp":"%s","open":%g,"high":%g,"low":%g,"close":%g,"volume":%d}`, s, s, at, c, c, c, c, rng.IntN(1000)))
		}
	}
	return all
}

func (r *rig) config(delivery Delivery) Config {
	m, ok := wire.Format("flat")
	if !ok {
		r.t.Fatal("no format flat")
	}
	return Config{
		Client: r.client, Group: "g", TransactionalID: "g-1", Delivery: delivery,
		Topics:  []topics.Source{{Name: "candles", Mapping: m}},
		Signals: "signals", DeadLetters: "dead", SessionTimeout: 6 * time.Second,
		Rules: r.rules, Log: zerolog.Nop(), Metrics: NewMetrics(metrics.NewSet()), refusedPause: 500 * time.Millisecond,
	}
}

// consumed is a consumer that has ended, and what it said of itself before.
type consumed struct {
	*Consumer
	why string
}

// consume runs a consumer until everything produced is committed.
func (r *rig) consume(cfg Config) consumed {
	r.t.Helper()
	ctx, stop := context.WithTimeout(r.t.Context(), time.Minute)
	defer stop()
	c := New(cfg)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	for !r.committed(ctx) {
		select {
		case err := <-done:
			r.t.Fatalf("consumer ended: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if ctx.Err() != nil {
			r.t.Fatal("not all offsets were committed in time")
		}
	}
	ready, why := c.Ready()
	if !ready {
		r.t.Errorf("not ready: %s", why)
	}
	stop()
	if err := <-done; err != nil {
		r.t.Fatalf("consumer: %v", err)
	}
	return consumed{c, why}
}

func (r *rig) committed(ctx context.Context) bool {
	topics, err := r.client.Topics(ctx, "candles")
	if err != nil {
		return false
	}
	var tps []kafka.TopicPartition
	for _, p := range topics[0].Partitions {
		tps = append(tps, kafka.TopicPartition{Topic: "candles", Partition: p.ID})
	}
	end, err := r.client.ListOffsets(ctx, tps, -1, true)
	if err != nil {
		return false
	}
	at, err := r.client.CommittedOffsets(ctx, "g", tps)
	if err != nil {
		return false
	}
	for _, tp := range tps {
		if at[tp] < end[tp] && end[tp] > 0 {
			return false
		}
	}
	return true
}

// each calls f for the committed records of a topic.
func (r *rig) each(topic string, f func(*kafka.Record)) {
	r.t.Helper()
	err := topics.Read(r.t.Context(), r.client, topic, func(_ kafka.TopicPartition, rec *kafka.Record) error {
		f(rec)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// read returns the values of a topic as a read_committed consumer sees them,
// with the reason header if there is one.
func (r *rig) read(topic string) []string {
	r.t.Helper()
	var values []string
	r.each(topic, func(rec *kafka.Record) {
		v := string(rec.Value)
		if reason, ok := rec.Header("reason"); ok {
			v = string(reason) + " " + v
		}
		values = append(values, v)
	})
	return values
}

// expected applies everything sent to one engine.
func (r *rig) expected() []string {
	r.t.Helper()
	m, _ := wire.Format("flat")
	d, err := wire.NewDecoder(m, wire.Defaults{})
	if err != nil {
		r.t.Fatal(err)
	}
	e := stream.New(r.rules, stream.Options{})
	var out stream.Effects
	var lines []string
	for _, s := range r.sent {
		_, value, _ := strings.Cut(s, "|")
		msgs, err := d.Decode(nil, nil, []byte(value))
		if err != nil {
			continue
		}
		e.Push(&msgs[0], &out)
		for i := range out.Matches {
			lines = append(lines, string(out.Matches[i].AppendJSON(nil)))
		}
		out.Reset()
	}
	slices.Sort(lines)
	return lines
}

func TestSignalsThroughTheBroker(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		for _, partitions := range []int32{1, 4} {
			t.Run(fmt.Sprintf("%s/%d", delivery, partitions), func(t *testing.T) {
				r := newRig(t, partitions)
				all := testMessages(100)
				r.produce(all[:150])
				r.consume(r.config(delivery))
				r.produce(all[150:])
				// A new process: its state comes from the retained input, in silence.
				r.consume(r.config(delivery))
				got, want := r.read("signals"), r.expected()
				slices.Sort(got)
				if len(want) < 20 || !slices.Equal(got, want) {
					t.Errorf("%d signals, want %d", len(got), len(want))
				}
			})
		}
	}
}

func TestBadMessagesAreDeadLetters(t *testing.T) {
	r := newRig(t, 1)
	good := testMessages(3)
	r.produce([]string{
		good[0], "S0|not json", good[4],
		strings.Replace(good[4], `"volume":`, `"volume":1`, 1), // a correction
		good[0], // late
		`S0|{"symbol":"S0","timeframe":"1m","timestamp":"2024-01-02T00:05:00Z","open":1,"high":1,"low":2,"close":1,"volume":1}`,
		good[8], good[8],
	})
	r.consume(r.config(ExactlyOnce))
	var reasons []string
	for _, v := range r.read("dead") {
		reason, value, _ := strings.Cut(v, " ")
		reasons = append(reasons, reason)
		if !slices.ContainsFunc(r.sent, func(s string) bool { return strings.HasSuffix(s, "|"+value) }) {
			t.Errorf("dead letter %q is not what was sent", value)
		}
	}
	want := []string{"not_parseable", "correction", "late", "high_below_low"}
	if !slices.Equal(reasons, want) {
		t.Errorf("reasons %v, want %v", reasons, want)
	}
}
