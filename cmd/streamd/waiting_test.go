package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"streamd/kafka"
)

const waitingYAML = `
kafka:
  brokers: [%q]
  group: g
  topics: [{name: candles.1m, timeframe: 1m}]
  signals: signals
%s
http: {listen: %q}
log: {level: error}
`

// freeAddress is a loopback address on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startWaiting runs a daemon with more lines in its kafka settings and returns the address of its API.
func startWaiting(t *testing.T, broker, more string) string {
	t.Helper()
	listen := freeAddress(t)
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, waitingYAML, broker, more, listen), 0o600); err != nil {
		t.Fatal(err)
	}
	startDaemon(t, path, true, nil, t.Output())
	return "http://" + listen
}

// startDaemon runs a daemon until the test ends.
func startDaemon(t *testing.T, path string, folder bool, hangup chan os.Signal, log io.Writer) {
	t.Helper()
	cfg, _, err := loadConfig(path, folder)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(cfg, path, hangup, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// answerOf is what an address answers.
func answerOf(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	raw := make([]byte, 1000)
	n, _ := r.Body.Read(raw) // a line, in one piece
	return r.StatusCode, string(raw[:n])
}

func TestRunWaitsForBrokers(t *testing.T) {
	broker := freeAddress(t)
	base := startWaiting(t, broker, "")
	waitFor(t, func() bool {
		status, why := answerOf(t, base+"/readyz")
		return status == 503 && strings.Contains(why, broker)
	})
	if status, _ := answerOf(t, base+"/healthz"); status != 200 {
		t.Errorf("/healthz answers %d", status)
	}
	if status, why := answerOf(t, base+"/api/v1/formulas"); status != 503 || !strings.Contains(why, "starting") {
		t.Errorf("/api/v1/formulas answers %d %s", status, why)
	}
	_, port, err := net.SplitHostPort(broker)
	if err != nil {
		t.Fatal(err)
	}
	var at int
	fmt.Sscan(port, &at)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(at), kfake.SeedTopics(1, "candles.1m", "signals"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	waitFor(t, func() bool { status, _ := answerOf(t, base+"/readyz"); return status == 200 })
}

func TestMissingInputIsNamed(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "signals"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	base := startWaiting(t, cluster.ListenAddrs()[0], "")
	waitFor(t, func() bool {
		status, why := answerOf(t, base+"/readyz")
		return status == 503 && strings.Contains(why, "missing input topics: candles.1m; make them, or set kafka.create_topics")
	})
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.CreateTopic(t.Context(), kafka.TopicSpec{Name: "candles.1m", Partitions: 1, Replication: 1}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { status, _ := answerOf(t, base+"/readyz"); return status == 200 })
}

// TestTraceGoesOn wants the trace context of a candle in its signal.
func TestTraceGoesOn(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "candles.1m", "signals"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	startWaiting(t, cluster.ListenAddrs()[0], "formulas: [{name: up, expression: close > open}]")
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for minute, parent := range []string{"00-first", "", "00-third"} {
		r := kafka.ProducerRecord{
			Topic: "candles.1m", Partition: 0, TimestampMs: time.Now().UnixMilli(), Key: []byte("A"),
			Value: fmt.Appendf(nil, `{"symbol":"A","timeframe":"1m","timestamp":"2024-01-01T00:0%d:00Z","open":1,"high":2,`+
				`"low":1,"close":2,"volume":1,"closed":true}`, minute),
		}
		if parent != "" {
			r.Headers = []kafka.Header{{Key: "traceparent", Value: []byte(parent)}, {Key: "other", Value: []byte("x")}}
		}
		if err := p.Add(t.Context(), &r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := client.Fetcher(kafka.FetcherConfig{ReadCommitted: true})
	defer f.Close()
	f.Add(kafka.TopicPartition{Topic: "signals"}, 0)
	var got []string
	for len(got) < 3 {
		part, err := f.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var r kafka.Record
		for part.Next(&r) {
			parent, _ := r.Header("traceparent")
			if _, there := r.Header("other"); there {
				t.Error("a header that is no trace context went on")
			}
			got = append(got, string(parent))
		}
		part.Release()
	}
	if want := []string{"00-first", "", "00-third"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMissingInputIsMade(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "signals"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	base := startWaiting(t, cluster.ListenAddrs()[0], "  create_topics: true")
	waitFor(t, func() bool { status, _ := answerOf(t, base+"/readyz"); return status == 200 })
}
