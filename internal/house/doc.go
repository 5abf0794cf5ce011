// Package house holds no code, only the test of the rules that the whole tree
// keeps: imports point down, the core has no clock and no I/O, what is exported
// is documented.
package house
