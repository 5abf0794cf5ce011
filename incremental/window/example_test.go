package window_test

import (
	"fmt"

	"streamd/incremental/window"
)

// A type's memory is a slice that the caller holds: zeroed it is "before the first value".
func ExampleMean() {
	mean := window.NewMean(3)
	state := make([]float64, mean.Len())
	for _, x := range []float64{1, 2, 3, 4} {
		fmt.Println(mean.Push(state, x))
	}
	// Output:
	// NaN
	// NaN
	// 2
	// 3
}
