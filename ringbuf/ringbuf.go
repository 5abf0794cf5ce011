// Package ringbuf holds a ring of fixed capacity: the newest values of a stream, the oldest overwritten by each push.
// A series keeps its last 500 candles in one, and a new formula warms from it.
package ringbuf

import "fmt"

// DefaultCapacity is the number of bars kept per series unless configured.
const DefaultCapacity = 500

// Ring keeps the newest Cap values pushed to it. It allocates once, in New,
// and is not safe for concurrent use.
type Ring[T any] struct {
	values []T
	next   int // where the next push goes
	length int
}

// New returns an empty ring for capacity values. It panics when capacity is
// less than one.
func New[T any](capacity int) *Ring[T] {
	if capacity < 1 {
		panic(fmt.Sprintf("ringbuf: capacity %d is less than 1", capacity))
	}
	return &Ring[T]{values: make([]T, capacity)}
}

// Push adds v as the newest value and drops the oldest of a full ring.
func (r *Ring[T]) Push(v T) {
	r.values[r.next] = v
	r.next++
	if r.next == len(r.values) {
		r.next = 0
	}
	if r.length < len(r.values) {
		r.length++
	}
}

// At returns the value that was pushed i pushes before the newest: At(0) is
// the newest, At(Len()-1) the oldest. It panics when i is outside of these.
func (r *Ring[T]) At(i int) T { return r.values[r.index(i)] }

// Set replaces the value that At(i) returns. It panics as At does.
func (r *Ring[T]) Set(i int, v T) { r.values[r.index(i)] = v }

// Len returns how many values the ring holds, Cap at most.
func (r *Ring[T]) Len() int { return r.length }

// Cap returns how many values the ring can hold.
func (r *Ring[T]) Cap() int { return len(r.values) }

// Tail copies the n newest values into dst, oldest first, and returns that
// part of dst. It panics when n is negative, over Len, or over len(dst).
func (r *Ring[T]) Tail(dst []T, n int) []T {
	if n < 0 || n > r.length || n > len(dst) {
		panic(fmt.Sprintf("ringbuf: tail of %d from %d values into %d", n, r.length, len(dst)))
	}
	start := r.next - n
	if start >= 0 {
		copy(dst, r.values[start:r.next])
		return dst[:n]
	}
	wrapped := copy(dst, r.values[start+len(r.values):])
	copy(dst[wrapped:], r.values[:r.next])
	return dst[:n]
}

// Reset empties the ring and drops the values it held.
func (r *Ring[T]) Reset() {
	clear(r.values)
	r.next, r.length = 0, 0
}

func (r *Ring[T]) index(i int) int {
	if i < 0 || i >= r.length {
		panic(fmt.Sprintf("ringbuf: index %d of %d values", i, r.length))
	}
	i = r.next - 1 - i
	if i < 0 {
		i += len(r.values)
	}
	return i
}
