// Package seed gives tests with random input their random numbers.
//
// A test draws the same numbers in every run, so that none fails by luck. The variable
// STREAMD_SEED, a whole number, makes them others: `make long` draws one for each round, and a
// test that fails says with which value it can be repeated.
//
//	rng := seed.Rand(t)
//	seed.Check(t, func(t *rapid.T) { … })
package seed

import (
	"flag"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// Of returns the seed of a test: it depends on STREAMD_SEED (0 where it is not set) and on the
// test's name, so that the rounds of a long run differ, and tests beside each other too.
func Of(t testing.TB) uint64 {
	t.Helper()
	base := uint64(0)
	if text := os.Getenv("STREAMD_SEED"); text != "" {
		var err error
		if base, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("STREAMD_SEED: %q is not a whole number", text)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with STREAMD_SEED=%d", base)
		}
	})
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return h.Sum64() ^ rand.New(rand.NewPCG(base, 0)).Uint64()
}

// Rand returns random numbers from the seed of a test.
func Rand(t testing.TB) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(Of(t), 1))
}

// Check is rapid.Check from the seed of a test, unless rapid's own -rapid.seed is given. Tests
// that use it may not run in parallel: rapid takes its seed from a flag.
func Check(t *testing.T, property func(t *rapid.T)) {
	t.Helper()
	given := flag.Lookup("rapid.seed")
	if given.Value.String() == "0" {
		set := func(text string) {
			if err := given.Value.Set(text); err != nil {
				t.Fatal(err)
			}
		}
		set(strconv.FormatUint(Of(t), 10))
		defer set("0")
	}
	rapid.Check(t, property)
}
