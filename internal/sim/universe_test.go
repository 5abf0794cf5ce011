package sim

import (
	"flag"
	"strings"
	"testing"
)

var universeSeedsFlag = flag.Int("sim.universe-seeds", 10, "how many seeds TestUniverseSeeds runs")

// TestUniverseSeeds runs formulas on other series: what comes out live is what a replay of the topics finds that reads
// the recorded decisions, whoever closes the bars meanwhile.
func TestUniverseSeeds(t *testing.T) {
	first, n := *fromFlag, uint64(*universeSeedsFlag)
	if *seedFlag != 0 {
		first, n = *seedFlag, 1
	}
	faults, signals, bars, decisions := 0, 0, 0, 0
	for seed := first; seed < first+n; seed++ {
		r := simulate(t, NewUniversePlan(seed), nil)
		faults += r.Faults
		signals += r.Signals
		bars += r.Bars
		decisions += r.Decisions
		if *seedFlag != 0 {
			t.Logf("%+v\n%s", r.Plan, strings.Join(r.Trace, "\n"))
		}
		if len(r.Violations) > 0 {
			t.Errorf("seed %d (go test ./internal/sim -run TestUniverseSeeds -sim.seed %d -v):\n%s", seed, seed,
				strings.Join(r.Violations, "\n"))
		}
	}
	t.Logf("%d seeds, %d faults, %d signals, %d records of bars, %d decisions", n, faults, signals, bars, decisions)
	if *seedFlag == 0 && (bars == 0 || decisions == 0) {
		t.Errorf("%d records of closed bars, %d decisions", bars, decisions)
	}
}
