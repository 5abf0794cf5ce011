package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"

	"streamd/replay"
)

// The variant universe has formulas that look at other series. Three daemons share the partitions, any of them is
// killed, and the market is such that bars must be closed without somebody.

const universeFormulas = `
  - {name: strong, expression: "top(roc(close, 5), 10)"}
  - {name: turned, expression: "rank(ema(close, 9)) < rank(ema(close, 9))[1] and rank(volume) <= 5"}
  - {name: leader, expression: "roc(close, 3) > 2 * sym('SYM03', roc(close, 3)) and volume > 990"}
  - {name: same, expression: "sym('SYM05', close > close[1], 'aligned') and volume < 104", mode: edge}
  - {name: most, expression: "breadth(close > close[1]) > 55 and xscore(close) > 2.5 and volume > 900"}
  - {name: alone, expression: "close > sma(close, 5)", mode: edge, for: 3}
universe: {grace: 1s}
`

// killAny is kill -9 of one of the daemons.
func (r *rig) killAny(ctx context.Context) error {
	d := r.daemons[r.rng.IntN(len(r.daemons))]
	r.live(ctx, d)
	d.kill()
	return d.start()
}

// disturbance holds candles back, or keeps them.
type disturbance struct {
	rng   *rand.Rand
	held  [][][]byte // by symbol, in their order
	until []int      // the tick at which they come, by symbol
}

func newDisturbance(seed uint64, symbols int) *disturbance {
	return &disturbance{
		rng: rand.New(rand.NewPCG(seed, 3)), held: make([][][]byte, symbols), until: make([]int, symbols),
	}
}

// The last warm bars come undisturbed. Then symbols miss bars; the fourth one is halted for longer than members are
// waited for; some are behind for a few bars; and the second partition is idle now and then.
const (
	missOf, delayOf          = 200, 500 // one candle in so many
	delayMost                = 6        // bars
	haltEvery, haltBars      = 200, 70
	idleEvery, idleBars      = 100, 4
	haltedSymbol, idleNumber = 3, 1
)

// pass returns what comes of a symbol on a tick, given the messages of its bar.
func (d *disturbance) pass(s, partition, tick int, messages [][]byte) [][]byte {
	if tick < universeWarm {
		return messages
	}
	miss, delay := d.rng.IntN(missOf) == 0, d.rng.IntN(delayOf) == 0
	if miss || s == haltedSymbol && tick%haltEvery < haltBars {
		messages = nil
	}
	if delay && d.until[s] <= tick {
		d.until[s] = tick + 1 + d.rng.IntN(delayMost)
	}
	d.held[s] = append(d.held[s], messages...)
	if d.until[s] > tick || partition == idleNumber && tick%idleEvery < idleBars {
		return nil
	}
	messages, d.held[s] = d.held[s], nil
	return messages
}

// verifyUniverse compares the signals with a replay of the topic, which reads who was left out.
func (r *rig) verifyUniverse(ctx context.Context, rep *report) error {
	c := exec.CommandContext(ctx, r.Binary, "verify", "-c", r.daemons[0].config, "-o", "json")
	out, failed := c.Output()
	var v replay.Verification
	if err := json.Unmarshal(out, &v); err != nil {
		return fmt.Errorf("kill: streamd verify: %w", errors.Join(err, failed))
	}
	rep.Signals, rep.Missing, rep.Duplicate = v.Replayed, len(v.Missing), len(v.Duplicate)
	rep.Different = len(v.Different) + len(v.Unexpected)
	for what, texts := range map[string][]string{
		"missing": v.Missing, "twice": v.Duplicate, "different": v.Different, "unexpected": v.Unexpected,
	} {
		for _, text := range texts {
			rep.example("%s %s", what, text)
		}
	}
	left, err := r.read(ctx, r.run+"-barriers")
	if err != nil {
		return err
	}
	for _, w := range left {
		if strings.Contains(w.value, `"left_out":`) || strings.Contains(w.value, `"symbol":`) {
			rep.LeftOut++
		}
	}
	if rep.Signals == 0 || rep.LeftOut == 0 {
		return fmt.Errorf("kill: %d signals, %d records of who was left out", rep.Signals, rep.LeftOut)
	}
	return nil
}

// universeWarm is warmBars of the variant.
const universeWarm = 30
