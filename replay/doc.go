// Package replay drives the engine over history: scans, backtests, sweeps, pattern
// discovery and reports over thousands of series at once. Live and replay are the two drivers of the
// one engine, and their matches are the same to the byte.
//
// A job reads its history series by series, works on as many at a time as it
// has workers, and frees the candles of a series once it is done.
package replay
