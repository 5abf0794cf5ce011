// Package sim is a simulator of the live path: real engines, consumers,
// delivery and stores against an embedded broker, in the fake time of
// testing/synctest, with faults drawn from a seed. It exists for its tests.
//
//	plan.go     what a seed decides: sizes, fault rates, the events and when
//	world.go    one run: broker, candles, instances, and the end of it
//	instance.go one streamd process: start, crash, freeze, stop, its disk
//	network.go  the connections of an instance, with faults by the request
//	bugs.go     planted bugs, which the checks must find
//	oracle.go   what an uninterrupted run gives
//	check.go    the invariants, checked as records become visible
//
// A seed fixes the candles, the events with their times, and the fate of the
// n-th request of each kind of each process. It does not fix the order in which
// the Go scheduler runs goroutines that are ready at the same instant, nor the
// choices of select and of map iteration, whose random state the runtime seeds
// for itself: so every message takes a drawn, distinct time on its way, which
// leaves few ties, and a failing seed is replayed several times.
package sim
