// Package stream holds the Engine: candles in, matches and state changes out.
//
// The engine does no I/O, reads no clock and starts no goroutine. Time arrives
// in the candles; what happened leaves as return values. One goroutine owns an
// engine, and an engine owns its series. Live hands it blocks of one bar,
// replay blocks of thousands: it is the same path, and the results are the same
// to the bit.
package stream
