// Package replay drives the engine over history: scans, and what else is asked
// of thousands of series at once. Live and replay are the two drivers of the
// one engine, and their matches are the same to the byte.
//
// A job reads its history series by series, works on as many at a time as it
// has workers, and lets go of the candles of those that are done.
package replay
