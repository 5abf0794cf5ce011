//go:build race

package seed

// Race says that the test runs under the race detector, which takes some seven times as long: tests of much arithmetic
// and no goroutines draw less then.
const Race = true
