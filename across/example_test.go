package across_test

import (
	"fmt"

	"streamd/across"
)

// The members of a bar are added in any order, and ranked together.
func Example() {
	var bar across.Vector
	bar.Reset()
	for member, value := range []float64{3, 9, 9, 1} {
		bar.Add(int32(member), value, 0)
	}
	bar.Close(true)
	for place, e := range bar.Entries() {
		fmt.Println(e.Member, e.Value, "rank", bar.At(across.Above, place)+1)
	}
	fmt.Println("mean", bar.Of(across.Mean))
	// Output:
	// 3 1 rank 4
	// 0 3 rank 3
	// 1 9 rank 1
	// 2 9 rank 1
	// mean 5.5
}
