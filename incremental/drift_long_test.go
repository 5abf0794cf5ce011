//go:build long

package incremental_test

const driftBars = 10_000_000
