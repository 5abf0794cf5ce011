// Package across holds what series say about each other on one bar: which of them take part (membership.go), when a
// bar is complete (barrier.go), what its members are worth together (vector.go), and the functions of the language
// that are made of it, a file each.
//
// A Vector is the values of the members of a universe on one bar. It gives Statistics: how many members are above
// each of them, their mean, and so on. A Function is a row of the language whose kernel turns Statistics into its
// value. The arithmetic does not depend on the order in which members are added.
package across
