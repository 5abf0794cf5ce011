package sim

import (
	"flag"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"streamd/live"
)

var (
	seedFlag  = flag.Uint64("sim.seed", 0, "replay this seed alone, with its trace")
	seedsFlag = flag.Int("sim.seeds", 30, "how many seeds to run")
	fromFlag  = flag.Uint64("sim.from", 1, "the first of them")
)

// simulate runs a plan in a bubble of its own.
func simulate(t *testing.T, plan Scenario, bug Bug) RunResult {
	t.Helper()
	dir, err := os.MkdirTemp("", "sim")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var result RunResult
	synctest.Test(t, func(t *testing.T) {
		var err error
		if result, err = Run(t.Context(), plan, bug, dir); err != nil {
			t.Fatal(err)
		}
	})
	return result
}

// runSeeds runs the plans of n seeds, or of the one that is asked for, and returns the sums of what they count.
func runSeeds(t *testing.T, n int, planOf func(seed uint64) Scenario) (sum RunResult) {
	t.Helper()
	first, end := *fromFlag, *fromFlag+uint64(n)
	if *seedFlag != 0 {
		first, end = *seedFlag, *seedFlag+1
	}
	for seed := first; seed < end; seed++ {
		r := simulate(t, planOf(seed), nil)
		sum.Faults += r.Faults
		sum.Signals += r.Signals
		sum.States += r.States
		sum.Bars += r.Bars
		sum.Decisions += r.Decisions
		if *seedFlag != 0 {
			t.Logf("%+v\n%s", r.Plan, strings.Join(r.Trace, "\n"))
		}
		if len(r.Violations) > 0 {
			t.Errorf("seed %d (go test ./internal/sim -run %s -sim.seed %d -v):\n%s", seed, t.Name(), seed,
				strings.Join(r.Violations, "\n"))
		}
	}
	t.Logf("%d seeds, %d faults, %d signals, %d states, %d records of bars, %d decisions", end-first, sum.Faults,
		sum.Signals, sum.States, sum.Bars, sum.Decisions)
	return sum
}

func TestSeeds(t *testing.T) { runSeeds(t, *seedsFlag, NewPlan) }

// TestPlantedBugs demands that each bug is found, within a number of seeds that
// pass without it.
func TestPlantedBugs(t *testing.T) {
	find := func(name string, bug Bug, planOf func(seed uint64) Scenario) {
		const seedsMost = 300
		t.Run(name, func(t *testing.T) {
			for seed := *fromFlag; seed < *fromFlag+seedsMost; seed++ {
				plan := planOf(seed)
				plan.Delivery = live.ExactlyOnce
				if name == noFenceBug && plan.Release == Kafka4 {
					plan.Release = Kafka3
				}
				if r := simulate(t, plan, bug); len(r.Violations) > 0 {
					t.Logf("found by seed %d: %.300s", seed, r.Violations[0])
					return
				}
			}
			t.Errorf("not found by %d seeds", seedsMost)
		})
	}
	for name, bug := range planted {
		find(name, bug, NewPlan)
	}
	for name, bug := range universeBugs {
		find(name, bug, NewUniversePlan)
	}
}

// TestLossyReload demands that a RESOLVE which is lost on reload is found.
func TestLossyReload(t *testing.T) {
	for seed := *fromFlag; seed < *fromFlag+20; seed++ {
		plan := NewPlan(seed)
		plan.Delivery, plan.LossyReload = live.ExactlyOnce, true
		if r := simulate(t, plan, nil); len(r.Violations) > 0 {
			t.Logf("found by seed %d: %.300s", seed, r.Violations[0])
			return
		}
	}
	t.Error("not found by 20 seeds")
}

// TestCrashLoop kills a process again and again before a change is due for its
// snapshot. Each start must come further than the one before: the low-water moves,
// though nothing but what is read again is ever written.
func TestCrashLoop(t *testing.T) {
	plan := NewPlan(1)
	plan.Delivery, plan.Instances, plan.Static, plan.Bars, plan.Gap = live.ExactlyOnce, 1, true, 120,
		300*time.Millisecond
	plan.Snapshots, plan.Rates, plan.Events = time.Hour, Rates{}, nil
	for at := time.Second; at < 30*time.Second; at += 2500 * time.Millisecond {
		plan.Events = append(plan.Events, Event{At: at, Kind: Crash, For: 50 * time.Millisecond})
	}
	r := simulate(t, plan, nil)
	for _, v := range r.Violations {
		t.Error(v)
	}
	if len(r.LowWater) == 0 {
		t.Error("no partition has a checkpoint")
	}
	for p, low := range r.LowWater {
		t.Logf("partition %d: low-water %d of %d", p, low, r.Input[p])
		if low < int64(r.Input[p]/3) {
			t.Errorf("partition %d: the low-water is %d of %d after twelve crashes", p, low, r.Input[p])
		}
	}
}
