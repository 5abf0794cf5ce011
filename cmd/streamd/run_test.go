package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// TestRefusedLogin wants the reason at once, not a time-out about a broker that
// is not available.
func TestRefusedLogin(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "desk", "right"))
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
  sasl: {mechanism: scram-sha-512, username: desk, password: wrong}
`, cluster.ListenAddrs()[0])
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(cfg, path, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.run(t.Context()); err == nil || !strings.Contains(err.Error(), "SASL Authentication Failed") {
		t.Fatalf("got %v", err)
	}
}
