package ringbuf_test

import (
	"fmt"

	"streamd/ringbuf"
)

func ExampleRing() {
	closes := ringbuf.New[float64](3)
	for _, c := range []float64{10, 11, 12, 13} {
		closes.Push(c)
	}
	fmt.Println("newest", closes.At(0), "oldest", closes.At(closes.Len()-1))
	fmt.Println("in order", closes.Tail(make([]float64, closes.Cap()), closes.Len()))
	// Output:
	// newest 13 oldest 11
	// in order [11 12 13]
}
