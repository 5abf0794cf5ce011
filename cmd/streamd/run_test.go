package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// TestFirstContactSaysWhy wants the reason of a refused connection at once, not
// a time-out about a broker that is not available.
func TestFirstContactSaysWhy(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate, which nobody trusts
	defer web.Close()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: web.TLS.Certificates}))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	path := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf(`
kafka:
  brokers: [%q]
  group: g
  topics: [{name: candles}]
  signals: signals
  tls: {}
`, cluster.ListenAddrs()[0])
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := loadConfig(path, true)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(cfg, path, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	d.failFast = true
	if err := d.run(t.Context()); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Fatalf("got %v", err)
	}
}
