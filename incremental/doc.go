// Package incremental holds the indicator table: one row and one small file
// per indicator, each a kernel that updates in O(1) per bar.
//
// A kernel steps over a block of bars. Its whole memory is its slice of a flat
// []float64 slab, so a snapshot is a copy, a peek is a step on a scratch copy,
// and the garbage collector sees nothing. Whatever the block sizes, the bits
// of the result are the same.
//
// The reference for every function that it has is TA-Lib C 0.8.1: same seeds,
// same lookback, 1e-9 relative. The rows name their source where it is another.
package incremental
