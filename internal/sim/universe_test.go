package sim

import (
	"flag"
	"testing"
)

var universeSeedsFlag = flag.Int("sim.universe-seeds", 10, "how many seeds TestUniverseSeeds runs")

// TestUniverseSeeds runs formulas on other series: what comes out live is what a replay of the topics finds that reads
// the recorded decisions, whoever closes the bars meanwhile.
func TestUniverseSeeds(t *testing.T) {
	sum := runSeeds(t, *universeSeedsFlag, NewUniversePlan)
	if *seedFlag == 0 && (sum.Bars == 0 || sum.Decisions == 0) {
		t.Errorf("%d records of closed bars, %d decisions", sum.Bars, sum.Decisions)
	}
}
