package incremental_test

import (
	"fmt"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// A kernel steps over a block of bars, and its whole memory is its slice of state: a copy of that is a snapshot.
func ExampleKernel() {
	ema, err := catalog.New().Row("ema").With(incremental.Args{{Num: 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	state, out := make([]float64, ema.State), [][]float64{make([]float64, 3)}
	ema.Kernel.Step(state, [][]float64{{1, 2, 3}}, out)
	snapshot := append([]float64(nil), state...)

	next := [][]float64{make([]float64, 1)}
	ema.Kernel.Step(state, [][]float64{{4}}, next)
	fmt.Println(out[0], next[0])
	ema.Kernel.Step(snapshot, [][]float64{{8}}, next)
	fmt.Println("with another fourth bar", next[0])
	// Output:
	// [NaN NaN 2] [3]
	// with another fourth bar [5]
}
