package incremental_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"streamd/incremental"
)

// What may go wrong in a market for a few bars. Each changes the bars from..to
// of the columns of a row.
var disturbances = map[string]func(row *incremental.Row, cols [][]float64, from, to int){
	"spike": func(row *incremental.Row, cols [][]float64, from, _ int) {
		for k, in := range row.Inputs {
			if in != incremental.Time && in != incremental.Cond {
				cols[k][from] *= 1e9
			}
		}
	},
	"still": func(row *incremental.Row, cols [][]float64, from, to int) { // one price, no range
		for k, in := range row.Inputs {
			if in != incremental.Time && in != incremental.Cond && in != incremental.Volume {
				for i := from; i < to; i++ {
					cols[k][i] = 100
				}
			}
		}
	},
	"no volume": func(row *incremental.Row, cols [][]float64, from, to int) {
		for k, in := range row.Inputs {
			if in == incremental.Volume {
				clear(cols[k][from:to])
			}
		}
	},
	"zero": func(row *incremental.Row, cols [][]float64, from, to int) {
		for k, in := range row.Inputs {
			if in != incremental.Time && in != incremental.Cond {
				clear(cols[k][from:to])
			}
		}
	},
}

// fewBars is how far the warm-up of a windowed function reaches at most.
const fewBars = 4

// TestNothingPoisons: a windowed function has forgotten a disturbance once it
// has left the window, to the last digits; a recursive one has values again.
func TestNothingPoisons(t *testing.T) {
	const from, to = 300, 360
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		b := bind(t, row, randomArgs(rng, row))
		// Some windows reach a few bars beyond the lookback.
		warmup := b.Warmup(1e-9)
		forgets := warmup <= fewBars
		calm := walk(rng, row, to+2*b.Lookback+400)
		want, _ := run(b, calm, 64)
		for name, disturb := range disturbances {
			cols := make([][]float64, len(calm))
			for k := range calm {
				cols[k] = slices.Clone(calm[k])
			}
			disturb(row, cols, from, to)
			got, _ := run(b, cols, 64)
			for k, out := range row.Outputs {
				scale := greatest(want[k]) // a difference of means that is nearly 0 has lost digits in both runs
				what := fmt.Sprintf("%s, args %v: %s", name, b.Args, out.Name)
				for i := to + b.Lookback + max(1, warmup); i < len(got[k]); i++ {
					if forgets && !near(got[k][i], want[k][i], 1e-9) &&
						!(math.Abs(got[k][i]-want[k][i]) <= 1e-10*scale) {
						t.Fatalf("%s[%d] = %v, without it %v", what, i, got[k][i], want[k][i])
					}
					if math.IsNaN(got[k][i]) && !math.IsNaN(want[k][i]) || math.IsInf(got[k][i], 0) {
						t.Fatalf("%s[%d] = %v long after bar %d", what, i, got[k][i], to)
					}
				}
			}
		}
	})
}

// TestPeekLeavesNoTrace: a step on a copy of the state, as for a forming candle,
// changes neither the inputs nor what follows, and is repeatable.
func TestPeekLeavesNoTrace(t *testing.T) {
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		b := bind(t, row, randomArgs(rng, row))
		n := b.Lookback + 60
		calm, forming := walk(rng, row, n), walk(rng, row, n)
		want, _ := run(b, calm, 1)
		tapes, in := make([][]float64, len(calm)), make([][]float64, len(calm))
		for k := range calm {
			tapes[k] = b.NewInput(n)
		}
		inScratch, outScratch := make([][]float64, len(in)), make([][]float64, len(row.Outputs))
		state, scratch := make([]float64, b.State), make([]float64, b.State)
		step := func(state []float64, i int, bars [][]float64) [][]float64 {
			out := make([][]float64, len(row.Outputs))
			for k := range out {
				out[k] = make([]float64, 1)
			}
			for k := range tapes {
				tapes[k][b.History+i] = bars[k][i]
				in[k] = tapes[k][i : i+b.History+1]
			}
			b.StepRuns(state, in, out, inScratch, outScratch)
			for k := range tapes {
				if tapes[k][b.History+i] != bars[k][i] {
					t.Fatalf("bar %d: the kernel wrote into its input", i)
				}
			}
			return out
		}
		for i := range n {
			copy(scratch, state)
			first := step(scratch, i, forming)
			copy(scratch, state)
			sameBits(t, fmt.Sprintf("bar %d peeked twice, args %v", i, b.Args), step(scratch, i, forming), first)
			got := step(state, i, calm)
			for k := range want {
				sameBits(t, fmt.Sprintf("bar %d after a peek, args %v", i, b.Args), got[k:k+1],
					[][]float64{want[k][i : i+1]})
			}
		}
	})
}
