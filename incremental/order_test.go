package incremental

import (
	"fmt"
	"slices"
	"testing"

	"streamd/incremental/window"
	"streamd/internal/seed"
)

// The order of a window must be that of a plain sort, in the array and in the
// tree, while it fills and after, with many ties and with none.
func TestOrderIsThatOfASort(t *testing.T) {
	for _, n := range []int{1, 2, 5, 300, window.OrderArrayMax, window.OrderArrayMax + 1} {
		for _, distinct := range []int{1, 3, 40, 1 << 30} {
			t.Run(fmt.Sprintf("%d of %d", n, distinct), func(t *testing.T) {
				rng := seed.Rand(t)
				o := window.Order{N: n}
				state := make([]float64, o.Len())
				var tape []float64
				for range 3*n + 50 {
					v := float64(rng.IntN(distinct)) - float64(distinct/2)
					old := 0.0
					if len(tape) >= n {
						old = tape[len(tape)-n]
					}
					tape = append(tape, v)
					o.Push(state, v, old)
					if n > 300 && len(tape)%97 > 1 { // a sort per value would take too long
						continue
					}
					want := slices.Sorted(slices.Values(tape[max(0, len(tape)-n):]))
					k := rng.IntN(len(want))
					if got := o.At(state, k); got != want[k] {
						t.Fatalf("value %d: rank %d is %v, want %v", len(tape), k, got, want[k])
					}
					probe := want[k] + float64(rng.IntN(2))
					below, _ := slices.BinarySearch(want, probe)
					if got := o.Below(state, probe); got != below {
						t.Fatalf("value %d: %d below %v, want %d", len(tape), got, probe, below)
					}
				}
			})
		}
	}
}

// A rising or falling tape must not degrade the tree: its depth stays within a
// few times the logarithm.
func TestTreapStaysShallow(t *testing.T) {
	const n = window.OrderArrayMax + 1000
	for name, value := range map[string]func(i int) float64{
		"rising": func(i int) float64 { return float64(i) }, "falling": func(i int) float64 { return -float64(i) },
		"equal": func(int) float64 { return 1 }, "sawtooth": func(i int) float64 { return float64(i % 100) },
	} {
		o := window.Order{N: n}
		state := make([]float64, o.Len())
		for i := range 3 * n {
			o.Push(state, value(i), 0)
		}
		tree := window.NewTreap(state[2:], n)
		var depth func(s float64) int
		depth = func(s float64) int {
			if s == 0 {
				return 0
			}
			return 1 + max(depth(tree.Left[int(s)]), depth(tree.Right[int(s)]))
		}
		if d := depth(*tree.Root); d > 60 {
			t.Errorf("%s: %d values stand %d deep", name, n, d)
		}
	}
}
