package ringbuf_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"streamd/internal/seed"
	"streamd/ringbuf"
)

// TestRingAgainstSlice pushes, replaces and reads at random, and expects what a
// slice of everything pushed says.
func TestRingAgainstSlice(t *testing.T) {
	seed.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 9).Draw(t, "capacity")
		ring := ringbuf.New[int](capacity)
		var want []int
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"push": func(*rapid.T) {
				ring.Push(next)
				want = append(want, next)
				want = want[max(0, len(want)-capacity):]
				next++
			},
			"set": func(t *rapid.T) {
				if len(want) == 0 {
					return
				}
				i := rapid.IntRange(0, len(want)-1).Draw(t, "i")
				ring.Set(i, -next)
				want[len(want)-1-i] = -next
			},
			"reset": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "often") == 0 {
					ring.Reset()
					want = want[:0]
				}
			},
			"": func(t *rapid.T) {
				if ring.Len() != len(want) || ring.Cap() != capacity {
					t.Fatalf("len %d cap %d, want %d and %d", ring.Len(), ring.Cap(), len(want), capacity)
				}
				for i := range want {
					if got := ring.At(i); got != want[len(want)-1-i] {
						t.Fatalf("At(%d) = %d, want %d", i, got, want[len(want)-1-i])
					}
				}
				n := rapid.IntRange(0, len(want)).Draw(t, "n")
				if got := ring.Tail(make([]int, capacity), n); !slices.Equal(got, want[len(want)-n:]) {
					t.Fatalf("Tail(%d) = %v, want %v", n, got, want[len(want)-n:])
				}
			},
		})
	})
}

func TestMisusePanics(t *testing.T) {
	ring := ringbuf.New[int](3)
	ring.Push(1)
	misuses := map[string]func(){
		"capacity of none": func() { ringbuf.New[int](0) },
		"at len":           func() { ring.At(1) },
		"negative at":      func() { ring.At(-1) },
		"set past len":     func() { ring.Set(2, 0) },
		"tail over len":    func() { ring.Tail(make([]int, 3), 2) },
		"negative tail":    func() { ring.Tail(make([]int, 3), -1) },
		"tail into less":   func() { ring.Tail(nil, 1) },
	}
	for name, misuse := range misuses {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			misuse()
		})
	}
}

func TestNoAllocationAfterNew(t *testing.T) {
	ring := ringbuf.New[[6]float64](ringbuf.DefaultCapacity)
	tail := make([][6]float64, ringbuf.DefaultCapacity)
	allocs := testing.AllocsPerRun(1000, func() {
		ring.Push([6]float64{1, 2, 3, 4, 5, 6})
		ring.Tail(tail, ring.Len())
	})
	if allocs != 0 {
		t.Errorf("%v allocations per push and tail", allocs)
	}
}
