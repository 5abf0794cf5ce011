package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	cfg, _, err := loadConfig(path, true)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(cfg, path, nil, t.Output())
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
	return "http://" + listen
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

func TestMissingInputIsMade(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "signals"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	base := startWaiting(t, cluster.ListenAddrs()[0], "  create_topics: true")
	waitFor(t, func() bool { status, _ := answerOf(t, base+"/readyz"); return status == 200 })
}
