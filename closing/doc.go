// Package closing closes bars, live: it says what series say about each other on a bar once that bar is complete.
//
// A Machine is given the candles of all partitions of an input. It computes what formulas ask of other series (the
// sources of a plan.Need) on each series, waits with an across.Barrier for whoever is expected, and gives a Closed for
// every bar: the values of all members by symbol, and decisions about those who were left out. A Closed is written
// once, as records. Whoever reads these in a Ledger has the columns that formulas need on that bar.
//
// There is no clock and no I/O here: a driver reports where partitions end and what time it is, and may crash at any
// point. A machine that gets the newest state and the records of the series goes on there: of the input it needs what
// came after the positions of a Resume, and again what it did not hold then. Without these it needs the whole input.
//
// The file map: machine.go (candles in, closed bars out), frame.go (one timeframe), source.go (what series compute),
// bar.go (a closed bar, as columns), explain.go (as people read it), record.go (as bytes), ledger.go (those that are
// kept), state.go, series_record.go and resume.go (for whoever takes over), omission.go.
package closing
