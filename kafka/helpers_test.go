package kafka

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// startMs is the timestamp of value 0: no older than what brokers remember of a
// producer.
var startMs = time.Now().UnixMilli()

// fake starts an in-process cluster and a client of it.
func fake(t testing.TB, opts ...kfake.Opt) (*kfake.Cluster, *Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster, open(t, Config{Brokers: cluster.ListenAddrs()})
}

func open(t testing.TB, cfg Config) *Client {
	t.Helper()
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newProducer(t testing.TB, c *Client, cfg ProducerConfig) *Producer {
	t.Helper()
	p, err := c.Producer(within(t, 30*time.Second), cfg)
	must(t, err)
	return p
}

func newFetcher(t testing.TB, c *Client, cfg FetcherConfig) *Fetcher {
	t.Helper()
	f := c.Fetcher(cfg)
	t.Cleanup(f.Close)
	return f
}

// send adds values n to m-1 to the topic, spread over its partitions by key, and flushes.
func send(t testing.TB, p *Producer, topic string, from, to int) {
	t.Helper()
	add(t, p, topic, from, to)
	must(t, p.Flush(within(t, 30*time.Second)))
}

func add(t testing.TB, p *Producer, topic string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		must(t, p.Add(within(t, 30*time.Second), &ProducerRecord{
			Topic: topic, Partition: AnyPartition, TimestampMs: startMs + int64(i),
			Key: fmt.Appendf(nil, "k%d", i), Value: fmt.Appendf(nil, "v%d", i),
		}))
	}
}

// collect reads until n records came, and returns how often each value was seen.
func collect(t testing.TB, f *Fetcher, n int) map[string]int {
	t.Helper()
	seen := map[string]int{}
	ctx := within(t, 60*time.Second)
	last := map[TopicPartition]int64{}
	for total := 0; total < n; {
		part, err := f.Poll(ctx)
		if err != nil {
			t.Fatalf("%d of %d records: %v", total, n, err)
		}
		if part.Err != nil {
			t.Fatal(part.Err)
		}
		var r Record
		for part.Next(&r) {
			if at, ok := last[part.TopicPartition]; ok && r.Offset <= at {
				t.Fatalf("%v: offset %d after %d", part.TopicPartition, r.Offset, at)
			}
			last[part.TopicPartition] = r.Offset
			seen[string(r.Value)]++
			total++
		}
		must(t, part.Err)
		part.Release()
	}
	return seen
}

func wantOnce(t testing.TB, seen map[string]int, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if n := seen[fmt.Sprintf("v%d", i)]; n != 1 {
			t.Errorf("v%d seen %d times", i, n)
		}
	}
	if len(seen) != to-from {
		t.Errorf("%d values, want %d", len(seen), to-from)
	}
}

func addAll(f *Fetcher, topic string, partitions int) {
	for i := range partitions {
		f.Add(TopicPartition{topic, int32(i)}, 0)
	}
}

func unique(prefix string) string { return prefix + "-" + rand.Text() }
