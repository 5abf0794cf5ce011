package incremental_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"streamd/incremental"
)

// After the stated warm-up a run that began late agrees with one that did not,
// up to the stated share of the values' spread.
func TestWarmupForgetsTheSeed(t *testing.T) {
	const eps, bars = 1e-4, 6000
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		if row.Warmup == nil {
			return
		}
		for _, a := range []incremental.Args{row.Defaults(), randomArgs(rng, row)} {
			for i, p := range row.Params {
				if p.Kind == incremental.MA && a.MAType(i).String() == "mama" {
					a[i].Num = 0 // its speed depends on a phase: no bound holds for what is fed from it
				}
			}
			warm := bind(t, row, a).Warmup(eps)
			if warm == incremental.NeverForgets {
				continue
			}
			b := bind(t, row, a)
			cols := walk(rng, row, 2*bars)
			late := make([][]float64, len(cols))
			from := bars
			for k := range cols {
				late[k] = cols[k][from:]
			}
			all, _ := run(b, cols, 500)
			got, _ := run(b, late, 500)
			for k := range got {
				low, high := math.Inf(1), math.Inf(-1)
				for _, v := range all[k][b.Lookback:] {
					if v == v {
						low, high = min(low, v), max(high, v)
					}
				}
				// Where the phase of mama is at the turn of a quadrant, a difference
				// below any eps decides its speed for a bar: that is forgotten again,
				// but no bound holds for when it happens.
				turns := 0
				if row.Name == "mama" {
					turns = (len(got[k]) - warm) / 20
				}
				for i := b.Lookback + warm; i < len(got[k]); i++ {
					if d := math.Abs(got[k][i] - all[k][from+i]); d > 3*eps*(high-low) {
						if turns--; turns < 0 {
							t.Fatalf("args %v: %s differs by %v of its spread after %d bars", a, row.Outputs[k].Name,
								d/(high-low), i)
						}
					}
				}
			}
		}
	})
}
