// Package catalog lists every indicator of the language: the groups of rows of the packages incremental and
// incremental/pattern, in the order of the documentation. A Table is what formulas look names up in; nothing registers
// itself, so that two tables are always the same.
package catalog
