// Package sinktest holds a sink to the contract of sink.Sink. The test of a sink is
//
//	func TestFile(t *testing.T) { sinktest.Run(t, func(t *testing.T) sinktest.Medium { ... }) }
package sinktest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"streamd/sink"
)

// Medium is the far end of a sink under test: a file, a server, a pipe.
type Medium interface {
	// Open returns a sink to the medium, as at the start of a process.
	Open() (sink.Sink, error)
	// Break has the medium take so many signals more, or a part of the next one, and
	// then none until Mend.
	Break(signals int)
	Mend()
	// Arrived returns the signals that have arrived, in their order.
	Arrived() ([][]byte, error)
}

// Run runs the tests of the contract, each with a medium of its own.
func Run(t *testing.T, medium func(t *testing.T) Medium) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Medium)
	}{
		{"order", order},
		{"refused", refused},
		{"payloads belong to the caller", owned},
		{"opened again", openedAgain},
		{"closed after a failure", closedAfterFailure},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, medium(t)) })
	}
}

func order(t *testing.T, m Medium) {
	s := open(t, m)
	for _, b := range [][][]byte{batch(0, 3), batch(3, 1), {}, batch(4, 500)} {
		write(t, s, b)
	}
	closeSink(t, s)
	holds(t, m, batch(0, 504), 0)
}

// refused breaks the medium in the middle of a batch. The batch is written again until it
// is taken; all of it arrives, and in order, and only signals of this batch may repeat.
func refused(t *testing.T, m Medium) {
	s := open(t, m)
	write(t, s, batch(0, 2))
	again := batch(2, 5)
	m.Break(2)
	for range 3 {
		if err := s.Write(t.Context(), again); err == nil {
			t.Fatal("Write succeeds while the medium takes nothing")
		}
	}
	m.Mend()
	write(t, s, again)
	write(t, s, batch(7, 2))
	closeSink(t, s)
	holds(t, m, batch(0, 9), len(again)*3)
}

func owned(t *testing.T, m Medium) {
	s := open(t, m)
	for i := range 3 {
		b := batch(10*i, 10)
		write(t, s, b)
		if want := batch(10*i, 10); !slices.EqualFunc(b, want, bytes.Equal) {
			t.Fatal("Write has changed the payloads")
		}
		for _, payload := range b {
			clear(payload) // the caller may use the memory for something else
		}
	}
	closeSink(t, s)
	holds(t, m, batch(0, 30), 0)
}

func openedAgain(t *testing.T, m Medium) {
	for i := range 3 {
		s := open(t, m)
		write(t, s, batch(4*i, 4))
		closeSink(t, s)
	}
	holds(t, m, batch(0, 12), 0)
}

// closedAfterFailure is a process that ends while its medium takes nothing. The next
// process must be able to go on.
func closedAfterFailure(t *testing.T, m Medium) {
	s := open(t, m)
	m.Break(0)
	if err := s.Write(t.Context(), batch(0, 1)); err == nil {
		t.Fatal("Write succeeds while the medium takes nothing")
	}
	_ = s.Close() // what it says is for the log
	m.Mend()
	s = open(t, m)
	write(t, s, batch(1, 3))
	closeSink(t, s)
	got, err := m.Arrived()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 3 || !slices.EqualFunc(got[len(got)-3:], batch(1, 3), bytes.Equal) {
		t.Errorf("the next process's signals are not there whole: %q", got)
	}
}

// batch returns n payloads, numbered from a number on.
func batch(from, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = fmt.Appendf(nil, `{"id":"%032x","symbol":"S","metadata":{}}`, from+i)
	}
	return all
}

func open(t *testing.T, m Medium) sink.Sink {
	t.Helper()
	s, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, s sink.Sink, b [][]byte) {
	t.Helper()
	if err := s.Write(context.WithoutCancel(t.Context()), b); err != nil {
		t.Fatal(err)
	}
}

func closeSink(t *testing.T, s sink.Sink) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// holds reports a signal that is missing, torn or before its turn, and more repeated ones
// than there may be.
func holds(t *testing.T, m Medium, want [][]byte, repeatsMax int) {
	t.Helper()
	got, err := m.Arrived()
	if err != nil {
		t.Fatal(err)
	}
	next, repeats := 0, 0
	for _, payload := range got {
		switch at := slices.IndexFunc(want, func(w []byte) bool { return bytes.Equal(w, payload) }); {
		case at < 0:
			t.Fatalf("signal %q was not sent so", payload)
		case at == next:
			next++
		case at < next:
			repeats++
		default:
			t.Fatalf("signal %d came where %d was due", at, next)
		}
	}
	if next < len(want) {
		t.Errorf("%d of %d signals have arrived", next, len(want))
	}
	if repeats > repeatsMax {
		t.Errorf("%d signals came again, %d may", repeats, repeatsMax)
	}
}
