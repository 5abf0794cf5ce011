// Package window holds the memory that indicators are made of: windows of the last n values (sum, mean, extremes,
// spread, regression, order), smoothing, delay lines, and the Layout that places them in the state of a kernel.
// Nothing here knows of rows: a type says how many float64 values it needs (Len) and takes one value at a time (Push).
package window
