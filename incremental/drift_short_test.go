//go:build !long

package incremental_test

// driftBars is how far the drift tests run; `-tags long` runs 10 million.
const driftBars = 300_000
