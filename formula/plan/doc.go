// Package plan is the machine of formulas: a graph in which equal computations are one node, the plan that lays
// their memory into one slab, its execution over blocks of bars, the conditions above it, and the trace that explains.
package plan
