// Package history reads candles that are there already: files (CSV, JSON lines, Parquet, also compressed), pipes and
// the records that topics retain. Data says what to read; its Tapes method hands over one series after the other,
// whole and in order of time, on as many goroutines as it is given workers.
//
// It reads in two steps: which runs of candles of which series every file holds, then the runs, side by side. A
// series that is one run of one file is in memory only while it is worked on.
package history
