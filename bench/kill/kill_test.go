//go:build kafka

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRealKills is the kill loop in short, against the brokers of STREAMD_KAFKA
// (see kafka/real_test.go).
func TestRealKills(t *testing.T) {
	brokers := os.Getenv("STREAMD_KAFKA")
	if brokers == "" {
		t.Fatal("STREAMD_KAFKA is not set to the bootstrap address of a real cluster")
	}
	binary := filepath.Join(t.TempDir(), "streamd")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/streamd").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, faults := range map[string]int{"kill": 8, "group": 6, "wipe": 3, "damage": 5} {
		t.Run(name, func(t *testing.T) {
			r, err := run(t.Context(), name, options{
				Brokers: brokers, Binary: binary, Tool: "../../tools/kafka.sh", Faults: faults, Symbols: 50, Partitions: 8,
				Rate: 1500, Delivery: "exactly_once", Session: "3s", Seed: 1, Keep: t.TempDir(),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r)
			if !r.ok("exactly_once") {
				t.Fail()
			}
		})
	}
}
