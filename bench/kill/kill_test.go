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
	for name, faults := range map[string]int{"kill": 8, "group": 6, "twin": 2, "wipe": 3, "damage": 5, "universe": 3} {
		session := "3s"
		if name == "kill" {
			session = "2m" // who is killed and comes back waits for no session to end
		}
		t.Run(name, func(t *testing.T) {
			r, err := run(t.Context(), name, options{
				Brokers: brokers, Binary: binary, Tool: "../../tools/kafka.sh", Faults: faults, Symbols: 50,
				Partitions: 8,
				Rate:       1500, Delivery: "exactly_once", Session: session, Seed: 1, Keep: t.TempDir(),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r)
			if !r.ok("exactly_once") {
				t.Fail()
			}
			if name == "kill" && r.Restores.generations != 1 {
				t.Errorf("a static member that is killed is back at once, in its generation; there were %d",
					r.Restores.generations)
			}
		})
	}
}
