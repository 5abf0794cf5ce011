package seed_test

import (
	"testing"

	"pgregory.net/rapid"

	"streamd/internal/seed"
)

func TestSeedsAreFixed(t *testing.T) {
	t.Setenv("STREAMD_SEED", "")
	first := seed.Of(t)
	if again := seed.Of(t); again != first {
		t.Errorf("two seeds of one test: %d and %d", first, again)
	}
	t.Run("other", func(t *testing.T) {
		if other := seed.Of(t); other == first {
			t.Errorf("two tests have the seed %d", other)
		}
	})
	t.Setenv("STREAMD_SEED", "7")
	if seed.Of(t) == first {
		t.Error("STREAMD_SEED changes nothing")
	}
}

func TestCheckRepeats(t *testing.T) {
	draw := func() (drawn []int) {
		seed.Check(t, func(t *rapid.T) { drawn = append(drawn, rapid.Int().Draw(t, "x")) })
		return drawn
	}
	first, again := draw(), draw()
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("draw %d is %d, then %d", i, first[i], again[i])
		}
	}
}
