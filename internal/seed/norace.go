//go:build !race

package seed

// Race says that the test runs under the race detector.
const Race = false
