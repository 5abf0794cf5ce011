package closing

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"streamd/across"
	"streamd/candle"
	"streamd/history"
	"streamd/internal/markettest"
	"streamd/internal/scantest"
	"streamd/internal/seed"
	"streamd/replay"
)

var seedsFlag = flag.Uint64("closing.seeds", 6, "how many seeds TestPlantedBugs runs without a bug")

// The planted bugs, which the checks must find.
const (
	bugUnrecorded = "a decision is not recorded"
	bugForEver    = "a missing one is waited for for ever"
	bugTwice      = "a member is counted twice"
	bugEarly      = "a bar is visible before its commit"
	bugZombie     = "a bar is written again after a takeover"
)

// countTwice is bugTwice: a series is taken under a second name.
func (d *driven) countTwice(p, n int) {
	m := d.logs[p][n]
	if d.bug == bugTwice && string(m.Symbol) == "S00" {
		m.Symbol = []byte("S0")
		d.machine.Take(int32(p), &m, false)
	}
}

// crashBetween ends a process that has closed a bar and has not committed it.
func (d *driven) crashBetween(c *Closed) {
	state := d.state
	switch d.bug {
	case bugEarly: // the records are out, the state is the one before
		d.commit(c.Records, nil)
		d.state = state
		d.start()
	case bugZombie: // the successor has begun, and nothing fences the process before
		zombie := d.machine
		d.start()
		successor := d.machine
		d.machine = zombie
		d.commit(c.Records, c.Decisions)
		d.machine, d.state = successor, state
	default:
		d.start()
	}
}

// delay lets some candles of each partition come several bars later, behind those of other series.
func (d *driven) delay() {
	for p, log := range d.logs {
		held := map[string]int{} // how many candles of the partition a series is held for
		var waiting, out []candle.Message
		for i, m := range log {
			symbol := string(m.Symbol)
			if i > 60 && held[symbol] == 0 && d.rng.IntN(60) == 0 {
				held[symbol] = 15 + d.rng.IntN(15)
			}
			if held[symbol] > 0 {
				waiting = append(waiting, m)
			} else {
				out = append(out, m)
			}
			for s := range held {
				if held[s] = max(0, held[s]-1); held[s] == 0 {
					waiting = slices.DeleteFunc(waiting, func(w candle.Message) bool {
						if string(w.Symbol) == s {
							out = append(out, w)
							return true
						}
						return false
					})
				}
			}
		}
		d.logs[p] = append(out, waiting...)
	}
	d.start()
}

// replayed is what history finds that reads the recorded decisions.
func (d *driven) replayed(tapes []history.Tape) []string {
	left := replay.NewOmissions()
	for _, r := range d.decisions {
		tf, err := candle.ParseTimeframe(r.Timeframe)
		if err != nil {
			d.t.Fatal(err)
		}
		if r.Symbol != "" {
			left.AddSymbol(tf, "sym:"+r.Symbol, r.At, *r.AsOf)
		} else {
			left.Add(tf, r.Universe, r.At, r.LeftOut)
		}
	}
	lines, err := scantest.Lines(d.t.Context(), &replay.Job{
		Data: history.Data{Memory: tapes}, Workers: 1, Others: true, Universes: testUniverses, Formulas: testFormulas,
		Admission: across.Admission{Join: 2, Silent: 8},
		LeftOut:   func(context.Context) (*replay.Omissions, error) { return left, nil },
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return lines
}

// violation runs a market with late candles and crashes, and returns the first invariant that does not hold.
func violation(t *testing.T, seed uint64, bug string) string {
	tapes := markettest.Draw(t, rand.New(rand.NewPCG(seed, 18)), 11, 60)
	d := newDriven(t, seed, testRules(t, testUniverses, testFormulas), tapes, 2+int(seed%3))
	d.bug = bug
	d.delay()
	d.run(400)
	switch got, want := d.matches(), d.replayed(tapes); {
	case d.wrong != "":
		return d.wrong
	case d.machine.Pending() > 0:
		return fmt.Sprintf("%d bars wait for ever: %+v", d.machine.Pending(), d.machine.Waits())
	case !slices.Equal(got, want):
		return fmt.Sprintf("%d matches, the replay has %d; %s", len(got), len(want), markettest.Difference(got, want))
	}
	return ""
}

// TestPlantedBugs demands that each bug is found, and that runs without one pass.
func TestPlantedBugs(t *testing.T) {
	drawn := seed.Of(t)
	for seed := drawn; seed < drawn+*seedsFlag; seed++ {
		if wrong := violation(t, seed, ""); wrong != "" {
			t.Errorf("seed %d without a bug: %s", seed, wrong)
		}
	}
	const seedsMost = 6
	for _, bug := range []string{bugUnrecorded, bugForEver, bugTwice, bugEarly, bugZombie} {
		found := ""
		for seed := uint64(0); seed < seedsMost && found == ""; seed++ {
			if found = violation(t, seed, bug); found != "" {
				t.Logf("%s: seed %d: %.150s", bug, seed, found)
			}
		}
		if found == "" {
			t.Errorf("%s: not found by %d seeds", bug, seedsMost)
		}
	}
}
