// Package sim is a simulator of the live path: real engines, consumers,
// delivery and stores against an embedded broker, in the fake time of
// testing/synctest, with faults drawn from a seed. It exists for its tests.
//
//	plan.go     what a seed decides: sizes, fault rates, the events and when
//	world.go    one run: broker, candles, instances, and the end of it
//	instance.go one streamd process: start, crash, freeze, stop, its disk
//	network.go  the connections of an instance, with faults by the request
//	producers.go fencing that the embedded broker lacks
//	frames.go   requests and answers as bytes
//	bugs.go     planted bugs, which the checks must find
//	oracle.go   what an uninterrupted run gives
//	check.go    the invariants, checked as records become visible
//	universe.go the same where formulas look at other series: candles that are held up, and what a replay finds
//	universe_bugs.go planted bugs of that
//
// A seed fixes the candles, the events with their times, and the fate of the
// n-th request of each kind of each process. Natively it does not fix the order
// in which goroutines run that are ready at the same instant, nor the choices of
// select, of map iteration and of retry jitter: the runtime seeds these for
// itself, and Go has no way to set them. Every message takes a drawn, distinct
// time on its way, which leaves few ties, and a seed that fails now and then is
// run several times. Compiled for wasip1 and run by tools/simhost (make
// sim-exact) all of it is drawn from numbers: the same seed gives the same run,
// byte for byte of its trace, at a tenth of the speed.
package sim
