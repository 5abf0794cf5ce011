// Package web is the daemon's HTTP API and page: signals as they are committed,
// series and their candles, the formulas in force, and why one of them fired or
// did not. What it shows of an engine it asks the goroutine that owns it.
package web
